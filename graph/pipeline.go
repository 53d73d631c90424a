package graph

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/config"
)

// Pipeline is a config's nodes, checked. It is safe for concurrent use.
type Pipeline struct {
	config    *config.Config
	params    []parameter
	templates []*template // in the order written; broken ones only while New is at work
	byName    map[string]*template

	mu      sync.Mutex // guards everything below, and the templates' memos
	numbers numbers
	bound   bound
	key     []byte
	encode  encoder
	nodes   map[Hash]*Node
	aliases map[Hash][]*template // other templates of a node, beside the one it is named by
}

// parameter is a parameter of the config.
type parameter struct {
	name  string
	value any // nil: at fault
	list  bool
	id    uint32 // of value
	pos   config.Pos
}

// Binding is values for parameters, by name: int64, float64, string, bool or []any of these. A parameter that isn't in it
// is at its default; a single value for a parameter whose default is a list is a list of one.
type Binding map[string]any

// Load reads a config and checks its nodes: every fault of either in one go.
func Load(path string, overrides []config.Override) (*config.Config, *Pipeline, error) {
	c, err := config.Load(path, overrides)
	if c == nil {
		return nil, nil, err
	}
	p, problems := build(c)
	if read, ok := err.(config.Problems); ok {
		problems = append(problems, read...)
	}
	return c, p, problems.Err()
}

// New checks every node body of a config and everything that names nodes. The error is config.Problems, all of them.
func New(c *config.Config) (*Pipeline, error) {
	p, problems := build(c)
	if len(problems) > 0 {
		return nil, problems.Err()
	}
	return p, nil
}

func build(c *config.Config) (*Pipeline, config.Problems) {
	p := &Pipeline{
		config: c, byName: map[string]*template{}, numbers: newNumbers(),
		nodes: map[Hash]*Node{}, aliases: map[Hash][]*template{},
	}
	for _, q := range c.Parameters {
		prm := parameter{name: q.Name, list: q.Value.Kind == config.List, pos: q.Value.Pos}
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

// tryValues checks the parameters of all nodes at each value of one varied parameter, the others at their defaults. After
// a few faults it stops: a thousand values out of range are one mistake.
func (c *compiler) tryValues(v config.Vary) {
	const enough = 5
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
	found := 0
	for i, value := range v.Values {
		c.bind(Binding{v.Name: value})
		c.bound.places[at.at] = v.Place(i)
		for _, t := range users {
			_, problems := c.evaluateElements(t)
			c.problems = append(c.problems, problems...)
			found += len(problems)
		}
		if found >= enough {
			break
		}
	}
	c.bind(nil)
}

// Names returns the names of all nodes, in the order written.
func (p *Pipeline) Names() []string {
	names := make([]string, len(p.templates))
	for i, t := range p.templates {
		names[i] = t.name
	}
	return names
}

// Defaults returns all parameters at their defaults.
func (p *Pipeline) Defaults() Binding {
	b := make(Binding, len(p.params))
	for _, q := range p.params {
		b[q.name] = q.value
	}
	return b
}

// ParametersOf returns the parameters that the named node, or anything above it, depends on, sorted; nil for a name that
// no node has.
func (p *Pipeline) ParametersOf(name string) []string {
	t := p.byName[name]
	if t == nil {
		return nil
	}
	names := make([]string, len(t.all))
	for i, at := range t.all {
		names[i] = p.params[at].name
	}
	slices.Sort(names)
	return names
}

// Names of parameters that a binding may have.
func (p *Pipeline) unknownParameter(b Binding) config.Problems {
	for _, name := range sortedKeys(b) {
		if _, ok := p.global(name); !ok {
			names := sortedKeys(p.Defaults())
			return config.Problems{p.config.Problem(config.Pos{}, config.Suggest(name, names), "unknown parameter %q", cut(name))}
		}
	}
	return config.Problems{p.config.Problem(config.Pos{}, "", "a parameter is bound twice")}
}

// Nodes returns the nodes of a name at given values of the parameters: one, or one an element of its foreach, in order; or
// the one node that has the name for a local_hash_id. The error is config.Problems.
//
// Results are remembered by the values of ParametersOf(name) alone, and equal nodes are one pointer.
func (p *Pipeline) Nodes(name string, b Binding) ([]*Node, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if problems := p.bind(b); problems != nil {
		return nil, problems.Err()
	}
	t := p.byName[name]
	if t == nil {
		if n := p.find(name); n != nil {
			return []*Node{n}, nil
		}
		return nil, p.noNode(name)
	}
	nodes, problems := p.resolve(t)
	return nodes, problems.Err()
}

func (p *Pipeline) noNode(name string) error {
	what := "unknown node %q"
	if config.IsHashID(name) {
		what = "no node has the local_hash_id %q at these parameters"
	}
	return config.Problems{p.config.Problem(config.Pos{}, config.Suggest(name, p.Names()), what, cut(name))}
}

// find returns the node of a local_hash_id at the values bound, or nil.
func (p *Pipeline) find(id string) *Node {
	if !config.IsHashID(id) {
		return nil
	}
	for _, t := range p.templates {
		nodes, problems := p.resolve(t)
		if len(problems) > 0 {
			continue
		}
		for _, n := range nodes {
			if n.ID() == id {
				return n
			}
		}
	}
	return nil
}

// Element is a node of a foreach with the values that make it this one.
type Element struct {
	Settings []Setting
	Node     *Node
}

// Elements is Nodes with the settings of each element as this name has them: Node.Elem is that of whichever name a node
// was first resolved by.
func (p *Pipeline) Elements(name string, b Binding) ([]Element, error) {
	nodes, err := p.Nodes(name, b)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	elements := make([]Element, len(nodes))
	for i, n := range nodes {
		elements[i] = Element{n.Elem, n}
	}
	if t := p.byName[name]; t != nil {
		p.bind(b)
		evaluated, problems := p.elementsOf(t)
		if len(problems) > 0 {
			return nil, problems.Err()
		}
		for i := range elements {
			elements[i].Settings = evaluated[i].settings
		}
	}
	return elements, nil
}

// Stores reports whether store: true stands in the body of any node that resolved to n.
func (p *Pipeline) Stores(n *Node) bool {
	return p.calledAny(n, func(t *template) bool { return t.store })
}

// called reports whether a node goes by a name: equal nodes may have several.
func (p *Pipeline) called(n *Node, name string) bool {
	return n.Name == name || n.ID() == name || p.calledAny(n, func(t *template) bool { return t.name == name })
}

func (p *Pipeline) calledAny(n *Node, is func(*template) bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.byName[n.Name]; t != nil && is(t) {
		return true
	}
	return slices.ContainsFunc(p.aliases[n.Hash], is)
}

// typeError is for values that no YAML makes.
func typeError(v any) string { return fmt.Sprintf("a value of type %T", v) }
