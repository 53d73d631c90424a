package schedule

import (
	"context"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// lenient is a grid on which a table that cannot be read has no rows, so that the ranges of nodes that do not read it are
// found all the same. Ranges of those that do are wrong.
type lenient struct {
	graph.Counter
	unread map[graph.Hash]error // the tables that could not be read
}

// grid is what starts are counted on: tables that are there, and nodes that are computed from these where their own times count, whatever their
// tables have by now.
func (l *look) grid() graph.Grid {
	tables := newLoader(l.view, l.tables, nil)
	return lenient{compute.Counter(tables, tables, compute.Options{Jobs: l.options.Jobs, Memory: l.options.Memory}), l.unread}
}

func (g lenient) Back(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	if at, short, err = g.Counter.Back(ctx, t, before, n); ofTable(err) {
		g.unread[t.Hash] = err
		return before, true, nil
	}
	return at, short, err
}

// Reach implements graph.Counter.
func (g lenient) Reach(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	return g.Back(ctx, t, before, n)
}

// Own implements graph.Grid.
func (g lenient) Own(ctx context.Context, t *graph.Node, from, end int64, n int) ([]graph.Tail, error) {
	tails, err := g.Counter.Own(ctx, t, from, end, n)
	if ofTable(err) {
		g.unread[t.Hash] = err
		return nil, nil
	}
	return tails, err
}

// Keys implements graph.Counter.
func (g lenient) Keys(ctx context.Context, n *graph.Node, cut map[graph.Hash]bool, from, to int64) (*frame.Frame, error) {
	keys, err := g.Counter.Keys(ctx, n, cut, from, to)
	if ofTable(err) {
		return nil, graph.ErrUncountable
	}
	return keys, err
}

// ofTable reports whether an error is about a table and what is in it, and not about the whole database.
func ofTable(err error) bool {
	return database.IsKind(err, database.Missing) || database.IsKind(err, database.Data) || database.IsKind(err, database.Refused)
}

// unreadable says why a table that is a node, or that it is made from, could not be read.
func (l *look) unreadable(n *graph.Node) (err error) {
	if len(l.unread) > 0 {
		graph.Walk([]*graph.Node{n}, l.tree.Cut, func(n *graph.Node) {
			if err == nil {
				err = l.unread[n.Hash]
			}
		})
	}
	return err
}
