package compute

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/graph"
)

// Warm evaluates the planned regressions side by side, group by group, before anyone asks for them one by one: portfolios in
// their order all begin with the same few, and those who ask second would only wait. What would not fit into half of the hot
// cache is left for later. Errors are left to whoever needs the node. progress, which may be nil, is told of how many regressions how many are done, by
// one goroutine at a time.
func (e *Engine) Warm(ctx context.Context, progress func(done, total int)) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cap(e.slots))
	var mu sync.Mutex
	groups, done, total := e.warmings(), 0, 0
	for _, w := range groups {
		total += len(w)
	}
	for _, w := range groups {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			e.warmOne(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			if done += len(w); progress != nil {
				progress(done, total)
			}
			return nil
		})
	}
	g.Wait()
}

// warmOne asks for one node of a group, which brings the others. Legs that are kept are loaded by whoever needs them.
func (e *Engine) warmOne(ctx context.Context, group []*graph.Node) {
	for _, n := range group {
		e.mu.Lock()
		own, blended, read := e.earns[n.Hash], e.blended[n.Hash], e.read[n.Hash]
		e.mu.Unlock()
		weights := read || slices.ContainsFunc(blended, func(l legName) bool { return !e.isKept(l) })
		switch {
		case !weights && (own == nil || e.isKept(*own)):
			continue
		case weights || !e.fusable([]*graph.Node{n}):
			e.Eval(ctx, n)
		default:
			e.leg(ctx, *own)
		}
		return
	}
}

// warmings returns the groups, in the order of the plan.
func (e *Engine) warmings() [][]*graph.Node {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := (e.end - e.start) / 86400e6 // a guess at the grid: days
	left := e.options.Memory / 2
	var out [][]*graph.Node
	for _, key := range e.groupOrder {
		for _, n := range e.groups[key] {
			left -= 64 * rows
			if e.needsWeights(n) {
				left -= 8 * rows * 100 // a panel of weights, of a hundred columns or so
			}
		}
		if left < 0 {
			break
		}
		out = append(out, slices.Clone(e.groups[key]))
	}
	return out
}
