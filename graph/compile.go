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
var commonKeys = []string{"kind", "foreach", "store", "ignore_local_kwargs"}

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
	if x, ok := c.expression(e.Value, s.Type == SQL, c.scope(t)); ok {
		t.slots = append(t.slots, slot{spec, x})
	}
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

// foreach reads the loops. Their own values refer to parameters, never to one another.
func (c *compiler) foreach(t *template, v config.Value) {
	const example = "foreach: {in_window: [60, 120]}"
	switch {
	case v.Kind == 0:
		return
	case v.Kind != config.Map:
		c.add(v.Pos, example, "foreach must be a mapping of parameters to lists, not %s", v.Describe())
		return
	case len(v.Map) == 0:
		c.add(v.Pos, example, "foreach is empty")
		return
	}
	var names []string
	for _, s := range t.kind.Params {
		if !s.Inner {
			names = append(names, s.Name)
		}
	}
	var loops []loop
	for _, e := range v.Map {
		spec := slices.IndexFunc(t.kind.Params, func(s ParamSpec) bool { return s.Name == e.Key && !s.Inner })
		if spec < 0 {
			c.add(e.KeyPos, config.Suggest(e.Key, names), "foreach: %q is no parameter of kind %s", cut(e.Key), t.kind.Name)
			continue
		}
		if e.Value.IsNull() {
			c.add(e.Value.Pos, "", "foreach: %s has no values", e.Key)
			continue
		}
		if x, ok := c.expression(e.Value, t.kind.Params[spec].Type == SQL, c.global); ok {
			loops = append(loops, loop{spec, x})
		}
	}
	t.loops = loops
}

// input reads names of nodes. Whether they exist is checked when all bodies are read.
func (c *compiler) input(t *template, e config.Entry, in *InputSpec) {
	if !in.Named {
		if nodes := c.nodeNames(e, in.Many); nodes != nil {
			t.inputs = append(t.inputs, source{role: in.Role, spec: in, nodes: nodes})
		}
		return
	}
	if e.Value.Kind != config.Map || len(e.Value.Map) == 0 {
		c.add(e.Value.Pos, "inputs: {p: prices}", "%s must be a mapping of names in the query to nodes, not %s", e.Key, e.Value.Describe())
		return
	}
	for _, m := range e.Value.Map {
		if nodes := c.nodeNames(m, false); nodes != nil {
			t.inputs = append(t.inputs, source{role: m.Key, spec: in, nodes: nodes})
		}
	}
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
