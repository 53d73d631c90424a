package graph

import (
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// input reads names of nodes. Whether they exist is checked when all bodies are read.
func (c *compiler) input(t *template, e config.Entry, in *InputSpec) {
	if in.Factors && e.Value.Kind == config.List && slices.ContainsFunc(e.Value.List, func(v config.Value) bool { return v.Kind == config.Map }) {
		c.entries(t, e, in)
		return
	}
	if !in.Named {
		if nodes := c.nodeNames(e, in.Many); nodes != nil {
			t.inputs = append(t.inputs, source{role: in.Role, spec: in, nodes: nodes})
		}
		return
	}
	c.namedInputs(t, e, in)
}

func (c *compiler) nodeNames(e config.Entry, many bool) []config.Ref {
	items := []config.Value{e.Value}
	if e.Value.Kind == config.List && many {
		items = e.Value.List
	}
	if len(items) == 0 {
		c.add(e.Value.Pos, "", "%s names no node", e.Key)
	}
	var nodes []config.Ref
	for _, item := range items {
		name, ok := item.Scalar.(string)
		switch {
		case item.Kind == 0:
			return nil
		case !ok && !many && item.Kind == config.List:
			c.add(item.Pos, "", "%s takes one node, not a list", e.Key)
			return nil
		case !ok:
			c.add(item.Pos, "", "%s must name a node, not %s", e.Key, item.Describe())
			return nil
		case strings.Contains(name, "${"):
			c.add(item.Pos, "", "%s must name a node: parameters cannot stand for nodes", e.Key)
			return nil
		case slices.ContainsFunc(nodes, func(r config.Ref) bool { return r.Name == name }):
			c.add(item.Pos, "", "%s names %q twice", e.Key, cut(name))
			return nil
		}
		nodes = append(nodes, config.Ref{Name: name, Pos: item.Pos})
	}
	return nodes
}

// complete checks that what must be there is, and brings inputs into the kind's order.
func (c *compiler) complete(t *template, n config.NodeBody) {
	has := func(role string) bool {
		return slices.ContainsFunc(t.inputs, func(s source) bool { return s.role == role })
	}
	var missing, docs []string
	for i, s := range t.kind.Params {
		given := slices.ContainsFunc(t.slots, func(o slot) bool { return o.spec == i }) ||
			slices.ContainsFunc(t.loops, func(o loop) bool { return o.spec == i })
		if s.Required && !given && !(s.OrNode != "" && has(s.Name)) {
			missing, docs = append(missing, s.Name), append(docs, s.Doc)
		}
	}
	for _, in := range t.kind.Inputs {
		if !in.Optional && (in.Named && len(t.inputs) == 0 || !in.Named && !has(in.Role)) {
			missing, docs = append(missing, in.Role), append(docs, in.Doc)
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		c.add(n.Pos, missing[0]+": "+docs[0], "the node %s has no %s", t.name, missing[0])
	default:
		c.add(n.Pos, "", "the node %s, of kind %s, lacks %s", t.name, t.kind.Name, strings.Join(missing, ", "))
	}
	slices.SortStableFunc(t.inputs, func(a, b source) int {
		return t.kind.inputIndex(a.spec) - t.kind.inputIndex(b.spec)
	})
}

func (k *Kind) inputIndex(spec *InputSpec) int {
	for i := range k.Inputs {
		if &k.Inputs[i] == spec {
			return i
		}
	}
	return -1
}

// members reads {node: .., where: ..} in place of a list.
func (c *compiler) members(t *template, e config.Entry, s *ParamSpec) {
	known := []string{"node", "where"}
	for _, m := range e.Value.Map {
		switch {
		case m.Value.Kind == 0:
		case !slices.Contains(known, m.Key):
			c.add(m.KeyPos, config.Suggest(m.Key, known), "unknown key %q in %s", cut(m.Key), e.Key)
		case m.Key == "where":
			where := slices.IndexFunc(t.kind.Params, func(o ParamSpec) bool { return o.Name == s.OrNode })
			m.Key = e.Key + ".where"
			c.parameter(t, m, where)
		default:
			in := slices.IndexFunc(t.kind.Inputs, func(o InputSpec) bool { return o.Role == s.Name })
			m.Key = e.Key + ".node"
			c.input(t, m, &t.kind.Inputs[in])
		}
	}
	if _, ok := e.Value.Get("node"); !ok {
		c.add(e.Value.Pos, "", "%s names no node", e.Key)
	}
}
