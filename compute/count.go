package compute

import (
	"context"
	"errors"
	"slices"
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
	return &counter{Grid: grid, inputs: inputs, options: o, known: map[timesOf][]int64{}}
}

type counter struct {
	graph.Grid
	inputs  graph.Rows
	options Options

	mu    sync.Mutex
	known map[timesOf][]int64
}

type timesOf struct {
	node     graph.Hash
	from, to int64
}

// Reach implements graph.Counter.
func (c *counter) Reach(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	if g, ok := c.Grid.(graph.Reacher); ok {
		return g.Reach(ctx, t, before, n)
	}
	return c.Back(ctx, t, before, n)
}

// Times implements graph.Counter.
func (c *counter) Times(ctx context.Context, n *graph.Node, cut map[graph.Hash]bool, from, to int64) ([]int64, error) {
	key := timesOf{n.Hash, from, to}
	c.mu.Lock()
	times, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return times, nil
	}
	times, err := c.compute(ctx, n, cut, from, to)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[key] = times
	return times, nil
}

func (c *counter) compute(ctx context.Context, n *graph.Node, cut map[graph.Hash]bool, from, to int64) ([]int64, error) {
	rows := &watched{Rows: c.inputs}
	e, err := New(rows, from, to, graph.Quiet(c), c.options)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Plan(ctx, []*graph.Node{n}, cut); err != nil {
		return nil, err
	}
	f, err := e.Output(ctx, n)
	switch {
	case err != nil && ctx.Err() == nil && !rows.failed.Load() && !errors.As(err, new(*NotStoredError)):
		return nil, graph.ErrUncountable
	case err != nil:
		return nil, err
	}
	return slices.Compact(slices.Clone(f.Times())), nil
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
