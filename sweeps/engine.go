package sweeps

import (
	"context"
	"slices"

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

// SeriesEngine is an Engine that can evaluate portfolios into plain slices, without a frame and without keeping them. It
// is asked where nothing but built-in metrics is wanted.
type SeriesEngine interface {
	Engine
	// NewSeries returns a reader for one goroutine.
	NewSeries() SeriesReader
}

// SeriesReader evaluates one portfolio after the other.
type SeriesReader interface {
	// Read returns the columns and the times of a node's rows, the same that Eval gives, in memory that the next Read may use
	// again. ok is false for a node that it has no shorter way for: Eval is the way then. The node is the caller's memory,
	// and another one when the call is over: nobody may keep it.
	Read(ctx context.Context, n *graph.Node) (s Series, times []int64, ok bool, err error)
	// Warning is what a Warner says of the node that was read last.
	Warning() string
}

// Warner is a Result that has something to say of how it came about. The text is stored with the point, so it may depend
// on nothing but the node and its rows.
type Warner interface {
	Warning() string
}

// EngineFunc is an Engine made of a function that returns rows.
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

// seriesOf takes the columns that built-in metrics read from a frame, none where it has several rows a time.
func seriesOf(f *frame.Frame) Series {
	if f.Schema().Key != 1 {
		return Series{}
	}
	column := func(name string) []float64 {
		v, err := f.Floats(name)
		if err != nil {
			return nil // no metric needs it: that was checked
		}
		return v
	}
	s := Series{Returns: column(columnReturn), Portfolio: column(columnPortfolio), Turnover: column(columnTurnover)}
	if s.Portfolio == nil {
		s.Portfolio = compounded(s.Returns)
	}
	return s
}

// compounded returns the value of one unit of money that earned returns, nil where there are none: a missing return earns nothing. The value ends at 0.
func compounded(returns []float64) []float64 {
	if !slices.ContainsFunc(returns, func(r float64) bool { return r == r }) {
		return nil
	}
	value, out := 1.0, make([]float64, len(returns))
	for i, r := range returns {
		if r == r {
			value = max(0, value*(1+r))
		}
		out[i] = value
	}
	return out
}
