package schedule

import (
	"context"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// lenient is a grid on which a table that cannot be read has no rows. A tree is more than the nodes that read such a table:
// they fail when they are updated, and the others' ranges are what they would be without it.
type lenient struct{ graph.Grid }

func (g lenient) Back(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	if at, short, err = g.Grid.Back(ctx, t, before, n); ofTable(err) {
		return before, true, nil
	}
	return at, short, err
}

// ofTable reports whether an error is about a table and what is in it, and not about the whole database.
func ofTable(err error) bool {
	return database.IsKind(err, database.Missing) || database.IsKind(err, database.Data) || database.IsKind(err, database.Refused)
}
