package sweeps

import (
	"context"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Engine evaluates nodes. Eval is called from Options.Jobs goroutines at once; equal nodes are asked for once a point that
// has them, so an engine had better remember. The result is the node's rows over the date range.
type Engine interface {
	Eval(ctx context.Context, n *graph.Node) (Result, error)
}

// Result is a node's rows.
type Result interface {
	// Frame returns the rows in the order of the key.
	Frame() *frame.Frame
}

// Serieser is a Result that has a portfolio as plain slices, for which it need not build a frame. It is asked first where
// nothing but built-in metrics is wanted.
type Serieser interface {
	// Series returns the columns and the times of all rows, in microseconds; ok is false where a frame is the way.
	Series() (s Series, times []int64, ok bool)
}

// Warner is a Result that has something to say of how it came about. The text is stored with the point, so it may depend
// on nothing but the node and its rows.
type Warner interface {
	Warning() string
}

// EngineFunc is an Engine made of a function that returns rows, such as the Output of a compute.Engine with which the
// targets that are missing (Plan.Missing) were planned.
type EngineFunc func(ctx context.Context, n *graph.Node) (*frame.Frame, error)

// Eval calls f.
func (f EngineFunc) Eval(ctx context.Context, n *graph.Node) (Result, error) {
	rows, err := f(ctx, n)
	if err != nil {
		return nil, err
	}
	return framed{rows}, nil
}

type framed struct{ rows *frame.Frame }

func (f framed) Frame() *frame.Frame { return f.rows }

// seriesOf takes the columns that built-in metrics read from a frame.
func seriesOf(f *frame.Frame) Series {
	column := func(name string) []float64 {
		v, err := f.Floats(name)
		if err != nil {
			return nil // no metric needs it: that was checked
		}
		return v
	}
	return Series{Returns: column(columnReturn), Portfolio: column(columnPortfolio), Turnover: column(columnTurnover)}
}
