package verdict

import (
	"fmt"
	"math"
	"slices"
)

// explain fills in what matters, where it is stable, and by what conventions all of it was computed.
func (v *Verdict) explain(ratios []float64) {
	g := v.grid(ratios)
	v.weigh(g)
	v.findPlateau(g)
	v.findStability(g)
	v.Conventions = v.conventions()
}

// grid lays the judged points' Sharpe ratios, a year, out over the grid.
func (v *Verdict) grid(ratios []float64) Grid {
	yearly := make([]float64, len(ratios))
	for k, r := range ratios {
		yearly[k] = v.yearly(r)
	}
	return v.layOut(yearly, v.columnOf())
}

// layOut makes a grid of values, one a column of the matrix. A point that never holds anything has a
// ratio of 0; other points that were left out are missing.
func (v *Verdict) layOut(ratios []float64, column []int) Grid {
	g := Grid{Values: make([]float64, len(v.in.Cells))}
	for _, p := range v.in.Parameters {
		g.Sizes = append(g.Sizes, len(p.Values))
		g.Ordered = append(g.Ordered, p.Numbers != nil)
	}
	for cell, point := range v.in.Cells {
		switch {
		case point < 0 || column[point] == leftOut:
			g.Values[cell] = math.NaN()
		case column[point] != idle:
			g.Values[cell] = ratios[column[point]]
		}
	}
	return g
}

// What columnOf says of a point without a column.
const leftOut, idle = -1, -2

// columnOf returns each point's column of the matrix.
func (v *Verdict) columnOf() []int {
	column := make([]int, len(v.in.Points))
	for k := range column {
		column[k] = leftOut
	}
	for c, k := range v.sample.Judged {
		column[k] = c
	}
	for _, k := range v.sample.Idle {
		column[k] = idle
	}
	return column
}

// weigh says which parameters matter: exactly on a full grid, else by each parameter alone.
func (v *Verdict) weigh(g Grid) {
	effects, err := Anova(g)
	v.Anova.Exact = err == nil
	if err != nil {
		effects = MainEffects(g)
	}
	for _, e := range effects {
		s := Share{Share: Number(e.Share)}
		for _, d := range e.Parameters {
			s.Parameters = append(s.Parameters, v.in.Parameters[d].Name)
		}
		v.Anova.Effects = append(v.Anova.Effects, s)
	}
	slices.SortStableFunc(v.Anova.Effects, func(a, b Share) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
}

func (v *Verdict) findPlateau(g Grid) {
	p := Plateau(g, v.options.Radius)
	if p.Peak < 0 {
		return
	}
	place := func(cell int) Place {
		return Place{v.parametersAt(cell), Number(g.Values[cell]), Number(p.Smoothed[cell]), Number(p.Worst[cell])}
	}
	v.Plateau = &PlateauOf{Peak: place(p.Peak), Robust: place(p.Robust), Safest: place(p.Safest), Gap: Number(p.Gap), Radius: p.Neighbour}
	for _, value := range g.Values {
		if math.IsNaN(value) {
			v.Plateau.Missing++
		}
	}
}

func (v *Verdict) conventions() Conventions {
	o := v.options
	tail := fmt.Sprintf("%d blocks of nearly the same length, the first ones a row longer where the rows do not divide", o.Blocks)
	if o.Tail == DropTail {
		tail = fmt.Sprintf("%d blocks of the same length, the last rows left out", o.Blocks)
	}
	anova := "exact functional decomposition of the full grid, every grid point counting the same, points that never hold anything as 0"
	if !v.Anova.Exact {
		anova = "approximate: the grid has holes, so each parameter's share is that of its group means alone, weighted by their points"
	}
	return Conventions{
		Block: o.Block, Resamples: o.Resamples, Seed: o.Seed,
		PValue:      "(1 + resamples that reach the statistic) / (1 + resamples), stationary bootstrap, the same rows for all points",
		Benchmark:   v.in.Benchmark,
		Variance:    "dsr: the sample variance of the judged points' Sharpe ratios, raw number of trials; dsr_floored: at least 1/(rows-1)",
		PBOBlocks:   tail,
		WalkForward: fmt.Sprintf("%d folds after a first stretch of the same length, each tested on the best point of all rows before it less %d", o.Folds, o.Purge),
		Purged:      fmt.Sprintf("%d folds, two tested at a time, purge %d rows, embargo %d rows", o.Folds+1, o.Purge, o.Embargo),
		Anova:       anova,
		Plateau:     fmt.Sprintf("mean over all grid points within %d steps along each numeric parameter, cut at the edges", o.Radius),
		Stability: fmt.Sprintf("influence is the slope of the mean Sharpe ratio at each value; stable is where it stays below %.0f %% of the largest to the end of the values; %d resamples",
			100*stableBelow, o.StabilityResample),
	}
}
