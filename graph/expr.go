package graph

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// expr is a value of a node body, with references to parameters still open.
type expr struct {
	pos     config.Pos
	form    form
	value   any           // of a constant
	written *config.Value // as it stands in the body; nil for a part of a text
	ref     ref           // of a reference
	parts   []expr
	keys    []string // of a mapping: the keys of parts
	sql     *sqlText // of a join that is SQL
	formula bool     // of a join: a part of an expression
	ordered bool     // of a mapping: the order of its keys counts
	word    bool     // of a reference: its value becomes a word of a command
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

// scope holds the values that references stand for, and how they are written where that is known.
type scope struct {
	params, loops            []any
	written, loopsAreWritten []*config.Value
}

// as returns how the value of an expression is written, or nil.
func (s scope) as(e *expr) *config.Value {
	switch {
	case e.form != reference:
		return e.written
	case e.ref.loop && e.ref.at < len(s.loopsAreWritten):
		return s.loopsAreWritten[e.ref.at]
	case !e.ref.loop && e.ref.at < len(s.written):
		return s.written[e.ref.at]
	}
	return nil
}

// item is as of an item of a list; a single value stands for a list of one.
func (s scope) item(e *expr, i int) *config.Value {
	if e.form == list {
		return s.as(&e.parts[i])
	}
	w := s.as(e)
	if w != nil && w.Kind == config.List {
		return &w.List[i]
	}
	return w
}

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
		if e.word {
			return e.asWord(s)
		}
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
		if e.ordered {
			return ordered{e.keys, m}, nil
		}
		return m, nil
	}
	return e.value, nil
}

// joined puts values into a text. What a value does to SQL is settled by where its reference stands: see sqlText.
func (e *expr) joined(s scope) (any, *fault) {
	if e.sql != nil {
		return e.joinedSQL(s)
	}
	if e.formula {
		return e.joinedFormula(s)
	}
	var b strings.Builder
	for i := range e.parts {
		part := &e.parts[i]
		if part.form == constant {
			b.WriteString(part.value.(string))
			continue
		}
		text, f := plainText(s.value(part.ref), s.as(part))
		if f != nil {
			return nil, f.about(part)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (e *expr) joinedSQL(s scope) (any, *fault) {
	var refs []*expr
	var values []any
	var written []*config.Value
	for i := range e.parts {
		if part := &e.parts[i]; part.form == reference {
			refs, values, written = append(refs, part), append(values, s.value(part.ref)), append(written, s.as(part))
		}
	}
	sql, at, f := e.sql.fill(values, written)
	if f != nil {
		return nil, f.about(refs[at])
	}
	return sql, nil
}

// about names the reference at fault, and its place where the fault has none.
func (f *fault) about(part *expr) *fault {
	f.message = strings.ReplaceAll(f.message, "${}", "${"+part.ref.name+"}")
	f.hint = strings.ReplaceAll(f.hint, "${}", "${"+part.ref.name+"}")
	if f.pos == (config.Pos{}) {
		f.pos = part.pos
	}
	return f
}

// asWord writes a value for a command. A number is one to any program, unless it is written as codes are.
func (e *expr) asWord(s scope) (any, *fault) {
	v, written := s.value(e.ref), s.as(e)
	if isCollection(v) {
		return v, nil
	}
	if !isBool(v) && written != nil && !codes.MatchString(written.Text) {
		written = nil
	}
	text, f := plainText(v, written)
	if f != nil {
		return nil, f.about(e)
	}
	return text, nil
}

// plainText writes a value inside a text: as it is written, or it is a fault.
func plainText(v any, written *config.Value) (string, *fault) {
	text := show(v)
	switch {
	case isCollection(v):
		return "", faultf("", "holds the list ${} inside a text")
	case !isText(v) && written != nil && written.Kind == config.Scalar && written.Text != text:
		return "", unlike(v, written)
	}
	return text, nil
}

// unlike is the fault of a value that would arrive as another text than is written.
func unlike(v any, written *config.Value) *fault {
	f := faultf(written.InQuotes()+", for the number "+show(v), "cannot hold ${} as it is written: %s is read as %s", written.Text, describe(v))
	if isBool(v) {
		f.hint = written.InQuotes()
	}
	f.pos = written.Pos
	return f
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
func (c *compiler) expression(v config.Value, of ParamType, resolve func(string) (ref, bool)) (expr, bool) {
	e := expr{pos: v.Pos, value: v.Scalar, written: &v}
	if of == Words && v.Kind == config.Scalar && !v.IsNull() && v.Text != show(v.Scalar) {
		e.value = v.Text
	}
	ok := v.Kind != 0
	inner := func(item config.Value) {
		part, good := c.expression(item, of, resolve)
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
		e.form, e.ordered = mapping, of == Formulas
		for _, entry := range v.Map {
			e.keys = append(e.keys, entry.Key)
			inner(entry.Value)
		}
	case config.Scalar:
		if text, isText := v.Scalar.(string); isText && strings.Contains(text, "${") {
			return c.template(v, text, of, resolve)
		}
	}
	return e, ok
}

// template reads a text with references in it.
func (c *compiler) template(v config.Value, text string, of ParamType, resolve func(string) (ref, bool)) (expr, bool) {
	e := expr{pos: v.Pos, form: join, written: &v}
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
	if e.formula = of == Formula || of == Formulas; e.formula {
		return e, ok
	}
	if len(e.parts) == 1 && e.parts[0].form == reference {
		e.parts[0].pos, e.parts[0].word = v.Pos, of == Words
		return e.parts[0], ok
	}
	if of == SQL {
		e.sql = newSQLText(e.parts)
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
