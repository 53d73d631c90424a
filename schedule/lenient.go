package schedule

import (
	"context"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// lenient is a grid on which a table that cannot be read has no rows, so that the ranges of nodes that do not read it are
// found all the same. Ranges of those that do are wrong.
type lenient struct {
	graph.Grid
	unread map[graph.Hash]error // the tables that could not be read
}

func (g lenient) Back(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	if at, short, err = g.Grid.Back(ctx, t, before, n); ofTable(err) {
		g.unread[t.Hash] = err
		return before, true, nil
	}
	return at, short, err
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
