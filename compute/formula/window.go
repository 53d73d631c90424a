package formula

import (
	"math"
	"slices"

	"github.com/tdlake/tdlake/graph/expression"
	"github.com/tdlake/tdlake/internal/exact"
)

// windowed evaluates an operation over the last rows of an identifier.
func (r *row) windowed(o expression.Op, out []float64) {
	n := int(o.Numbers[0])
	x := r.values[o.Args[0]]
	switch o.Code {
	case "lag":
		lag(x, n, out)
	case "diff", "change":
		lag(x, n, out)
		arithmetic(map[string]string{"diff": "-", "change": "/"}[o.Code], x, out, out)
		if o.Code == "change" {
			for i := range out {
				out[i]--
			}
		}
	case "sum", "mean", "count":
		r.totals(o.Code == "mean", x, n, out)
	case "min", "max", "argmin", "argmax":
		r.extremes(o.Code, x, n, out)
	case "median":
		r.ordered(x, n, 0.5, out)
	case "quantile":
		r.ordered(x, n, o.Numbers[1], out)
	case "corr", "cov", "beta":
		r.pairs(o.Code, x, r.values[o.Args[1]], n, out)
	case "ewm_mean", "ewm_std":
		r.weighted(decay(n, o.Numbers[1], o.Texts[0]), o.Code == "ewm_std", x, out)
	case "decay_linear":
		weights := make([]float64, n)
		for age := range weights {
			weights[age] = float64(n - age)
		}
		r.weighted(weights, false, x, out)
	default:
		r.each(x, n, out, windowOf[o.Code])
	}
}

func lag(x []float64, n int, out []float64) {
	for i := range min(n, len(x)) {
		out[i] = math.NaN()
	}
	if n < len(x) {
		copy(out[n:], x[:len(x)-n])
	}
}

// least is how many values a window of n rows needs.
func (r *row) least(n int) int {
	if r.options.MinPeriods > 0 {
		return min(r.options.MinPeriods, n)
	}
	return n
}

// totals rolls exact sums along.
func (r *row) totals(mean bool, x []float64, n int, out []float64) {
	var sum exact.Sum
	count, least := 0, r.least(n)
	for i, v := range x {
		if !missing(v) {
			sum.Add(v)
			count++
		}
		if i >= n && !missing(x[i-n]) {
			sum.Add(-x[i-n])
			count--
		}
		switch {
		case count < least:
			out[i] = math.NaN()
		case mean:
			out[i] = finite(sum.Over(count))
		default:
			out[i] = finite(sum.Value())
		}
	}
}

// extremes keeps the values that may still become the least or the largest, oldest first.
func (r *row) extremes(code string, x []float64, n int, out []float64) {
	sign := 1.0
	if code == "max" || code == "argmax" {
		sign = -1
	}
	var queue []int
	count, least := 0, r.least(n)
	for i, v := range x {
		if !missing(v) {
			count++
			// Of equal values the earliest stays.
			for len(queue) > 0 && sign*x[queue[len(queue)-1]] > sign*v {
				queue = queue[:len(queue)-1]
			}
			queue = append(queue, i)
		}
		if i >= n && !missing(x[i-n]) {
			count--
		}
		if len(queue) > 0 && queue[0] <= i-n {
			queue = queue[1:]
		}
		switch {
		case count < least || count == 0:
			out[i] = math.NaN()
		case code == "min" || code == "max":
			out[i] = x[queue[0]]
		default:
			out[i] = float64(i - queue[0])
		}
	}
}

// ordered keeps a window's values in order and interpolates between them.
func (r *row) ordered(x []float64, n int, q float64, out []float64) {
	var sorted []float64
	least := r.least(n)
	for i, v := range x {
		if i >= n && !missing(x[i-n]) {
			at, _ := slices.BinarySearch(sorted, x[i-n])
			sorted = slices.Delete(sorted, at, at+1)
		}
		if !missing(v) {
			at, _ := slices.BinarySearch(sorted, v)
			sorted = slices.Insert(sorted, at, v)
		}
		out[i] = math.NaN()
		if len(sorted) >= least {
			out[i] = quantile(sorted, q)
		}
	}
}

// quantile interpolates linearly between sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	share := at - float64(low)
	if share == 0.5 { // as pandas' median: exact for equal values
		return (sorted[low] + sorted[low+1]) / 2
	}
	return sorted[low] + share*(sorted[low+1]-sorted[low])
}

// each evaluates a function of every window that has enough values. The window's rows come oldest
// first; rows from before the table are missing.
func (r *row) each(x []float64, n int, out []float64, f func(window []float64, before int) float64) {
	count, least := 0, r.least(n)
	for i, v := range x {
		if !missing(v) {
			count++
		}
		if i >= n && !missing(x[i-n]) {
			count--
		}
		out[i] = math.NaN()
		if count >= least {
			from := max(0, i-n+1)
			out[i] = finite(f(x[from:i+1], n-(i+1-from)))
		}
	}
}

// decay returns the weights of a window by age, as pandas' ewm(adjust=True).
func decay(n int, value float64, name string) []float64 {
	alpha := value
	switch name {
	case "halflife":
		alpha = 1 - math.Exp(-math.Ln2/value)
	case "span":
		alpha = 2 / (value + 1)
	}
	weights := make([]float64, n)
	weight := 1.0
	for age := range weights {
		weights[age] = weight
		weight *= 1 - alpha
	}
	return weights
}

// weighted averages each window with weights by age, oldest first; or takes the deviation from that
// average, corrected for bias as pandas does.
func (r *row) weighted(weights []float64, deviation bool, x, out []float64) {
	n := len(weights)
	r.each(x, n, out, func(window []float64, _ int) float64 {
		var total, squares, sum float64
		for i, v := range window {
			if w := weights[len(window)-1-i]; !missing(v) {
				total += w
				squares += w * w
				sum += float64(w * v)
			}
		}
		mean := sum / total
		if !deviation {
			return mean
		}
		if constant(window) {
			mean = firstOf(window)
		}
		var spread float64
		for i, v := range window {
			if w := weights[len(window)-1-i]; !missing(v) {
				spread += float64(w * float64((v-mean)*(v-mean)))
			}
		}
		bias := float64(total*total) - squares
		if bias <= 0 {
			return math.NaN()
		}
		return math.Sqrt(spread / total * float64(total*total) / bias)
	})
}

// firstOf returns the first value of a window that is not missing.
func firstOf(window []float64) float64 {
	for _, v := range window {
		if !missing(v) {
			return v
		}
	}
	return math.NaN()
}

// constant says that all values of a window are equal.
func constant(window []float64) bool {
	first := firstOf(window)
	for _, v := range window {
		if v != first && !missing(v) {
			return false
		}
	}
	return true
}
