package compute

import (
	"context"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Inputs is where rows come from that are stored instead of computed: the lake, or the tables of a database. It must be
// safe for concurrent use.
type Inputs interface {
	// Stored reports whether the node's rows over [r.From, end), microseconds since the epoch, can be loaded. It is asked
	// once a node and must be cheap.
	Stored(n *graph.Node, r graph.Range, end int64) bool

	// Load returns these rows in the order of the node's key. Where r.AsOf is set, before has the rows by which values as of
	// r.From can be told: for each combination of the key without time_index the last row, and the last row with a value of
	// each column; it is nil where there are none.
	Load(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error)
}
