package graph

import (
	"errors"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// Outside answers for what identities need to know of the world outside the config. This package runs nothing and reads no
// files: whoever loads a pipeline passes an Outside with [WithOutside]. It is asked about python and command nodes alone,
// one question at a time, and again whenever an element is evaluated: it should remember its answers. Errors may have a
// method Hint() string.
type Outside interface {
	// Function returns the SHA-256 of the file of a function written FILE.py:NAME, in hex, and its name.
	Function(written string) (source, name string, err error)
	// Environment returns a digest of the Python version and the packages of a named environment, in hex, and what it is of.
	Environment(name string) (packages string, contents []string, err error)
	// Command returns the words of a command with files named by what is in them.
	Command(words []string) (identity []string, err error)
}

// Option is an option of Load and New.
type Option func(*Pipeline)

// WithOutside names who answers for the world outside the config. make is called once, if a pipeline is made.
func WithOutside(make func(*config.Config) Outside) Option {
	return func(p *Pipeline) { p.outside = make(p.config) }
}

// look fills in the inner parameters that Outside answers for.
func (p *Pipeline) look(t *template, e *evaluated) *config.Problem {
	if t.kind.look == nil {
		return nil
	}
	if p.outside == nil {
		problem := p.config.Problem(t.pos, "", "%s: nodes of kind %s cannot be identified here", t.name, t.kind.Name)
		return &problem
	}
	name, f := t.kind.look(p.outside, e.params)
	if f == nil {
		return nil
	}
	problem := p.problemAt(t, name, f)
	return &problem
}

func lookPython(o Outside, p Params) (string, *fault) {
	source, name, err := o.Function(p.String("function"))
	if err != nil {
		return "function", outsideFault(err)
	}
	packages, contents, err := o.Environment(p.String("environment"))
	if err != nil {
		return "environment", outsideFault(err)
	}
	p.set("name", name)
	p.set("source", source)
	p.set("packages", packages)
	if len(contents) > 0 {
		p.set("contents", contents)
	}
	return "", nil
}

func lookCommand(o Outside, p Params) (string, *fault) {
	identity, err := o.Command(p.Strings("command"))
	if err != nil {
		return "command", outsideFault(err)
	}
	p.set("program", identity)
	return "", nil
}

func outsideFault(err error) *fault {
	f := faultf("", "%v", err)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		f.hint = hinted.Hint()
	}
	return f
}

// about names a parameter in what is said of two identities.
func (s *ParamSpec) about() string {
	switch s.Name {
	case "name":
		return "the function's name"
	case "source":
		return "the SHA-256 of the function's file"
	case "packages":
		return "the SHA-256 of the environment's packages"
	}
	return s.Name
}

// differ shows two values that are not equal: of long ones the place where they begin to differ.
func (s *ParamSpec) differ(a, b string) (string, string) {
	const least, before, most = 60, 20, 60
	x, y := []rune(a), []rune(b)
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	if s.Inner && s.Type == Text || max(len(x), len(y)) <= least || same <= before {
		return s.short(a), s.short(b)
	}
	place := func(text []rune) string {
		shown := "…" + string(text[same-before:min(len(text), same+most-before)])
		if same+most-before < len(text) {
			shown += "…"
		}
		return shown
	}
	return place(x), place(y)
}

// short cuts a value that is shown, digests to their first digits.
func (s *ParamSpec) short(shown string) string {
	const digits = 12
	if s.Inner && s.Type == Text && len(shown) == 66 {
		return strings.Trim(shown, `"`)[:digits]
	}
	return cut(shown)
}

// outside writes what lies outside, where no open parameter leads to it. Where one does, the local_hash_id that each point
// is stored with says what it was computed from.
func (s *sweepHasher) outside(e *encoder, t *template) {
	if t.kind.look == nil {
		return
	}
	open := false
	see := func(spec int, x *expr) {
		if outer := &t.kind.Params[spec]; outer.Outside && outer.Required {
			x.refs(func(r ref) { open = open || !r.loop && s.open[r.at] })
		}
	}
	for i := range t.slots {
		see(t.slots[i].spec, &t.slots[i].expr)
	}
	for i := range t.loops {
		see(t.loops[i].spec, &t.loops[i].expr)
	}
	elements, problems := s.elementsOf(t)
	if open || len(problems) > 0 {
		return
	}
	for i := range elements {
		for k := range t.kind.Params {
			if v := elements[i].params.values[k]; t.kind.Params[k].Inner && !t.kind.Params[k].Outside && v != nil {
				e.text(t.kind.Params[k].Name)
				e.value(v)
			}
		}
	}
}
