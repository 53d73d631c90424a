package graph

import (
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// evaluated is one element of a node without its inputs: they are resolved by themselves, and hashed after it.
type evaluated struct {
	params   Params
	settings []Setting
	prefix   string
	hash     encoder // the encoding up to the inputs
	table    encoder // likewise, without what is ignored; nil: the same
}

// maxElements bounds what one foreach makes.
const maxElements = 100_000

// elementsOf evaluates a template's parameters, once for the values of its own references.
func (p *Pipeline) elementsOf(t *template) ([]evaluated, config.Problems) {
	if elements, ok := t.elements[string(p.memoKey(t.own))]; ok {
		return elements, nil
	}
	key := string(p.key)
	elements, problems := p.evaluateElements(t)
	if len(problems) == 0 {
		t.elements[key] = elements
	}
	return elements, problems
}

// evaluateElements goes through the product of the foreach lists, the last one fastest. Of the elements, the first at
// fault is reported, with all its faults.
func (p *Pipeline) evaluateElements(t *template) ([]evaluated, config.Problems) {
	lists, total, problems := p.loopLists(t)
	if len(problems) > 0 {
		return nil, problems
	}
	elements := make([]evaluated, 0, total)
	seen := make(map[string]bool, total)
	for n := range total {
		at, values := make([]int, len(lists)), make([]any, len(lists))
		for i, rest := len(lists)-1, n; i >= 0; i-- {
			at[i] = rest % len(lists[i])
			values[i] = lists[i][at[i]]
			rest /= len(lists[i])
		}
		e, problems := p.element(t, values, at)
		switch {
		case len(problems) > 0:
			return nil, problems
		case total == 1 || t.faulty:
		case seen[string(e.hash)]:
			return nil, p.repeated(t, e)
		default:
			seen[string(e.hash)] = true
		}
		elements = append(elements, e)
	}
	return elements, nil
}

func (p *Pipeline) repeated(t *template, e evaluated) config.Problems {
	var settings []string
	for _, s := range e.settings {
		settings = append(settings, s.Name+" "+cut(showValue(s.Value)))
	}
	return config.Problems{p.config.Problem(p.place(&t.loops[0].expr), "each element of a foreach must be another node",
		"the foreach of %s takes %s twice", t.name, strings.Join(settings, ", "))}
}

// loopLists evaluates the lists of a foreach, and says how many elements their product has.
func (p *Pipeline) loopLists(t *template) (lists [][]any, total int, problems config.Problems) {
	lists, total = make([][]any, len(t.loops)), 1
	for i := range t.loops {
		l := &t.loops[i]
		v, f := l.expr.eval(scope{params: p.bound.values, written: p.bound.written})
		list, isList := v.([]any)
		switch {
		case f == nil && !isList:
			list = []any{v} // a single value is a list of one
		case f == nil && len(list) == 0:
			f = faultf("", "has an empty foreach")
		}
		if f != nil {
			problems = append(problems, p.problem(t, &l.expr, l.spec, f))
		}
		lists[i] = list
		if total *= max(len(list), 1); total > maxElements {
			return nil, 0, config.Problems{p.config.Problem(t.pos, "", "the foreach of %s makes more than %d nodes", t.name, maxElements)}
		}
	}
	return lists, total, problems
}

// element types the parameters of one element and encodes them. at says which item of its list each loop is at.
func (p *Pipeline) element(t *template, loops []any, at []int) (evaluated, config.Problems) {
	e := evaluated{params: Params{t.kind, make([]any, len(t.kind.Params))}}
	var problems config.Problems
	in := scope{params: p.bound.values, loops: loops, written: p.bound.written}
	for i := range t.loops {
		in.loopsAreWritten = append(in.loopsAreWritten, in.item(&t.loops[i].expr, at[i]))
	}
	set := func(spec int, x *expr, v any, f *fault) {
		if f == nil {
			e.params.values[spec], f = t.kind.Params[spec].convert(v)
		}
		if f != nil {
			f.read(in, x)
			problems = append(problems, p.problem(t, x, spec, f))
		}
	}
	for i := range t.loops {
		l := &t.loops[i]
		x := &l.expr
		if x.form == list {
			x = &x.parts[at[i]]
		}
		set(l.spec, x, loops[i], nil)
		e.settings = append(e.settings, Setting{t.kind.Params[l.spec].Name, untyped(e.params.values[l.spec])})
	}
	for i := range t.slots {
		s := &t.slots[i]
		v, f := s.expr.eval(in)
		set(s.spec, &s.expr, v, f)
	}
	if len(problems) == 0 && !t.faulty {
		problems = p.finish(t, &e)
	}
	return e, problems
}

// finish fills in defaults, checks parameters against one another, and encodes.
func (p *Pipeline) finish(t *template, e *evaluated) config.Problems {
	e.params.fill()
	if problem := p.look(t, e); problem != nil {
		return config.Problems{*problem}
	}
	if problem := p.derive(t, e); problem != nil {
		return config.Problems{*problem}
	}
	if t.kind.check != nil {
		if f := t.kind.check(e.params); f != nil {
			return config.Problems{p.config.Problem(p.blame(t), f.hint, "%s: %s", t.name, f.message)}
		}
	}
	switch t.kind.Name {
	case KindTable:
		normaliseTable(e.params)
	case KindLag:
		normaliseLag(e.params)
	}
	e.prefix = prefixOf(e.params)
	e.hash.head(t.kind)
	e.hash.params(e.params, nil)
	if slices.Contains(t.ignore, true) {
		e.table.head(t.kind)
		e.table.params(e.params, t.ignore)
	}
	return nil
}

// derive fills in the parameters that follow from the others.
func (p *Pipeline) derive(t *template, e *evaluated) *config.Problem {
	if t.kind.derive == nil {
		return nil
	}
	var roles []string
	for _, in := range t.inputs {
		roles = append(roles, in.role)
	}
	name, f := t.kind.derive(e.params, roles)
	if f == nil {
		return nil
	}
	problem := p.problemAt(t, name, f)
	return &problem
}

// problemAt gives a fault the place of a parameter, the node's where it is not written.
func (p *Pipeline) problemAt(t *template, name string, f *fault) config.Problem {
	for i := range t.slots {
		if s := &t.slots[i]; t.kind.Params[s.spec].Name == name {
			return p.problem(t, &s.expr, s.spec, f)
		}
	}
	return p.config.Problem(t.pos, f.hint, "%s: %s %s", t.name, name, f.message)
}

// blame returns the place of a value under trial, where a body's parameters do not go together; else the node's.
func (p *Pipeline) blame(t *template) config.Pos {
	for _, at := range t.own {
		if w := p.bound.written[at]; w != nil && w != p.params[at].written {
			return w.Pos
		}
	}
	return t.pos
}

// place is where the value of an expression stands: for a parameter's value, where that is written.
func (p *Pipeline) place(x *expr) config.Pos {
	if x.form == reference && !x.ref.loop && p.bound.written[x.ref.at] != nil {
		return p.bound.written[x.ref.at].Pos
	}
	return x.pos
}

// problem gives a fault its place: the item of a list that is written out, else the whole value.
func (p *Pipeline) problem(t *template, x *expr, spec int, f *fault) config.Problem {
	pos := f.pos
	if pos == (config.Pos{}) {
		if (x.form == list || x.form == mapping) && f.item > 0 {
			x = &x.parts[f.item-1]
		}
		pos = p.place(x)
	}
	return p.config.Problem(pos, f.hint, "%s of the node %s %s", t.kind.Params[spec].label(), t.name, f.message)
}
