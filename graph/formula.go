package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/graph/expression"
)

// ordered is the value of a mapping whose order counts.
type ordered struct {
	keys   []string
	values map[string]any
}

// formula types an expression: text, or a number or a truth value that YAML has read as such.
func (s *ParamSpec) formula(v any) (any, *fault) {
	switch v.(type) {
	case int64, float64, bool:
		return show(v), nil
	}
	return (&ParamSpec{Type: Text}).text(v)
}

func (s *ParamSpec) formulas(v any) (any, *fault) {
	m, ok := v.(ordered)
	if !ok || len(m.keys) == 0 {
		return nil, faultf("columns: {signal: \"rank(close)\"}", "must be %s, not %s", s.Type, describe(v))
	}
	list := make([]string, 0, 2*len(m.keys))
	for _, k := range m.keys {
		text, f := s.formula(m.values[k])
		if f != nil {
			f.message = fmt.Sprintf("has an item %q that %s", k, f.message)
			return nil, f
		}
		list = append(list, k, text.(string))
	}
	return list, nil
}

// joinedFormula puts values into an expression, each as one literal: a negative number in brackets, text in single quotes
// unless the reference stands within some.
func (e *expr) joinedFormula(s scope) (any, *fault) {
	var b strings.Builder
	quoted := false
	for i := range e.parts {
		part := &e.parts[i]
		if part.form == constant {
			text := part.value.(string)
			quoted = quoted != (strings.Count(text, "'")%2 == 1)
			b.WriteString(text)
			continue
		}
		v := s.value(part.ref)
		if quoted {
			text, f := plainText(v, s.as(part))
			if f != nil {
				return nil, f.about(part)
			}
			b.WriteString(strings.ReplaceAll(text, "'", "''"))
			continue
		}
		text, f := literal(v)
		if f != nil {
			return nil, f.about(part)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// literal writes a value as an expression does.
func literal(v any) (string, *fault) {
	switch x := v.(type) {
	case string:
		return "'" + strings.ReplaceAll(x, "'", "''") + "'", nil
	case int64, float64:
		text := show(v)
		if strings.HasPrefix(text, "-") {
			text = "(" + text + ")"
		}
		if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return "", faultf("", "holds ${}, which is no number that can be computed with")
		}
		return text, nil
	case bool:
		return show(v), nil
	case []any:
		items := make([]string, len(x))
		for i, item := range x {
			text, f := literal(item)
			if f != nil {
				return "", f
			}
			items[i] = text
		}
		return "[" + strings.Join(items, ", ") + "]", nil
	}
	return "", faultf("", "holds ${}, which is %s", describe(v))
}

// Program returns what a node of kind expression computes.
func Program(n *Node) (*expression.Program, error) {
	p, problems := expression.Compile(sourceOf(n.Params, rolesOf(n.Inputs)))
	if len(problems) > 0 {
		return nil, problems[0].Fault
	}
	return p, nil
}

func rolesOf(inputs []Input) []string {
	var roles []string
	for _, in := range inputs {
		roles = append(roles, in.Role)
	}
	return roles
}

// sourceOf collects a body's formulas. With input in place of inputs the only one is called input.
func sourceOf(p Params, roles []string) expression.Source {
	s := expression.Source{Inputs: roles, Columns: formulasOf(p, "columns"), Let: formulasOf(p, "let"), Keep: p.String("keep")}
	if value := p.String("value"); value != "" {
		s.Columns = append(s.Columns, expression.Formula{Name: "value", Text: value})
	}
	return s
}

func formulasOf(p Params, name string) []expression.Formula {
	var out []expression.Formula
	list := p.Strings(name)
	for i := 0; i+1 < len(list); i += 2 {
		out = append(out, expression.Formula{Name: list[i], Text: list[i+1]})
	}
	return out
}

// deriveExpression compiles the formulas; their program is what identifies the node. It returns the parameter at fault.
func deriveExpression(p Params, roles []string) (string, *fault) {
	if len(roles) == 0 {
		return "input", faultf("input: NODE, or inputs: {p: NODE}", "is not given, and neither is inputs")
	}
	if p.Has("value") == p.Has("columns") {
		return "columns", faultf("value: \"rank(close)\", or columns: {signal: \"rank(close)\"}", "are given beside value, or neither is given")
	}
	program, problems := expression.Compile(sourceOf(p, roles))
	if len(problems) > 0 {
		first := problems[0]
		list := first.List
		if list == "columns" && p.Has("value") {
			list = "value"
		}
		where := ""
		if list == "columns" || list == "let" {
			where = fmt.Sprintf(" (%s)", first.Name)
		}
		f := faultf(first.Hint, "at character %d%s: %s", first.At+1, where, first.Message)
		f.item = 1 + slices.IndexFunc(formulasOf(p, list), func(o expression.Formula) bool { return o.Name == first.Name })
		return list, f
	}
	p.set("program", program.String())
	p.set("lookback", int64(program.Lookback()))
	return "", nil
}
