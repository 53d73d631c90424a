package graph

import (
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

// memoKey writes the values of some parameters as they are bound.
func (p *Pipeline) memoKey(params []int) []byte {
	p.key = p.bound.appendKey(p.key[:0], params)
	return p.key
}

// resolve returns the nodes of a template at the values bound.
func (p *Pipeline) resolve(t *template) ([]*Node, config.Problems) {
	if nodes, ok := t.memo[string(p.memoKey(t.all))]; ok {
		return nodes, nil
	}
	key := string(p.key)
	inputs, problems := p.inputsOf(t)
	if len(problems) > 0 {
		return nil, problems
	}
	elements, problems := p.elementsOf(t)
	if len(problems) > 0 {
		return nil, problems
	}
	nodes := make([]*Node, len(elements))
	for i := range elements {
		nodes[i] = p.intern(t, &elements[i], inputs)
	}
	t.memo[key] = nodes
	return nodes, nil
}

// inputsOf resolves the inputs of a template, and checks what depends on their number and keys. It ends at the first fault.
func (p *Pipeline) inputsOf(t *template) ([]Input, config.Problems) {
	if len(t.inputs) == 0 {
		return nil, nil
	}
	inputs := make([]Input, len(t.inputs))
	for i := range t.inputs {
		var problems config.Problems
		if inputs[i], problems = p.input(&t.inputs[i]); len(problems) > 0 {
			return nil, problems
		}
	}
	return inputs, nil
}

// input resolves what is read under one role.
func (p *Pipeline) input(s *source) (Input, config.Problems) {
	in := Input{Role: s.role}
	for j, from := range s.from {
		nodes, below := p.resolve(from)
		if len(below) > 0 {
			return in, below
		}
		if problem := p.fits(s, j, nodes); problem != nil {
			return in, config.Problems{*problem}
		}
		if j == 0 {
			in.Nodes = nodes // shared with the memo; clipped, since append must not write there
		} else {
			in.Nodes = append(slices.Clip(in.Nodes), nodes...)
		}
	}
	return in, nil
}

// fits checks the nodes of one name against what the role takes.
func (p *Pipeline) fits(s *source, j int, nodes []*Node) *config.Problem {
	if len(nodes) != 1 && !s.spec.Many {
		problem := p.config.Problem(s.nodes[j].Pos, "write the element that is meant as a node of its own",
			"%s takes one node, but the foreach of %s makes %d", s.role, s.nodes[j].Name, len(nodes))
		return &problem
	}
	key := nodes[0].Key()
	ok := true
	switch s.spec.Key {
	case KeyPanel:
		ok = len(key) == 2 && key[1] == frame.UniqueIdentifier
	case KeyMembers:
		ok = slices.Contains(key, frame.UniqueIdentifier)
	}
	if ok {
		return p.suits(s, j, nodes)
	}
	want := map[KeyRule]string{KeyPanel: "the key time_index, unique_identifier", KeyMembers: "unique_identifier in its key"}[s.spec.Key]
	problem := p.config.Problem(s.nodes[j].Pos, "a sql node can give rows another key",
		"%s needs %s; that of %s is %s", s.role, want, s.nodes[j].Name, strings.Join(key, ", "))
	return &problem
}

// untyped turns a typed list into what settings hold.
func untyped(v any) any {
	if texts, ok := v.([]string); ok {
		list := make([]any, len(texts))
		for i, s := range texts {
			list[i] = s
		}
		return list
	}
	return v
}

// intern returns the node of an element, the same pointer for equal ones.
func (p *Pipeline) intern(t *template, e *evaluated, inputs []Input) *Node {
	p.encode = append(p.encode[:0], e.hash...)
	p.encode.inputs(inputs, hashOf)
	hash := p.encode.sum()
	if n := p.nodes[hash]; n != nil {
		if n.Name != t.name && !slices.Contains(p.aliases[hash], t) {
			p.aliases[hash] = append(p.aliases[hash], t)
		}
		return n
	}
	n := &Node{
		Name: t.name, Kind: t.kind, Params: e.params, Inputs: inputs, Elem: e.settings, Store: t.store,
		Hash: hash, Table: p.tableHash(e, inputs, hash), Shared: shared(e, inputs), prefix: e.prefix,
	}
	p.nodes[hash] = n
	return n
}

// shared reports whether nodes of other hashes may have the same table hash.
func shared(e *evaluated, inputs []Input) bool {
	return e.table != nil || slices.ContainsFunc(inputs, anyShared)
}

func anyShared(in Input) bool {
	return slices.ContainsFunc(in.Nodes, func(n *Node) bool { return n.Shared })
}

// sameTables reports whether an input's table hashes are its hashes.
func sameTables(in Input) bool {
	return !slices.ContainsFunc(in.Nodes, func(n *Node) bool { return n.Hash != n.Table })
}

func (p *Pipeline) tableHash(e *evaluated, inputs []Input, hash Hash) Hash {
	if e.table == nil && !slices.ContainsFunc(inputs, func(in Input) bool { return !sameTables(in) }) {
		return hash
	}
	p.encode = append(p.encode[:0], e.tableHead()...)
	p.encode.inputs(inputs, tableHashOf)
	return p.encode.sum()
}

// tableHead is the encoding up to the inputs that a table hash begins with.
func (e *evaluated) tableHead() encoder {
	if e.table == nil {
		return e.hash
	}
	return e.table
}
