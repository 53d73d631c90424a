package compute

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/graph"
)

// warming is a group of regressions and how one of them is first asked for.
type warming struct {
	node    *graph.Node
	returns *graph.Node // for a leg that is made from the fits; nil where the weights are read
	column  string
}

// Warm evaluates the planned regressions side by side, group by group, before anyone asks for them one by one: portfolios in
// their order all begin with the same few, and those who ask second would only wait. What would not fit into half of the hot
// cache is left for later. Errors are left to whoever needs the node.
func (e *Engine) Warm(ctx context.Context) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cap(e.slots))
	for _, w := range e.warmings() {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			if w.returns != nil && e.fusable([]*graph.Node{w.node}) {
				e.leg(ctx, w.returns, w.column, []*graph.Node{w.node})
			} else {
				e.Eval(ctx, w.node)
			}
			return nil
		})
	}
	g.Wait()
}

// warmings returns one node a group, in the order of the plan.
func (e *Engine) warmings() []warming {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := (e.end - e.start) / 86400e6 // a guess at the grid: days
	left := e.options.Memory / 2
	var out []warming
	for _, key := range e.groupOrder {
		for _, n := range e.groups[key] {
			left -= 64 * rows
			if e.read[n.Hash] {
				left -= 8 * rows * 100 // a panel of weights, of a hundred columns or so
			}
		}
		if left < 0 {
			break
		}
		n := e.groups[key][0]
		w := warming{node: n}
		if by, ok := e.earns[n.Hash]; ok && !e.read[n.Hash] {
			w.returns, w.column = by.In("returns")[0], by.Params.String("column")
		}
		out = append(out, w)
	}
	return out
}
