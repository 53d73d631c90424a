package compute

import (
	"math"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// ownRows returns, for each identifier of a result's panel, the positions of the times at which it has a row, ascending. A row with nothing but missing
// values is one where it is stored; where it was computed there is none.
func ownRows(r *Result, p *frame.Panel) [][]int {
	own := make([][]int, len(p.IDs))
	if r.frame == nil {
		for j := range p.IDs {
			for i := range p.Times {
				if slices.ContainsFunc(p.Data, func(grid [][]float64) bool { return known(grid[j][i]) }) {
					own[j] = append(own[j], i)
				}
			}
		}
		return own
	}
	i := 0
	ids := r.frame.Identifiers()
	for k, at := range r.frame.Times() {
		for p.Times[i] < at {
			i++
		}
		j := p.ID(ids[k])
		own[j] = append(own[j], i)
	}
	return own
}

var nan = math.NaN()

// pick returns the elements at some positions.
func pick[T any](all []T, at []int) []T {
	out := make([]T, len(at))
	for k, i := range at {
		out[k] = all[i]
	}
	return out
}

// alongRows has f fill in a column of each identifier from the one that is read: over all rows of the grid, or over the identifier's own.
func alongRows(r *Result, p *frame.Panel, own bool, from, to [][]float64, f func(times []int64, from, to []float64)) {
	if !own {
		for j := range from {
			f(p.Times, from[j], to[j])
		}
		return
	}
	for j, rows := range ownRows(r, p) {
		column := slices.Repeat([]float64{nan}, len(rows))
		f(pick(p.Times, rows), pick(from[j], rows), column)
		for k, i := range rows {
			to[j][i] = column[k]
		}
	}
}
