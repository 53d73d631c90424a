package graph

import (
	"slices"
)

// SweepHash returns the identity of a sweep: the config's target with the parameters in vary left open, all others at
// their defaults, and the names in vary. Which values are tried is no part of it. Names of nodes leave no trace; those of
// open parameters do, since they name columns of the results.
//
// A node that depends on no open parameter counts with its own hash. One that does is encoded like a node, with the
// expressions that hold open parameters in place of values. p must have a target; vary may hold any parameters of it.
func SweepHash(p *Pipeline, vary []string) Hash {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bind(nil)
	names := slices.Clone(vary)
	slices.Sort(names)
	names = slices.Compact(names)
	s := sweepHasher{Pipeline: p, open: make([]bool, len(p.params)), done: map[*template]Hash{}}
	var e encoder
	e.text("tdlake sweep")
	e.count(formatVersion)
	e.count(len(names))
	for _, name := range names {
		e.text(name)
		if r, ok := p.global(name); ok {
			s.open[r.at] = true
		}
	}
	target := p.config.Target.Name
	if t := p.byName[target]; t != nil {
		s.name(&e, t)
	} else if n := p.find(target); n != nil {
		e.fixed([]*Node{n})
	}
	return e.sum()
}

// sweepHasher is one call of SweepHash.
type sweepHasher struct {
	*Pipeline
	open []bool // as params
	done map[*template]Hash
}

// fixed writes nodes that do not vary.
func (e *encoder) fixed(nodes []*Node) {
	e.text("nodes")
	e.count(len(nodes))
	for _, n := range nodes {
		*e = append(*e, n.Hash[:]...)
	}
}

// name writes what a name stands for.
func (s *sweepHasher) name(e *encoder, t *template) {
	if !slices.ContainsFunc(t.all, func(at int) bool { return s.open[at] }) {
		if nodes, problems := s.resolve(t); len(problems) == 0 {
			e.fixed(nodes)
			return
		}
	}
	h, ok := s.done[t]
	if !ok {
		h = s.template(t)
		s.done[t] = h
	}
	e.text("open")
	*e = append(*e, h[:]...)
}

// template hashes a body that depends on an open parameter.
func (s *sweepHasher) template(t *template) Hash {
	var e encoder
	e.head(t.kind)
	e.count(len(t.loops))
	for i := range t.loops {
		e.text(t.kind.Params[t.loops[i].spec].Name)
		s.expr(&e, &t.loops[i].expr, nil)
	}
	s.params(&e, t)
	s.outside(&e, t)
	e.count(len(t.inputs))
	for i := range t.inputs {
		e.text(t.inputs[i].role)
		e.count(len(t.inputs[i].from))
		for _, from := range t.inputs[i].from {
			s.name(&e, from)
		}
	}
	return e.sum()
}

// params writes parameters by name: typed where nothing in them is open, and left out at their default.
func (s *sweepHasher) params(e *encoder, t *template) {
	slots := slices.Clone(t.slots)
	slices.SortFunc(slots, func(a, b slot) int { return a.spec - b.spec })
	for i := range slots {
		spec := &t.kind.Params[slots[i].spec]
		open := false
		slots[i].expr.refs(func(r ref) { open = open || r.loop || s.open[r.at] })
		if open {
			e.text(spec.Name)
			s.expr(e, &slots[i].expr, t)
			continue
		}
		typed := s.typed(spec, &slots[i].expr)
		p := Params{t.kind, make([]any, len(t.kind.Params))}
		p.values[slots[i].spec] = typed
		if spec.DefaultFrom != "" || !p.isDefault(slots[i].spec) {
			e.text(spec.Name)
			e.value(typed)
		}
	}
}

func (s *sweepHasher) typed(spec *ParamSpec, x *expr) any {
	v, f := x.eval(scope{params: s.bound.values})
	if f != nil {
		return nil
	}
	typed, f := spec.convert(v)
	if f != nil {
		return nil
	}
	return typed
}

// expr writes an expression with open parameters by name and all others by value. t gives the names of loops.
func (s *sweepHasher) expr(e *encoder, x *expr, t *template) {
	switch {
	case x.form == reference && x.ref.loop:
		e.text("loop")
		e.text(t.kind.Params[t.loops[x.ref.at].spec].Name)
	case x.form == reference && s.open[x.ref.at]:
		e.text("parameter")
		e.text(x.ref.name)
	case x.form == reference:
		e.text("value")
		e.value(s.bound.values[x.ref.at])
	case x.form == constant:
		e.text("value")
		e.value(x.value)
	default:
		e.text("parts")
		e.count(len(x.parts))
		for i := range x.parts {
			if x.form == mapping {
				e.text(x.keys[i])
			}
			s.expr(e, &x.parts[i], t)
		}
	}
}
