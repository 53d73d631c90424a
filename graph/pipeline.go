package graph

import (
	"slices"
	"sync"

	"github.com/tdlake/tdlake/config"
)

// Pipeline is a config's nodes, checked. It is safe for concurrent use.
type Pipeline struct {
	config    *config.Config
	outside   Outside // nil: nobody was named
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
	name    string
	value   any // nil: at fault
	list    bool
	id      uint32 // of value
	written *config.Value
}

// Binding is values for parameters, by name: int64, float64, string, bool or []any of these. A parameter that isn't in it
// is at its default; a single value for a parameter whose default is a list is a list of one.
type Binding map[string]any

// Load reads a config and checks its nodes: every fault of either in one go, as config.Problems. Beside an error there is no
// pipeline; the config is what config.Load makes of the file.
func Load(path string, overrides []config.Override, options ...Option) (*config.Config, *Pipeline, error) {
	c, err := config.Load(path, overrides)
	if c == nil {
		return nil, nil, err
	}
	p, problems := build(c, options)
	if read, ok := err.(config.Problems); ok {
		problems = append(problems, read...)
	}
	if err := problems.Err(); err != nil {
		return c, nil, err
	}
	return c, p, nil
}

// New checks every node body of a config and everything that names nodes. The error is config.Problems, all of them.
func New(c *config.Config, options ...Option) (*Pipeline, error) {
	p, problems := build(c, options)
	if len(problems) > 0 {
		return nil, problems.Err()
	}
	return p, nil
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

// unknownParameter reports the first name of a binding that is no parameter's.
func (p *Pipeline) unknownParameter(b Binding) config.Problems {
	for _, name := range sortedKeys(b) {
		if _, ok := p.global(name); !ok {
			names := sortedKeys(p.Defaults())
			return config.Problems{p.config.Problem(config.Pos{}, config.Suggest(name, names), "unknown parameter %q", cut(name))}
		}
	}
	return nil
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
