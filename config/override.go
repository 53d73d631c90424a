package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// override checks what is varied and applies the command line, when the whole file is read.
func (r *reader) override() {
	for _, p := range r.Parameters {
		if p.Value.isTextual() {
			r.textual = append(r.textual, p.Name)
		}
	}
	for _, e := range r.varied {
		if !r.known(e.KeyPos, e.Key) {
			continue
		}
		if v, ok := r.values(r.texts(e)); ok {
			r.Sweep.Vary = append(r.Sweep.Vary, v)
		}
	}
	seen := map[string]bool{}
	for i, o := range r.src.overrides {
		pos := Pos{-1 - i, 1}
		switch {
		case o.End:
			continue
		case seen[o.Name]:
			r.add(pos, "", "%s is given twice", o.Name)
			continue
		case !r.known(pos, o.Name):
			continue
		}
		seen[o.Name] = true
		value, ok := r.overrideValue(i, o)
		if !ok {
			continue
		}
		if o.Vary || o.Several && r.several(o.Name, value) {
			r.overrideVary(Entry{Key: o.Name, KeyPos: pos, Value: value})
		} else {
			r.overrideDefault(Entry{Key: o.Name, KeyPos: pos, Value: value})
		}
	}
}

// several reports whether a value is more than one of the parameter's.
func (r *reader) several(name string, value Value) bool {
	i := slices.IndexFunc(r.Parameters, func(p Parameter) bool { return p.Name == name })
	nested := slices.ContainsFunc(value.List, func(item Value) bool { return item.Kind == List })
	return value.Kind == Map || nested || value.Kind == List && r.Parameters[i].Value.Kind == Scalar
}

// overrideValue reads the YAML after NAME=.
func (r *reader) overrideValue(i int, o Override) (Value, bool) {
	pos := Pos{-1 - i, utf8.RuneCountInString(o.Name) + 2}
	if o.Text == "" {
		hint := ""
		if slices.Contains(r.textual, o.Name) {
			hint = o.Name + `='""' is the empty text`
		}
		r.add(pos, hint, "the parameter %s has no value", o.Name)
		return Value{}, false
	}
	inner := newSource(commandLine, []byte(o.Text), nil)
	root, problem := parseYAML(inner, []byte(o.Text))
	if problem != nil {
		r.add(pos, "", "%s: %s", o.Name, problem.Message)
		return Value{}, false
	}
	value, problems := convert(r.src, root, func(n *yaml.Node) Pos {
		return Pos{pos.Line, pos.Column + n.Column - 1}
	})
	r.problems = append(r.problems, problems...)
	if value.Kind == 0 || len(problems) > 0 {
		return value, false
	}
	if part := unread(root, strings.TrimSpace(o.Text)); part != "" {
		hint := fmt.Sprintf("for a text with %s put it in quotes: %s='%s'", part, o.Name, strings.ReplaceAll(strconv.Quote(o.Text), "'", `'\''`))
		r.add(pos, hint, "the value of %s is read as YAML, where %s is no part of it", o.Name, part)
		return value, false
	}
	return r.texts(Entry{Key: o.Name, Value: value}).Value, true
}

// unread names what stands on the command line and is left out of the value that YAML makes of it, or "".
func unread(n *yaml.Node, text string) string {
	switch {
	case n.HeadComment+n.LineComment+n.FootComment != "" || slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return unread(c, c.Value) != "" }):
		return "what follows #"
	case n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0:
		return "the - that begins a list"
	case n.Anchor != "":
		return "a word that begins with &"
	case n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value != text:
		return "a line's end, or a mark such as ---"
	}
	return ""
}

// texts reads the values of a parameter whose default is text, or a list of texts, as the texts that are written: 000700 is a name there, and so are
// TRUE and 1E5.
func (r *reader) texts(e Entry) Entry {
	if slices.Contains(r.textual, e.Key) {
		e.Value = e.Value.asText()
	}
	return e
}

// asText turns numbers and truth values into the text that is written for them.
func (v Value) asText() Value {
	switch {
	case v.Kind == List:
		items := make([]Value, len(v.List))
		for i, item := range v.List {
			items[i] = item.asText()
		}
		v.List = items
	case v.Kind == Scalar && v.Scalar != nil:
		v.Scalar = v.Text
	}
	return v
}

// isTextual reports whether a value is text, or a list of nothing else.
func (v Value) isTextual() bool {
	_, isText := v.Scalar.(string)
	if v.Kind == List {
		return len(v.List) > 0 && !slices.ContainsFunc(v.List, func(item Value) bool { return !item.isTextual() })
	}
	return isText
}

func (r *reader) overrideDefault(e Entry) {
	if !r.plain(e) {
		return
	}
	for i := range r.Parameters {
		if r.Parameters[i].Name == e.Key {
			r.Parameters[i].Value = e.Value
		}
	}
	if r.Sweep != nil {
		r.Sweep.Vary = slices.DeleteFunc(r.Sweep.Vary, func(v Vary) bool { return v.Name == e.Key })
	}
}

// overrideVary replaces the values of a parameter in the sweep, in its place; a parameter not varied so far comes last.
func (r *reader) overrideVary(e Entry) {
	if e.Value.Kind == Scalar && !e.Value.IsNull() {
		e.Value = Value{Pos: e.Value.Pos, Kind: List, List: []Value{e.Value}}
	}
	v, ok := r.values(e)
	if !ok {
		return
	}
	if r.Sweep == nil {
		r.Sweep = &Sweep{Pos: e.KeyPos}
	}
	if i := slices.IndexFunc(r.Sweep.Vary, func(o Vary) bool { return o.Name == e.Key }); i >= 0 {
		r.Sweep.Vary[i] = v
		return
	}
	r.Sweep.Vary = append(r.Sweep.Vary, v)
}
