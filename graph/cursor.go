package graph

import "slices"

// Cursor goes through the nodes of Targets. A target comes in parts, its own parameters and its inputs, and each part
// depends on few of the parameters: so nearly all of a target is known from one seen before, and a move costs a look-up of
// the parts whose parameters changed. A Cursor is for one goroutine; the pipeline is locked only for parts that are new to
// it.
type Cursor struct {
	targets *Targets
	bound   bound
	index   []int  // where each parameter stands
	parts   []part // the own parameters, then the inputs
	key     []byte
	encode  encoder

	digest digest // of the parts' encodings
	moved  int    // the first part that moved since Hash was asked for last
}

// part is what of a target depends on some of the parameters.
type part struct {
	source *source // of an input; nil for the own parameters
	params []int   // of the pipeline
	moved  bool    // one of them did
	known  map[string]*piece
	now    *piece
}

// piece is a part at certain values of its parameters.
type piece struct {
	elements []evaluated // of the own parameters
	node     *Node       // the whole, where the target is a local_hash_id
	input    Input
	hash     encoder // an input's encoding in the node's hash
	table    encoder // likewise in the table hash
	shared   bool
	same     bool // the table hashes of an input are its hashes
}

// Cursor returns a cursor that is nowhere yet.
func (t *Targets) Cursor() *Cursor {
	c := &Cursor{targets: t, bound: t.start.clone(), index: slices.Repeat([]int{-1}, len(t.varied))}
	if t.template == nil {
		all := part{moved: true, known: map[string]*piece{}}
		for at := range t.pipeline.params {
			all.params = append(all.params, at)
		}
		c.parts = []part{all}
		return c
	}
	c.parts = []part{{params: t.template.own, moved: true, known: map[string]*piece{}}}
	for i := range t.template.inputs {
		in := part{source: &t.template.inputs[i], moved: true, known: map[string]*piece{}}
		for _, from := range in.source.from {
			in.params = append(in.params, from.all...)
		}
		slices.Sort(in.params)
		in.params = slices.Compact(in.params)
		c.parts = append(c.parts, in)
	}
	c.digest = newDigest(len(c.parts))
	return c
}

// Move goes to some values, given by their places in each parameter's list. It reports whether some input there is one that
// this cursor has not met before, and how many nodes the name stands for; Hash and Fill are for one. The error is
// config.Problems.
func (c *Cursor) Move(index []int) (fresh bool, nodes int, err error) {
	for k, i := range index {
		if c.index[k] != i {
			c.set(k, i)
		}
	}
	for i := range c.parts {
		p := &c.parts[i]
		if !p.moved {
			continue
		}
		c.key = c.bound.appendKey(c.key[:0], p.params)
		if p.now = p.known[string(c.key)]; p.now == nil {
			if p.now, err = c.learn(p); err != nil {
				return false, 0, err
			}
			p.known[string(c.key)] = p.now
			fresh = fresh || i > 0
		}
		p.moved = false
		c.moved = min(c.moved, i)
	}
	if own := c.parts[0].now; own.node == nil {
		return fresh, len(own.elements), nil
	}
	return fresh, 1, nil
}

// set binds a parameter to its i-th value.
func (c *Cursor) set(k, i int) {
	v := &c.targets.varied[k]
	c.index[k] = i
	c.bound.values[v.at], c.bound.ids[v.at], c.bound.written[v.at] = v.to.values[i], v.to.ids[i], v.to.written[i]
	for j := range c.parts {
		c.parts[j].moved = c.parts[j].moved || slices.Contains(c.parts[j].params, v.at)
	}
}

// learn asks the pipeline for a part at the values bound.
func (c *Cursor) learn(part *part) (*piece, error) {
	p := c.targets.pipeline
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func(was bound) { p.bound = was }(p.bound)
	p.bound = c.bound
	if c.targets.template == nil {
		n := p.find(c.targets.name)
		if n == nil {
			return nil, p.noNode(c.targets.name)
		}
		return &piece{node: n}, nil
	}
	if part.source == nil {
		elements, problems := p.elementsOf(c.targets.template)
		return &piece{elements: elements}, problems.Err()
	}
	in, problems := p.input(part.source)
	return newPiece(in), problems.Err()
}

func newPiece(in Input) *piece {
	p := &piece{input: in, shared: anyShared(in), same: sameTables(in)}
	p.hash.input(in, hashOf)
	p.table.input(in, tableHashOf)
	return p
}

// Hash returns the hash of the node at the cursor.
func (c *Cursor) Hash() Hash {
	own := c.parts[0].now
	if own.node != nil {
		return own.node.Hash
	}
	for i := c.moved; i < len(c.parts); i++ {
		piece := c.parts[i].now.hash
		if i == 0 {
			c.encode = append(c.encode[:0], own.elements[0].hash...)
			c.encode.count(len(c.parts) - 1)
			piece = c.encode
		}
		c.digest.put(i, piece)
	}
	c.moved = len(c.parts)
	return c.digest.sum()
}

// table returns the table hash of the node at the cursor.
func (c *Cursor) table() Hash {
	c.encode = append(c.encode[:0], c.parts[0].now.elements[0].tableHead()...)
	c.encode.count(len(c.parts) - 1)
	for i := range c.parts[1:] {
		c.encode = append(c.encode, c.parts[i+1].now.table...)
	}
	return c.encode.sum()
}

// Prefix returns what the local_hash_id of the node at the cursor begins with.
func (c *Cursor) Prefix() string {
	own := c.parts[0].now
	if own.node != nil {
		return own.node.prefix
	}
	return own.elements[0].prefix
}

// Fill makes n the node at the cursor, whose hash the caller has from Hash. The node is n's memory, the inputs' slice
// included, so n may be filled again once nobody uses the node. Its name is the name asked for.
func (c *Cursor) Fill(n *Node, hash Hash) {
	own := c.parts[0].now
	if own.node != nil {
		*n = *own.node
		return
	}
	t, e := c.targets.template, &own.elements[0]
	inputs, same, shared := n.Inputs[:0], e.table == nil, e.table != nil
	for i := range c.parts[1:] {
		p := c.parts[i+1].now
		inputs, same, shared = append(inputs, p.input), same && p.same, shared || p.shared
	}
	*n = Node{
		Name: t.name, Kind: t.kind, Params: e.params, Inputs: inputs, Elem: e.settings, Store: t.store,
		Hash: hash, Table: hash, Shared: shared, prefix: e.prefix,
	}
	if !same {
		n.Table = c.table()
	}
}
