package graph

import (
	"slices"

	"github.com/tdlake/tdlake/config"
)

// Targets is a name at many values of some parameters, as a sweep tries them. Its nodes are made on demand and not
// remembered, as Nodes would: a million portfolios are made of a thousand regressions, and these alone are worth keeping.
// It is safe for concurrent use.
type Targets struct {
	pipeline *Pipeline
	name     string
	template *template // nil: the name is a local_hash_id
	start    bound     // the parameters at their defaults
	varied   []variation
}

// variation is a parameter that varies, and what it is bound to at each of its values.
type variation struct {
	name string
	at   int // of the pipeline's parameters
	to   bound
}

// Targets returns a name at the values of some parameters, all others at their defaults. The error is config.Problems.
func (p *Pipeline) Targets(name string, params []string, values func(k int) []any) (*Targets, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bind(nil)
	t := &Targets{pipeline: p, name: name, template: p.byName[name], start: p.bound.clone()}
	if t.template == nil && !config.IsHashID(name) {
		return nil, p.noNode(name)
	}
	for k, param := range params {
		r, ok := p.global(param)
		if !ok {
			return nil, p.unknownParameter(Binding{param: nil})
		}
		v := variation{name: param, at: r.at}
		for _, value := range values(k) {
			if problem := p.take(r.at, value); problem != nil {
				return nil, config.Problems{*problem}
			}
			v.to.add(p.bound, r.at)
		}
		t.varied = append(t.varied, v)
	}
	return t, nil
}

// Alike reports whether Representatives may leave some of them out: then nobody plans each by itself, and none needs to be
// one pointer with its equals. It says no where one of them may itself be read from the database.
func (t *Targets) Alike() bool {
	portfolio := func(name string) bool {
		named := t.pipeline.byName[name]
		return named == nil || named.kind.Name == KindLongShort // nil: a local_hash_id
	}
	return portfolio(t.name) && t.template != nil && !slices.ContainsFunc(t.pipeline.config.FromDB, func(r config.Ref) bool { return portfolio(r.Name) })
}

// Node returns the node at some values, given by their places in each parameter's list, as Nodes does: remembered, and equal
// ones are one pointer.
func (t *Targets) Node(index []int) (*Node, error) {
	b := Binding{}
	for k, i := range index {
		b[t.varied[k].name] = t.varied[k].to.values[i]
	}
	nodes, err := t.pipeline.Nodes(t.name, b)
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}
