package config

import (
	"slices"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// override checks what is varied and applies the command line, when the whole file is read.
func (r *reader) override() {
	if r.Sweep != nil {
		r.Sweep.Vary = slices.DeleteFunc(r.Sweep.Vary, func(v Vary) bool { return !r.known(v.Pos, v.Name) })
	}
	seen := map[string]bool{}
	for i, o := range r.src.overrides {
		pos := Pos{-1 - i, 1}
		switch {
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
		if o.Vary {
			r.overrideVary(Entry{Key: o.Name, KeyPos: pos, Value: value})
		} else {
			r.overrideDefault(Entry{Key: o.Name, KeyPos: pos, Value: value})
		}
	}
}

// overrideValue reads the YAML after NAME=.
func (r *reader) overrideValue(i int, o Override) (Value, bool) {
	pos := Pos{-1 - i, utf8.RuneCountInString(o.Name) + 2}
	if o.Text == "" {
		r.add(pos, "", "the parameter %s has no value", o.Name)
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
	return value, value.Kind != 0 && len(problems) == 0
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
