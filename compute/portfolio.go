package compute

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
)

// portfolio is a portfolio's rows as plain slices of equal length. Sweeps read them as they are; the frame is made when
// somebody asks for it.
type portfolio struct {
	times                         []int64 // microseconds since the epoch
	returns, net, value, turnover []float64
}

var portfolioSchema = frame.Schema{Key: 1, Fields: []frame.Field{
	{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "return", Type: frame.Float64},
	{Name: "return_minus_fees", Type: frame.Float64}, {Name: "portfolio", Type: frame.Float64}, {Name: "turnover", Type: frame.Float64},
}}

// newPortfolio returns one with the given rows of a grid, to be filled in. Rows without a gap share the grid's memory.
func newPortfolio(grid []int64, rows []int) *portfolio {
	n := len(rows)
	p := &portfolio{}
	if n > 0 && rows[n-1]-rows[0] == n-1 {
		p.times = grid[rows[0] : rows[n-1]+1 : rows[n-1]+1]
	} else {
		for _, i := range rows {
			p.times = append(p.times, grid[i])
		}
	}
	flat := make([]float64, 4*n)
	p.returns, p.net, p.value, p.turnover = flat[:n:n], flat[n:2*n:2*n], flat[2*n:3*n:3*n], flat[3*n:]
	return p
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

// Portfolio returns a portfolio's rows as slices, not to be written to: the times in microseconds, return_minus_fees, the
// value of one unit of money put in before the first row, and turnover. ok is false where the result is no portfolio.
func (r *Result) Portfolio() (times []int64, net, value, turnover []float64, ok bool) {
	if r.portfolio == nil {
		return nil, nil, nil, nil, false
	}
	p := r.portfolio
	return p.times, p.net, p.value, p.turnover, true
}
