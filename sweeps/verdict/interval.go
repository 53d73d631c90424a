package verdict

import (
	"math"
	"slices"
)

// SharpeInterval is the range in which the middle share (0.9) of resampled Sharpe ratios, a row, lies.
// It is conditional on the series having been chosen, so for the best of many it is too high.
func SharpeInterval(returns []float64, how Resampling, share float64) (low, high float64) {
	prefix := prefixOf(returns)
	ratios := make([]float64, 0, how.Resamples)
	for _, runs := range how.draw(len(returns)) {
		ratios = append(ratios, resampledRatio(prefix, runs))
	}
	slices.Sort(ratios)
	return quantile(ratios, (1-share)/2), quantile(ratios, (1+share)/2)
}

// resampledRatio is the Sharpe ratio a row of the rows drawn.
func resampledRatio(prefix []moment, runs []run) float64 {
	var m moment
	for _, r := range runs {
		m.sum += prefix[r.to].sum - prefix[r.from].sum
		m.squares += prefix[r.to].squares - prefix[r.from].squares
	}
	n := float64(len(prefix) - 1)
	return ratio(score(m.sum, m.squares, n), n)
}

// prefixOf holds the running sums before each row.
func prefixOf(returns []float64) []moment {
	p := make([]moment, len(returns)+1)
	for t, v := range returns {
		p[t+1] = moment{p[t].sum + v, p[t].squares + v*v}
	}
	return p
}

// quantile interpolates linearly between sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
