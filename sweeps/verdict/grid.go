package verdict

import "math"

// Grid is a metric over a full or holed grid of parameters. Values are in the order in which the
// last parameter changes first; a missing value is NaN.
type Grid struct {
	Sizes  []int // number of values of each parameter
	Values []float64
	// Ordered says of each parameter whether neighbouring values are near each other (numbers), or
	// not (names).
	Ordered []bool
}

// Full says that no value is missing.
func (g Grid) Full() bool {
	for _, v := range g.Values {
		if math.IsNaN(v) {
			return false
		}
	}
	return true
}

// strides returns how far apart in Values the neighbours along each parameter are.
func (g Grid) strides() []int {
	out := make([]int, len(g.Sizes))
	step := 1
	for d := len(g.Sizes) - 1; d >= 0; d-- {
		out[d] = step
		step *= g.Sizes[d]
	}
	return out
}

// Place returns the index of each parameter at a value's place.
func (g Grid) Place(i int) []int {
	out := make([]int, len(g.Sizes))
	for d := len(g.Sizes) - 1; d >= 0; d-- {
		out[d] = i % g.Sizes[d]
		i /= g.Sizes[d]
	}
	return out
}

// argmax returns the place of the first largest value, -1 where all are missing.
func argmax(x []float64) int {
	best := -1
	for i, v := range x {
		if !math.IsNaN(v) && (best < 0 || v > x[best]) {
			best = i
		}
	}
	return best
}
