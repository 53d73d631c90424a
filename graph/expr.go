package graph

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// expr is a value of a node body, with references to parameters still open.
type expr struct {
	pos   config.Pos
	form  form
	value any // of a constant
	ref   ref // of a reference
	parts []expr
	keys  []string // of a mapping: the keys of parts
	sql   bool     // of a join: text inside single quotes has its quotes doubled
}

type form uint8

const (
	constant  form = iota
	reference      // ${name}, the whole text
	join           // text with references in it
	list
	mapping
)

// ref is what a reference stands for: a parameter, or one of the node's own foreach names.
type ref struct {
	name string
	loop bool
	at   int // index among the pipeline's parameters, or the node's loops
}

// scope holds the values that references stand for.
type scope struct{ params, loops []any }

func (s scope) value(r ref) any {
	if r.loop {
		return s.loops[r.at]
	}
	return s.params[r.at]
}

// eval returns the value of an expression: a scalar, []any or map[string]any.
func (e *expr) eval(s scope) (any, *fault) {
	switch e.form {
	case reference:
		return s.value(e.ref), nil
	case join:
		return e.joined(s)
	case list:
		items := make([]any, len(e.parts))
		for i := range e.parts {
			item, f := e.parts[i].eval(s)
			if f != nil {
				return nil, f
			}
			items[i] = item
		}
		return items, nil
	case mapping:
		m := make(map[string]any, len(e.parts))
		for i := range e.parts {
			item, f := e.parts[i].eval(s)
			if f != nil {
				return nil, f
			}
			m[e.keys[i]] = item
		}
		return m, nil
	}
	return e.value, nil
}

// joined puts values into a text. In SQL, a reference between single quotes has its own quotes doubled, so that no value
// can end the string that it stands in.
func (e *expr) joined(s scope) (any, *fault) {
	var b strings.Builder
	quoted := false
	for i := range e.parts {
		part := &e.parts[i]
		if part.form == constant {
			text := part.value.(string)
			b.WriteString(text)
			quoted = quoted != (strings.Count(text, "'")%2 == 1)
			continue
		}
		v := s.value(part.ref)
		if _, isList := v.([]any); isList {
			f := faultf("", "holds the list %s inside a text", part.ref.name)
			f.pos = part.pos
			return nil, f
		}
		text := show(v)
		if e.sql && quoted {
			text = strings.ReplaceAll(text, "'", "''")
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// refs calls visit for every reference in the expression.
func (e *expr) refs(visit func(ref)) {
	if e.form == reference {
		visit(e.ref)
	}
	for i := range e.parts {
		e.parts[i].refs(visit)
	}
}

var references = regexp.MustCompile(`\$\{([^}]*)\}?`)

// expression reads a value of a node body; resolve says what a name stands for.
func (c *compiler) expression(v config.Value, sql bool, resolve func(string) (ref, bool)) (expr, bool) {
	e := expr{pos: v.Pos, value: v.Scalar, sql: sql}
	ok := v.Kind != 0
	inner := func(item config.Value) {
		part, good := c.expression(item, sql, resolve)
		ok = ok && good
		e.parts = append(e.parts, part)
	}
	switch v.Kind {
	case config.List:
		e.form = list
		for _, item := range v.List {
			inner(item)
		}
	case config.Map:
		e.form = mapping
		for _, entry := range v.Map {
			e.keys = append(e.keys, entry.Key)
			inner(entry.Value)
		}
	case config.Scalar:
		if text, isText := v.Scalar.(string); isText && strings.Contains(text, "${") {
			return c.template(v, text, sql, resolve)
		}
	}
	return e, ok
}

// template reads a text with references in it.
func (c *compiler) template(v config.Value, text string, sql bool, resolve func(string) (ref, bool)) (expr, bool) {
	e := expr{pos: v.Pos, form: join, sql: sql}
	ok, last := true, 0
	for _, m := range references.FindAllStringSubmatchIndex(text, -1) {
		whole, name := text[m[0]:m[1]], text[m[2]:m[3]]
		pos := c.config.Within(v.Pos, whole)
		r, known := ref{}, false
		if !strings.HasSuffix(whole, "}") || name == "" {
			c.add(pos, "write ${name}", "%q is no reference to a parameter", cut(whole))
		} else if r, known = resolve(name); !known {
			c.add(pos, c.suggestParameter(name), "unknown parameter %q", cut(name))
		}
		ok = ok && known
		if m[0] > last {
			e.parts = append(e.parts, expr{value: text[last:m[0]]})
		}
		e.parts = append(e.parts, expr{pos: pos, form: reference, ref: r})
		last = m[1]
	}
	if last < len(text) {
		e.parts = append(e.parts, expr{value: text[last:]})
	}
	if len(e.parts) == 1 && e.parts[0].form == reference {
		e.parts[0].pos = v.Pos
		return e.parts[0], ok
	}
	return e, ok
}

func (c *compiler) suggestParameter(name string) string {
	if len(c.params) == 0 {
		return fmt.Sprintf("parameters: {%s: ...}", name)
	}
	names := make([]string, len(c.params))
	for i, p := range c.params {
		names[i] = p.name
	}
	return config.Suggest(name, names)
}
