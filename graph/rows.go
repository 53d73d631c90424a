package graph

import (
	"context"

	"github.com/tdlake/tdlake/frame"
)

// Rows is where rows come from that are stored instead of computed: the lake, or the tables of a database. It must be
// safe for concurrent use.
type Rows interface {
	// Stored reports whether the node's rows over [r.From, end), microseconds since the epoch, can be loaded. It is asked
	// once a node and must be cheap.
	Stored(n *Node, r Range, end int64) bool

	// Load returns these rows in the order of the node's key. Where r.AsOf is set, before has the rows by which values as of
	// r.From can be told: for each combination of the key without time_index the last row, and the last row with a value of
	// each column; it is nil where there are none.
	Load(ctx context.Context, n *Node, r Range, end int64) (rows, before *frame.Frame, err error)
}
