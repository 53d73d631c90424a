package compute

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Counter returns a grid that counts on the own times of nodes that may lack some of the grid's, by computing them. It remembers these times: a plan
// asks for them many times over.
func Counter(inputs graph.Rows, grid graph.Grid, o Options) graph.Counter {
	if c, ok := grid.(graph.Counter); ok {
		return c
	}
	o.Keep, o.Warn, o.Log, o.Legs, o.External, o.Continue = nil, nil, nil, nil, nil, nil
	return &counter{Grid: grid, inputs: inputs, options: o, known: map[keysOf]*frame.Frame{}}
}

type counter struct {
	graph.Grid
	inputs  graph.Rows
	options Options
	answers graph.Answers

	mu      sync.Mutex
	known   map[keysOf]*frame.Frame
	engines map[int64]*counting // by where they end
	holds   int
}

// counting is an engine that evaluates nodes to count, and what it reads.
type counting struct {
	*Engine
	rows *watched
}

type keysOf struct {
	node     graph.Hash
	from, to int64
}

// Answers implements graph.Counter.
func (c *counter) Answers() *graph.Answers { return &c.answers }

// Reach implements graph.Counter.
func (c *counter) Reach(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	if g, ok := c.Grid.(graph.Reacher); ok {
		return g.Reach(ctx, t, before, n)
	}
	return c.Back(ctx, t, before, n)
}

// Hold implements graph.Counter.
func (c *counter) Hold() (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.holds--; c.holds > 0 {
			return
		}
		for _, e := range c.engines {
			e.Close()
		}
		c.engines = nil
	}
}

// Keys implements graph.Counter.
func (c *counter) Keys(ctx context.Context, n *graph.Node, cut map[graph.Hash]bool, from, to int64) (*frame.Frame, error) {
	key := keysOf{n.Hash, from, to}
	c.mu.Lock()
	keys, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return keys, nil
	}
	keys, err := c.compute(ctx, n, cut, from, to)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[key] = keys
	return keys, nil
}

func (c *counter) compute(ctx context.Context, n *graph.Node, cut map[graph.Hash]bool, from, to int64) (*frame.Frame, error) {
	release := c.Hold()
	defer release()
	e, err := c.engine(n, cut, from, to)
	if err != nil {
		return nil, err
	}
	if accumulates(n, cut) {
		defer e.Close()
	}
	if err := e.plan(ctx, []*graph.Node{n}, cut, from); err != nil {
		return nil, err
	}
	res, err := e.Eval(ctx, n)
	switch {
	case err != nil && ctx.Err() == nil && !e.rows.failed.Load() && !errors.As(err, new(*NotStoredError)):
		return nil, graph.ErrUncountable
	case err != nil:
		return nil, err
	}
	return res.Frame().Between(from, to).Select()
}

// engine returns the engine that ends at a time: what nodes have in common is computed once. A node that accumulates from where an engine begins needs one
// of its own.
func (c *counter) engine(n *graph.Node, cut map[graph.Hash]bool, from, to int64) (*counting, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	own := accumulates(n, cut)
	if e := c.engines[to]; e != nil && !own {
		return e, nil
	}
	rows := &watched{Rows: c.inputs}
	e, err := New(rows, from, to, graph.Quiet(c), c.options)
	if err != nil || own {
		return &counting{e, rows}, err
	}
	if c.engines == nil {
		c.engines = map[int64]*counting{}
	}
	c.engines[to] = &counting{e, rows}
	return c.engines[to], nil
}

// accumulates reports whether a portfolio is among what a node is made from.
func accumulates(n *graph.Node, cut map[graph.Hash]bool) (yes bool) {
	graph.Walk([]*graph.Node{n}, cut, func(n *graph.Node) { yes = yes || n.Kind.Name == graph.KindLongShort && !cut[n.Hash] })
	return yes
}

// watched knows whether rows could not be read.
type watched struct {
	graph.Rows
	failed atomic.Bool
}

// Load implements graph.Rows.
func (w *watched) Load(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	rows, before, err = w.Rows.Load(ctx, n, r, end)
	if err != nil {
		w.failed.Store(true)
	}
	return rows, before, err
}
