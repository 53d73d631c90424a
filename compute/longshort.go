package compute

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/cache"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// longShort is a portfolio of two legs: the long leg's return less the short leg's. Weights stamped t earn the next row's
// returns. It has a row wherever both legs have weights at the row before, from datalake_start on.
//
//	return             = long leg's return - short leg's
//	turnover           = sum of |weight - weight of the row before| over both legs, of the weights stamped at the row;
//	                     missing where they are
//	return_minus_fees  = return - fee * turnover of the weights that earned it
//	portfolio          = product of 1 + return_minus_fees so far
//
// The first weights are bought from nothing, as are those after a row without weights.
func (e *Engine) longShort(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	column := n.Params.String("column")
	legs := make([]*leg, 2)
	for i, role := range []string{"long", "short"} {
		var err error
		if legs[i], err = e.leg(ctx, n.In("returns")[0], column, n.In(role)); err != nil {
			return nil, err
		}
	}
	return e.combine(legs[0], legs[1], n.Params.Float("fee"))
}

// combine joins two legs, which are on the same grid, into a portfolio.
func (e *Engine) combine(long, short *leg, fee float64) (*Result, error) {
	times := long.times
	first, _ := slices.BinarySearch(times, e.start)
	first = max(first, 1) // the first row of all has no weights to earn its returns
	end, _ := slices.BinarySearch(times, e.end)
	capacity := max(0, end-first)
	at := make([]int64, 0, capacity)
	cols := make([][]float64, 4)
	for c := range cols {
		cols[c] = make([]float64, 0, capacity)
	}
	held := func(i int) bool { return long.has[i] && short.has[i] }
	// bought is the turnover of the weights stamped i. Weights before the row ahead of the range are nobody's.
	bought := func(i int) float64 {
		if i >= first && held(i-1) {
			return long.change[i] + short.change[i]
		}
		return long.gross[i] + short.gross[i]
	}
	value := 1.0
	for i := first; i < end; i++ {
		if !held(i - 1) {
			continue
		}
		ret := long.earned[i] - short.earned[i]
		net := ret - float64(fee*bought(i-1))
		value *= 1 + net
		turnover := math.NaN()
		if held(i) {
			turnover = bought(i)
		}
		at = append(at, times[i])
		for c, v := range [...]float64{ret, net, value, turnover} {
			cols[c] = append(cols[c], v)
		}
	}
	return portfolioFrame(at, cols)
}

var portfolioSchema = frame.Schema{Key: 1, Fields: []frame.Field{
	{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "return", Type: frame.Float64},
	{Name: "return_minus_fees", Type: frame.Float64}, {Name: "portfolio", Type: frame.Float64}, {Name: "turnover", Type: frame.Float64},
}}

func portfolioFrame(at []int64, cols [][]float64) (*Result, error) {
	arrays := []arrow.Array{frame.TimeColumn(at)}
	for _, c := range cols {
		for _, v := range c {
			if math.IsInf(v, 0) {
				return nil, fmt.Errorf("the portfolio's value is beyond what a float can hold")
			}
		}
		arrays = append(arrays, frame.FloatColumn(c))
	}
	f, err := frame.New(portfolioSchema, arrays)
	if err != nil {
		return nil, err
	}
	return ofFrame(f), nil
}

// leg is what one side of a portfolio comes to at each row of the returns' grid.
type leg struct {
	times  []int64
	has    []bool    // there are weights stamped at the row
	earned []float64 // the return at the row of the weights stamped one row before
	change []float64 // sum of |weight - weight one row before|, where both rows have weights
	gross  []float64 // sum of |weight|
}

func (l *leg) Bytes() int64 { return int64(len(l.times)) * (8*4 + 1) }

// leg returns one side's rows, made once for all portfolios that hold it.
func (e *Engine) leg(ctx context.Context, returns *graph.Node, column string, nodes []*graph.Node) (*leg, error) {
	r, _ := e.Range(returns)
	key := cache.HashOf("leg", string(returns.Hash[:]), column, fmt.Sprint(r.From), idsOf(nodes))
	v, err := e.cache.Do(ctx, key, func() (sized, int64, error) {
		results, err := e.evalAll(ctx, append([]*graph.Node{returns}, nodes...))
		if err != nil {
			return nil, 0, err
		}
		var l *leg
		err = e.inSlot(ctx, func() error {
			l, err = newLeg(results[0], column, results[1:])
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		return l, l.Bytes(), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*leg), nil
}

// newLeg takes the mean of the nodes' weights. A row exists where every node has one; an identifier that a node gives no
// weight counts as 0 in that node, and so does a missing return.
func newLeg(returns *Result, column string, nodes []*Result) (*leg, error) {
	panel, err := returns.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, column, "return")
	if err != nil {
		return nil, err
	}
	n := len(panel.Times)
	l := &leg{times: panel.Times, has: make([]bool, n), earned: make([]float64, n), change: make([]float64, n), gross: make([]float64, n)}
	b := &blend{weights: map[string][]float64{}, rows: make([]int, n)}
	for _, res := range nodes {
		if err := b.add(res, panel.Times); err != nil {
			return nil, err
		}
	}
	for i, k := range b.rows {
		l.has[i] = k == len(nodes)
	}
	for _, id := range b.ids() {
		w := b.weights[id]
		for i := range w {
			w[i] /= float64(len(nodes))
		}
		var earned []float64
		if j := panel.ID(id); j >= 0 {
			earned = grid[j]
		}
		l.add(w, earned)
	}
	return l, nil
}

// add takes one identifier's weights and returns in. Identifiers come in ascending order, which fixes the order of the sums.
func (l *leg) add(w, returns []float64) {
	last := 0.0
	for i, v := range w {
		l.change[i] += math.Abs(v - last)
		l.gross[i] += math.Abs(v)
		if last != 0 && returns != nil && returns[i] == returns[i] {
			l.earned[i] += float64(last * returns[i])
		}
		last = v
	}
}

// blend sums the weights of several nodes on one grid.
type blend struct {
	weights map[string][]float64
	rows    []int // how many nodes have a row there
}

func (b *blend) add(res *Result, times []int64) error {
	panel, err := res.Panel()
	if err != nil {
		return err
	}
	_, grid, err := oneColumn(panel, "", "weight")
	if err != nil {
		return err
	}
	at := make([]int, len(panel.Times)) // where each of the node's rows is on the grid
	for k, t := range panel.Times {
		i, ok := slices.BinarySearch(times, t)
		if !ok {
			i = -1
		} else {
			b.rows[i]++
		}
		at[k] = i
	}
	for j, id := range panel.IDs {
		sum := b.weights[id]
		if sum == nil {
			sum = make([]float64, len(times))
			b.weights[id] = sum
		}
		for k, v := range grid[j] {
			if v == v && at[k] >= 0 {
				sum[at[k]] += v
			}
		}
	}
	return nil
}

func (b *blend) ids() []string {
	ids := make([]string, 0, len(b.weights))
	for id := range b.weights {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
