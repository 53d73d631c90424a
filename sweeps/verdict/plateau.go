package verdict

import "math"

// Plateaus compares the best single value with the best neighbourhood.
type Plateaus struct {
	Peak      int // place of the largest value
	Robust    int // place whose neighbourhood has the largest mean
	Safest    int // place whose worst neighbour is best
	Smoothed  []float64
	Worst     []float64
	Neighbour int // radius, in steps of the grid
	// Gap is how far the peak is above the mean of its neighbourhood, in deviations of all values.
	Gap float64
}

// Plateau smooths the grid over all places within radius steps along every ordered parameter; the
// neighbourhood is cut at the grid's edges, and missing values do not count in it.
func Plateau(g Grid, radius int) Plateaus {
	out := Plateaus{Neighbour: radius}
	sums, counts := append([]float64(nil), g.Values...), make([]float64, len(g.Values))
	worst := append([]float64(nil), g.Values...)
	for i, v := range g.Values {
		counts[i] = 1
		if math.IsNaN(v) {
			sums[i], counts[i], worst[i] = 0, 0, math.Inf(1)
		}
	}
	for d, stride := range g.strides() {
		if g.Ordered[d] {
			sums = along(sums, g.Sizes[d], stride, radius, func(a, b float64) float64 { return a + b })
			counts = along(counts, g.Sizes[d], stride, radius, func(a, b float64) float64 { return a + b })
			worst = along(worst, g.Sizes[d], stride, radius, math.Min)
		}
	}
	out.Smoothed, out.Worst = make([]float64, len(sums)), worst
	for i := range sums {
		out.Smoothed[i] = sums[i] / counts[i]
		if math.IsNaN(g.Values[i]) {
			out.Smoothed[i], out.Worst[i] = math.NaN(), math.NaN()
		}
	}
	out.Peak, out.Robust, out.Safest = argmax(g.Values), argmax(out.Smoothed), argmax(out.Worst)
	if d := deviation(g.Values); out.Peak >= 0 && d > 0 {
		out.Gap = (g.Values[out.Peak] - out.Smoothed[out.Peak]) / d
	}
	return out
}

// along folds the values within radius steps along one parameter, in increasing order.
func along(x []float64, size, stride, radius int, fold func(a, b float64) float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		at := i / stride % size
		first, last := max(0, at-radius), min(size-1, at+radius)
		value := x[i+(first-at)*stride]
		for p := first + 1; p <= last; p++ {
			value = fold(value, x[i+(p-at)*stride])
		}
		out[i] = value
	}
	return out
}

func deviation(x []float64) float64 {
	var present []float64
	for _, v := range x {
		if !math.IsNaN(v) {
			present = append(present, v)
		}
	}
	return math.Sqrt(sampleVariance(present))
}
