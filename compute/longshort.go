package compute

import (
	"context"
	"errors"
	"math"
	"slices"

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
	first, _ := slices.BinarySearch(long.times, e.start)
	first = max(first, 1) // the first row of all has no weights to earn its returns
	end, _ := slices.BinarySearch(long.times, e.end)
	rows := make([]int, 0, max(0, end-first))
	for i := first; i < end; i++ {
		if long.has[i-1] && short.has[i-1] {
			rows = append(rows, i)
		}
	}
	p := newPortfolio(long.times, rows)
	value := 1.0
	for k, i := range rows {
		ret := long.earned[i] - short.earned[i]
		net := ret - float64(fee*bought(long, short, i-1, first))
		value *= 1 + net
		p.returns[k], p.net[k], p.value[k], p.turnover[k] = ret, net, value, math.NaN()
		if long.has[i] && short.has[i] {
			p.turnover[k] = bought(long, short, i, first)
		}
	}
	if math.IsInf(value, 0) || value != value {
		return nil, errors.New("the portfolio's value is beyond what a float can hold")
	}
	return &Result{portfolio: p}, nil
}

// bought is the turnover of the weights stamped at row i. Weights before the row ahead of the range, whose first row is
// first, are nobody's.
func bought(long, short *leg, i, first int) float64 {
	if i >= first && long.has[i-1] && short.has[i-1] {
		return long.change[i] + short.change[i]
	}
	return long.gross[i] + short.gross[i]
}
