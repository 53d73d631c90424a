package graph

import (
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// template is a node body that was checked as far as it can be without values: what to evaluate for which parameter,
// which nodes to read, which parameters all of it depends on.
type template struct {
	name   string
	pos    config.Pos
	kind   *Kind
	store  bool
	duty   Duty
	ignore []bool // as kind.Params: left out of the table hash
	loops  []loop // foreach, in the order written
	slots  []slot // parameters, in the order written
	inputs []source
	broken bool // it, or what it reads, has a problem: not to be resolved
	faulty bool // its own body has a problem

	own []int // parameters of the pipeline that the body refers to, ascending
	all []int // own, and those of everything above

	memo     map[string][]*Node     // by the values of all
	elements map[string][]evaluated // by the values of own
}

type loop struct {
	spec int // of kind.Params
	expr expr
}

type slot struct {
	spec int
	expr expr
}

// source is an input as written: names of nodes.
type source struct {
	role  string
	spec  *InputSpec
	nodes []config.Ref
	from  []*template // as nodes, once all bodies are read
}

// The keys that every node may have.
var commonKeys = []string{"kind", "foreach", "store", "ignore_local_kwargs", "scheduler", "resources", "update_every", "settle", "complete_when"}

// compiler reads node bodies and collects what is wrong with them.
type compiler struct {
	*Pipeline
	sorted   []*template // inputs before what reads them
	problems config.Problems
}

func (c *compiler) add(pos config.Pos, hint, format string, args ...any) {
	c.problems = append(c.problems, c.config.Problem(pos, hint, format, args...))
}

// compile reads one body. It returns nil where not even the kind is known.
func (c *compiler) compile(n config.NodeBody) *template {
	before := len(c.problems)
	t := &template{name: n.Name, pos: n.Pos, memo: map[string][]*Node{}, elements: map[string][]evaluated{}}
	if t.kind = c.kind(n); t.kind == nil {
		return nil
	}
	t.ignore = make([]bool, len(t.kind.Params))
	if loops, ok := n.Body.Get("foreach"); ok {
		c.foreach(t, loops)
	}
	for _, e := range n.Body.Map {
		if e.Value.Kind != 0 {
			c.entry(t, e)
		}
	}
	if len(c.problems) == before {
		c.complete(t, n)
		c.fitting(t, n)
	}
	t.faulty = len(c.problems) > before || slices.ContainsFunc(n.Body.Map, func(e config.Entry) bool { return e.Value.Kind == 0 })
	t.broken = t.faulty
	t.findOwn()
	return t
}

func (c *compiler) kind(n config.NodeBody) *Kind {
	v, ok := n.Body.Get("kind")
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	name, isText := v.Scalar.(string)
	switch {
	case !ok:
		c.add(n.Pos, config.Suggest("", names), "the node %s has no kind", n.Name)
		return nil
	case v.Kind == 0:
		return nil
	case !isText:
		c.add(v.Pos, config.Suggest("", names), "kind must be text, not %s", v.Describe())
		return nil
	}
	if strings.Contains(name, "${") {
		c.add(v.Pos, "", "the kind of a node cannot come from a parameter")
		return nil
	}
	k := KindNamed(name)
	if k == nil {
		c.add(v.Pos, config.Suggest(name, names), "unknown kind %q", cut(name))
	}
	return k
}

// entry reads one key of a body.
func (c *compiler) entry(t *template, e config.Entry) {
	switch e.Key {
	case "kind", "foreach":
		return
	case "store":
		c.store(t, e)
		return
	case "ignore_local_kwargs":
		c.ignore(t, e)
		return
	case "scheduler", "resources", "update_every", "settle", "complete_when":
		c.duty(t, e)
		return
	}
	for i := range t.kind.Params {
		if s := &t.kind.Params[i]; s.Name == e.Key && !s.Inner {
			c.parameter(t, e, i)
			return
		}
	}
	for i := range t.kind.Inputs {
		in := &t.kind.Inputs[i]
		if in.Role == e.Key && !in.Inner || in.Named && e.Key == "inputs" {
			c.input(t, e, in)
			return
		}
	}
	c.add(e.KeyPos, config.Suggest(e.Key, t.kind.keys()), "unknown key %q in the node %s of kind %s", cut(e.Key), t.name, t.kind.Name)
}

// keys lists what may be written in a body of the kind.
func (k *Kind) keys() []string {
	var keys []string
	for _, in := range k.Inputs {
		if !in.Inner {
			keys = append(keys, in.Role)
		}
	}
	for _, s := range k.Params {
		if !s.Inner {
			keys = append(keys, s.Name)
		}
	}
	return append(keys, commonKeys...)
}

func (c *compiler) store(t *template, e config.Entry) {
	store, ok := e.Value.Scalar.(bool)
	if !ok {
		c.add(e.Value.Pos, "", "store must be true or false, not %s", e.Value.Describe())
	}
	t.store = store
}

// ignore reads ignore_local_kwargs: names of the kind's parameters.
func (c *compiler) ignore(t *template, e config.Entry) {
	items := e.Value.List
	if e.Value.Kind != config.List {
		items = []config.Value{e.Value}
	}
	var names []string
	for _, s := range t.kind.Params {
		names = append(names, s.Name)
	}
	for _, item := range items {
		name, ok := item.Scalar.(string)
		i := slices.Index(names, name)
		switch {
		case item.Kind == 0:
		case !ok:
			c.add(item.Pos, "", "ignore_local_kwargs must name parameters, not %s", item.Describe())
		case i < 0:
			c.add(item.Pos, config.Suggest(name, names), "%q is no parameter of kind %s", cut(name), t.kind.Name)
		default:
			t.ignore[i] = true
		}
	}
}

// parameter reads a parameter's value.
func (c *compiler) parameter(t *template, e config.Entry, spec int) {
	s := &t.kind.Params[spec]
	if e.Value.IsNull() {
		c.add(e.Value.Pos, "leave the key out for its default", "%s has no value", e.Key)
		return
	}
	if slices.ContainsFunc(t.loops, func(l loop) bool { return l.spec == spec }) {
		c.add(e.KeyPos, "", "%s is given here and in foreach", e.Key)
		return
	}
	if s.OrNode != "" && e.Value.Kind == config.Map {
		c.members(t, e, s)
		return
	}
	if x, ok := c.expression(e.Value, s.Type, c.scope(t)); ok {
		t.slots = append(t.slots, slot{spec, x})
	}
}

// scope says what names stand for in the body of t: its foreach names first, then parameters.
func (c *compiler) scope(t *template) func(string) (ref, bool) {
	return func(name string) (ref, bool) {
		for i, l := range t.loops {
			if t.kind.Params[l.spec].Name == name {
				return ref{name, true, i}, true
			}
		}
		return c.global(name)
	}
}

func (p *Pipeline) global(name string) (ref, bool) {
	i := slices.IndexFunc(p.params, func(o parameter) bool { return o.name == name })
	return ref{name, false, i}, i >= 0
}

// findOwn lists the parameters that the body refers to.
func (t *template) findOwn() {
	visit := func(r ref) {
		if !r.loop && r.at >= 0 && !slices.Contains(t.own, r.at) {
			t.own = append(t.own, r.at)
		}
	}
	for i := range t.loops {
		t.loops[i].expr.refs(visit)
	}
	for i := range t.slots {
		t.slots[i].expr.refs(visit)
	}
	slices.Sort(t.own)
}
