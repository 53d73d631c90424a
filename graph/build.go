package graph

import (
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// build compiles all bodies, links them, and tries them out.
func build(c *config.Config, options []Option) (*Pipeline, config.Problems) {
	p := &Pipeline{
		config: c, byName: map[string]*template{}, numbers: newNumbers(),
		nodes: map[Hash]*Node{}, aliases: map[Hash][]*template{},
	}
	for _, o := range options {
		o(p)
	}
	for i := range c.Parameters {
		q := &c.Parameters[i]
		prm := parameter{name: q.Name, list: q.Value.Kind == config.List, written: &q.Value}
		if q.Value.Kind != 0 {
			prm.value = q.Value.Any()
			prm.id = p.id(prm.value)
		}
		p.params = append(p.params, prm)
	}
	p.bound = newBound(len(p.params))
	b := &compiler{Pipeline: p}
	for _, n := range c.Nodes {
		if t := b.compile(n); t != nil {
			p.templates = append(p.templates, t)
			p.byName[n.Name] = t
		}
	}
	b.link()
	b.references()
	b.evaluate()
	return p, b.problems
}

// link finds the nodes that inputs name, refuses cycles, and adds up which parameters each node depends on.
func (c *compiler) link() {
	for _, t := range c.templates {
		for i := range t.inputs {
			in := &t.inputs[i]
			for _, r := range in.nodes {
				from := c.byName[r.Name]
				if from == nil {
					t.broken = true
					c.unknownNode(r, "")
					continue
				}
				in.from = append(in.from, from)
			}
		}
	}
	state := map[*template]int{}
	for _, t := range c.templates {
		c.order(t, state, nil)
	}
}

// unknownNode reports a name that no node has; a node whose own body is at fault is known.
func (c *compiler) unknownNode(r config.Ref, where string) {
	names := make([]string, len(c.config.Nodes))
	for i, n := range c.config.Nodes {
		names[i] = n.Name
	}
	if !slices.Contains(names, r.Name) {
		c.add(r.Pos, config.Suggest(r.Name, names), "%sunknown node %q", where, cut(r.Name))
	}
}

const (
	entered = iota + 1
	left
)

// order visits t after everything above it. path is the nodes that led here.
func (c *compiler) order(t *template, state map[*template]int, path []*template) {
	if state[t] == left {
		return
	}
	state[t] = entered
	path = append(path, t)
	t.all = slices.Clone(t.own)
	for i := range t.inputs {
		for j, from := range t.inputs[i].from {
			if state[from] == entered {
				c.cycle(t.inputs[i].nodes[min(j, len(t.inputs[i].nodes)-1)].Pos, path, from)
				t.broken = true
				continue
			}
			c.order(from, state, path)
			t.broken = t.broken || from.broken
			t.all = append(t.all, from.all...)
		}
	}
	slices.Sort(t.all)
	t.all = slices.Compact(t.all)
	state[t] = left
	c.sorted = append(c.sorted, t)
}

func (c *compiler) cycle(pos config.Pos, path []*template, back *template) {
	var names []string
	for _, t := range path[slices.Index(path, back):] {
		names = append(names, t.name)
	}
	if len(names) > 8 {
		names = append(names[:4], "...", names[len(names)-1])
	}
	names = append(names, back.name)
	c.add(pos, "", "a node depends on itself: %s", strings.Join(names, " reads "))
}

// references checks what the config names nodes by, outside of their bodies.
func (c *compiler) references() {
	cfg := c.config
	if cfg.Target.Name != "" && c.byName[cfg.Target.Name] == nil && !config.IsHashID(cfg.Target.Name) {
		c.unknownNode(cfg.Target, "target: ")
	}
	for _, key := range []struct {
		name string
		refs []config.Ref
	}{{"nodes_to_get_from_db", cfg.FromDB}, {"keep_in_memory", cfg.KeepInMemory}} {
		for _, r := range key.refs {
			if c.byName[r.Name] == nil && !config.IsHashID(r.Name) {
				c.unknownNode(r, key.name+": ")
			}
		}
	}
}

// evaluate tries every node at the defaults, then every value that a sweep gives to a parameter, each by itself.
func (c *compiler) evaluate() {
	c.bind(nil)
	for _, t := range c.templates {
		if slices.ContainsFunc(t.own, func(at int) bool { return c.params[at].value == nil }) {
			t.broken = true
			continue
		}
		if _, problems := c.evaluateElements(t); len(problems) > 0 {
			c.problems = append(c.problems, problems...)
			t.broken = true
		}
	}
	for _, t := range c.sorted {
		for _, in := range t.inputs {
			t.broken = t.broken || slices.ContainsFunc(in.from, func(from *template) bool { return from.broken })
		}
		if t.broken {
			continue // what is wrong is reported where it is
		}
		_, problems := c.resolve(t)
		c.problems = append(c.problems, problems...)
		t.broken = len(problems) > 0
	}
	if c.config.Sweep != nil {
		for _, v := range c.config.Sweep.Vary {
			c.tryValues(v)
		}
	}
	if id := c.config.Target; config.IsHashID(id.Name) && len(c.problems) == 0 && c.find(id.Name) == nil {
		c.add(id.Pos, "name the node instead", "target: no node has this local_hash_id at the parameters' defaults")
	}
}

// tryValues checks the parameters of all nodes at each value of one varied parameter, the others at their defaults. It is
// for messages with a place; a value that it passes over fails when it is resolved. After a few faults it stops (a
// thousand values out of range are one mistake), and of long spaces it takes both ends, where limits are crossed.
func (c *compiler) tryValues(v config.Vary) {
	const enough, ends, most = 5, 1000, 200_000
	at, ok := c.global(v.Name)
	if !ok {
		return
	}
	var users []*template
	for _, t := range c.templates {
		if !t.broken && slices.Contains(t.own, at.at) {
			users = append(users, t)
		}
	}
	found, tried := 0, 0
	for i, value := range v.Values {
		if v.Written == nil && ends <= i && i < len(v.Values)-ends {
			continue
		}
		c.bind(Binding{v.Name: value})
		c.bound.written[at.at] = v.As(i)
		for _, t := range users {
			elements, problems := c.evaluateElements(t)
			c.problems = append(c.problems, problems...)
			found, tried = found+len(problems), tried+len(elements)
		}
		if found >= enough || tried >= most {
			break
		}
	}
	c.bind(nil)
}
