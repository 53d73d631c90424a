package lake

import (
	"context"
	"iter"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Source is a database that a snapshot is taken from.
type Source interface {
	// Name returns the address as it is written, without secrets: what a lake remembers of where its rows came from. A relative path in it
	// stays one, so that a folder with all that it needs can be moved and handed over.
	Name() string

	// Place returns what the address leads to from here, without secrets: a path in it is absolute.
	Place() string

	// Begin opens a view. It is called once a snapshot, and only where something has to be read.
	Begin(ctx context.Context) (View, error)
}

// View is one consistent view of a database: all that is read through it is as of one moment. It is used from one goroutine.
type View interface {
	// Hold keeps tables as they are until the view ends, so far as others could empty, rewrite or swap them in spite of it. It is
	// called once, before anything else. A table that cannot be read is an error when it is read.
	Hold(ctx context.Context, tables []graph.Table) error

	// Schema returns the columns of a table as a frame has them: the key first, then the others in the order that the table
	// description or the table itself gives.
	Schema(ctx context.Context, t graph.Table) (frame.Schema, error)

	// Back returns the n-th distinct time_index strictly before a time. short says that there are fewer; at is the first one
	// then, or before itself where there is none.
	Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error)

	// Rows returns the rows with from <= time_index < to in batches, the rows of all batches strictly ascending by the key. A
	// from of graph.Beginning means since ever. The first error ends it. A batch may be kept.
	Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error]

	// At returns the rows at some times, sorted by the key.
	At(ctx context.Context, t graph.Table, times []int64) (*frame.Frame, error)

	// Before returns the rows by which values as of a time can be told: among the rows before it, for each combination of the
	// key without time_index the last one, and the last one with a value of each column; sorted, each row once.
	Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error)

	// Own returns the last n rows before a time of each identifier that has a row in [from, end): see graph.TailsOf.
	Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error)

	// Warnings returns what the user should know of the rows read so far, each thing once.
	Warnings() []string

	// Close ends the view.
	Close() error
}
