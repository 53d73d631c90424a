package compute

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// portfolio is a portfolio's rows as plain slices of equal length. Sweeps read them as they are; the frame is made when
// somebody asks for it.
type portfolio struct {
	times                         []int64 // microseconds since the epoch
	returns, net, value, turnover []float64
	clock                         []int64 // memory for times; they may also be a part of a leg's
}

var portfolioSchema = frame.Schema{Key: 1, Fields: []frame.Field{
	{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "return", Type: frame.Float64},
	{Name: "return_minus_fees", Type: frame.Float64}, {Name: "portfolio", Type: frame.Float64}, {Name: "turnover", Type: frame.Float64},
}}

// resize makes room for n rows, keeping the first n of those that are there.
func (p *portfolio) resize(n int) {
	if n <= cap(p.clock) {
		p.times, p.returns, p.net, p.value, p.turnover = p.clock[:n], p.returns[:n], p.net[:n], p.value[:n], p.turnover[:n]
		return
	}
	p.clock = make([]int64, n)
	p.times = p.clock
	flat := make([]float64, 4*n)
	p.returns, p.net, p.value, p.turnover = flat[:n:n], flat[n:2*n:2*n], flat[2*n:3*n:3*n], flat[3*n:]
}

func (p *portfolio) frame() *frame.Frame {
	cols := []arrow.Array{frame.TimeColumn(p.times)}
	for _, c := range [][]float64{p.returns, p.net, p.value, p.turnover} {
		cols = append(cols, frame.FloatColumn(c))
	}
	f, err := frame.New(portfolioSchema, cols)
	if err != nil {
		panic("compute: " + err.Error()) // columns of one length and without nulls in the key
	}
	return f
}

// Series is a portfolio's rows as plain slices, in memory that is used again by the next one that is put in. The zero Series
// is ready for use.
type Series struct{ rows portfolio }

// Times returns the rows' times in microseconds since the epoch.
func (s *Series) Times() []int64 { return s.rows.times }

// Returns returns return_minus_fees.
func (s *Series) Returns() []float64 { return s.rows.net }

// Value returns the value of one unit of money put in before the first row.
func (s *Series) Value() []float64 { return s.rows.value }

// Turnover returns the share traded at each row, NaN where missing.
func (s *Series) Turnover() []float64 { return s.rows.turnover }

// Series evaluates a planned portfolio into s and reports true, or reports false where the node is no portfolio or its rows
// are stored: Eval is the way then. The numbers are those of Eval, to the bit; nothing is remembered but the legs.
func (e *Engine) Series(ctx context.Context, n *graph.Node, s *Series) (bool, error) {
	if n.Kind.Name != graph.KindLongShort {
		return false, nil
	}
	r, planned := e.Range(n)
	if !planned || e.isCut(n) || e.inputs.Stored(n, r, e.end) {
		return false, nil
	}
	e.add(func(c *Counts) { c.Computed++ })
	begin := time.Now()
	err := e.portfolio(ctx, n, &s.rows)
	e.log(n, begin, err)
	return true, named(n, err)
}
