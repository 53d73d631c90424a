package verdict

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// Reality says how likely a best point this good is where no point has any skill.
type Reality struct {
	Resamples int
	Statistic float64 // largest mean times the root of the rows (White 2000)
	Studented float64 // largest of these over its deviation, at least 0 (Hansen 2005)
	// The numbers of resamples that reach the statistic.
	Check, Lower, Consistent, Upper int
	// Adjusted has for each point the number of resamples that reach it in the stepdown of Romano
	// and Wolf 2005; Excluded points have all.
	Adjusted []int
	// Excluded lists the points that do not move, which no statistic can be computed of.
	Excluded []int
}

// P turns a number of resamples that reach a statistic into a p-value, (1 + number) / (1 + resamples).
func (r Reality) P(reached int) float64 { return float64(1+reached) / float64(1+r.Resamples) }

// Surviving lists the points whose adjusted p-value is below level, in their order.
func (r Reality) Surviving(level float64) []int {
	var out []int
	for k, n := range r.Adjusted {
		if r.P(n) < level {
			out = append(out, k)
		}
	}
	return out
}

// RealityCheck tests whether the best of the points beats 0: White's reality check (unstudentised,
// for comparison), Hansen's test for superior predictive ability with its lower, consistent and
// upper centring, and the stepdown of Romano and Wolf. To test against a benchmark, give returns
// less the benchmark's.
func RealityCheck(m Matrix, how Resampling) (Reality, error) {
	if err := how.check(m.Rows); err != nil {
		return Reality{}, err
	}
	points := standardise(m, how.Block)
	if len(points) == 0 {
		return Reality{}, fmt.Errorf("none of %d points moves: there is nothing to test", len(m.Columns))
	}
	drawn := how.draw(m.Rows)
	best := points[len(points)-1]
	out := Reality{Resamples: how.Resamples, Studented: max(best.t, 0), Adjusted: make([]int, len(m.Columns))}
	out.Statistic = points[0].scaled
	for _, p := range points {
		out.Statistic = max(out.Statistic, p.scaled)
	}
	counts := countAll(m, points, drawn, out)
	out.Check, out.Lower, out.Consistent, out.Upper = counts.check, counts.lower, counts.consistent, counts.upper
	out.stepDown(points, counts.reached)
	return out, nil
}

// stepDown makes the adjusted counts monotone: a point's is at least that of any better one.
func (r *Reality) stepDown(points []standard, reached []int) {
	const untested = -1
	for k := range r.Adjusted {
		r.Adjusted[k] = untested
	}
	most := 0
	for i := len(points) - 1; i >= 0; i-- {
		most = max(most, reached[i])
		r.Adjusted[points[i].column] = most
	}
	for k, n := range r.Adjusted {
		if n == untested {
			r.Adjusted[k] = r.Resamples
			r.Excluded = append(r.Excluded, k)
		}
	}
}

// standard is a point with what its mean is compared by.
type standard struct {
	column int
	scaled float64 // mean times the root of the rows
	omega  float64 // deviation of that
	t      float64 // scaled / omega
	lower  float64 // what Hansen's lower and consistent centring leave of t
	middle float64
}

// standardise returns the points that move, by increasing t, equal ones by decreasing column.
func standardise(m Matrix, block float64) []standard {
	all := make([]standard, len(m.Columns))
	root := math.Sqrt(float64(m.Rows))
	limit := -math.Sqrt(2 * math.Log(math.Log(float64(m.Rows))))
	forRanges(len(all), func(from, to int) {
		for k := from; k < to; k++ {
			moments := MomentsOf(m.Columns[k])
			p := standard{column: k, scaled: root * moments.Mean, omega: math.NaN()}
			if v := longRunVariance(m.Columns[k], block); !moments.Constant() && v > 0 {
				p.omega = math.Sqrt(v)
			}
			p.t = p.scaled / p.omega
			p.lower = min(p.t, 0)
			if p.t < limit {
				p.middle = p.t
			}
			all[k] = p
		}
	})
	all = slices.DeleteFunc(all, func(p standard) bool { return math.IsNaN(p.t) })
	slices.SortFunc(all, func(a, b standard) int {
		switch {
		case a.t < b.t:
			return -1
		case a.t > b.t:
			return 1
		}
		return b.column - a.column
	})
	return all
}

// tally counts the resamples that reach each statistic.
type tally struct {
	check, lower, consistent, upper int
	reached                         []int // for each standard point, by the largest of it and all below
}

func (c *tally) add(o tally) {
	c.check += o.check
	c.lower += o.lower
	c.consistent += o.consistent
	c.upper += o.upper
	for i, n := range o.reached {
		c.reached[i] += n
	}
}

// countAll shares out the resamples; numbers of resamples add up the same in any order.
func countAll(m Matrix, points []standard, drawn [][]run, want Reality) tally {
	total := tally{reached: make([]int, len(points))}
	var mu sync.Mutex
	forRanges(len(drawn), func(from, to int) {
		part := count(m, points, drawn[from:to], want)
		mu.Lock()
		defer mu.Unlock()
		total.add(part)
	})
	return total
}
