package verdict

import "math"

// Influence says where along one numeric parameter a metric depends on it, by a plain rule: the
// slope's size is the influence; it is largest at Largest, starts to decrease after it, and from
// Stable on stays below 5 % of the largest for ever, as it does from the beginning up to UpTo. Either
// is -1 where it never does.
type Influence struct {
	Slopes  []float64
	Largest int
	Stable  int
	UpTo    int
	// Break is where two straight lines fit best: the first value of the second line.
	Break int
}

// stableBelow is the share of the largest slope under which a metric counts as stable.
const stableBelow = 0.05

// Stability computes the influence of a parameter from the metric's mean at each of its values; x
// increases or falls steadily (for a penalty, the logarithm), and there are at least three values.
func Stability(x, y []float64) Influence {
	out := Influence{Slopes: slopes(x, y), Stable: -1, UpTo: -1, Break: twoLines(x, y)}
	for i, s := range out.Slopes {
		if math.Abs(s) > math.Abs(out.Slopes[out.Largest]) {
			out.Largest = i
		}
	}
	limit := stableBelow * math.Abs(out.Slopes[out.Largest])
	for i := len(out.Slopes) - 1; i > out.Largest && math.Abs(out.Slopes[i]) < limit; i-- {
		out.Stable = i
	}
	for i := 0; i < out.Largest && math.Abs(out.Slopes[i]) < limit; i++ {
		out.UpTo = i
	}
	return out
}

// slopes are the derivatives at each value: of the parabola through it and both neighbours, and of
// the line to the only neighbour at the ends.
func slopes(x, y []float64) []float64 {
	n := len(x)
	out := make([]float64, n)
	out[0] = (y[1] - y[0]) / (x[1] - x[0])
	out[n-1] = (y[n-1] - y[n-2]) / (x[n-1] - x[n-2])
	for i := 1; i < n-1; i++ {
		before, after := x[i]-x[i-1], x[i+1]-x[i]
		left, right := (y[i]-y[i-1])/before, (y[i+1]-y[i])/after
		out[i] = (left*after + right*before) / (before + after)
	}
	return out
}

// twoLines tries every place at which a second line may begin, two values or more on each side, and
// takes the last of those that fit equally well, which claims the least.
func twoLines(x, y []float64) int {
	best, least := -1, math.Inf(1)
	for at := 2; at <= len(x)-2; at++ {
		if sse := residual(x[:at], y[:at]) + residual(x[at:], y[at:]); sse <= least*(1+1e-12) {
			best, least = at, sse
		}
	}
	return best
}

// residual is the sum of squares that a straight line leaves.
func residual(x, y []float64) float64 {
	mx, my := meanOf(x), meanOf(y)
	var xx, xy, yy float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
		yy += (y[i] - my) * (y[i] - my)
	}
	if xx == 0 {
		return yy
	}
	return math.Max(0, yy-xy*xy/xx)
}
