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
	clock                         []int64 // memory for times; they may also be a part of a leg's
	warnings                      []string
	ruin                          int // the row at which its value is 0; notRuined where there is none
}

const notRuined = -1

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
