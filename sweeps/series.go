package sweeps

import "math"

// Series is what the built-in metrics read of a target: one value a row, in time order, NaN where missing. A column that
// the target doesn't have is nil; the others are equally long. Nothing in it is written to.
//
// It is plain slices on purpose: an engine that has a portfolio in memory hands it over without building a frame (see
// SeriesEngine).
type Series struct {
	Returns   []float64 // return_minus_fees: a share of the value, 0.01 is one percent
	Portfolio []float64 // value of one unit of money put in before the first row
	Turnover  []float64 // share of the portfolio's value traded at the row
}

// Summary is everything that the built-in metrics are made of, taken from a Series in three short passes. Sums run in
// four lanes that are added in a fixed order, so a Series has one Summary to the last bit.
type Summary struct {
	Rows      int     // rows, missing ones included
	Returns   int     // returns that aren't missing
	Positive  int     // returns above 0
	Mean      float64 // of the returns; NaN without any
	Std       float64 // sample standard deviation (n-1) of the returns; exactly 0 where all are equal, NaN below two
	Downside  float64 // root mean square of min(return, 0); NaN without returns
	Last      float64 // the last portfolio value that isn't missing; NaN without any
	Drawdown  float64 // min over rows of portfolio / max(1, highest so far) - 1; NaN without any
	Turnover  float64 // mean over the rows where it isn't missing; NaN without any
	HasReturn bool    // whether there was a column of returns; likewise the next two
	HasValue  bool
	HasTraded bool
}

// Summarize takes the summary of s, whose rows are given because s may have no column at all.
func Summarize(s Series, rows int) Summary {
	out := Summary{
		Rows: rows, Mean: math.NaN(), Std: math.NaN(), Downside: math.NaN(),
		Last: math.NaN(), Drawdown: math.NaN(), Turnover: math.NaN(),
		HasReturn: s.Returns != nil, HasValue: s.Portfolio != nil, HasTraded: s.Turnover != nil,
	}
	out.returns(s.Returns)
	out.portfolio(s.Portfolio)
	if traded, total := present(s.Turnover); len(traded) > 0 {
		out.Turnover = total / float64(len(traded))
	}
	return out
}

func (s *Summary) returns(all []float64) {
	r, total := present(all)
	s.Returns = len(r)
	if len(r) == 0 {
		return
	}
	s.Mean = total / float64(len(r))
	squares, below, positive := deviations(r, s.Mean)
	s.Positive = positive
	s.Downside = math.Sqrt(below / float64(len(r)))
	switch {
	case len(r) < 2:
	case constant(r):
		// The mean of equal numbers need not be that number: without this a flat series would have a tiny deviation and
		// a ratio of 1e15.
		s.Std = 0
	default:
		s.Std = math.Sqrt(squares / float64(len(r)-1))
	}
}

// nearly leaves room for the rounding of two products.
const nearly = 1 + 1e-15

// portfolio finds the last value and the deepest fall below the highest value so far, of which the 1 before the first
// row is one. A missing value compares false with everything and so counts for nothing.
func (s *Summary) portfolio(v []float64) {
	highest, deepest := 1.0, 1.0
	for _, p := range v {
		if p > highest {
			highest = p
		} else if p < deepest*highest*nearly || deepest <= 0 {
			// Only a new lowest ratio, or one within rounding of it, is worth a division.
			deepest = min(deepest, p/highest)
		}
	}
	for i := len(v) - 1; i >= 0; i-- {
		if v[i] == v[i] {
			s.Last = v[i]
			s.Drawdown = deepest - 1
			return
		}
	}
}

// present returns the values that aren't missing and their sum. Without missing values it copies nothing.
func present(v []float64) ([]float64, float64) {
	total := sum(v)
	if total == total {
		return v, total
	}
	kept := make([]float64, 0, len(v))
	for _, x := range v {
		if x == x {
			kept = append(kept, x)
		}
	}
	return kept, sum(kept)
}

func sum(v []float64) float64 {
	var a, b, c, d float64
	for ; len(v) >= 4; v = v[4:] {
		a += v[0]
		b += v[1]
		c += v[2]
		d += v[3]
	}
	for _, x := range v {
		a += x
	}
	return (a + b) + (c + d)
}

// deviations returns the sum of squares around mean, the sum of squares of what is below zero, and how many are above.
func deviations(v []float64, mean float64) (squares, below float64, positive int) {
	var s0, s1, b0, b1 float64
	for ; len(v) >= 2; v = v[2:] {
		x, y := v[0], v[1]
		s0 += float64((x - mean) * (x - mean))
		s1 += float64((y - mean) * (y - mean))
		// (x - |x|) / 2 is min(x, 0), exactly and without a branch that goes either way half of the time.
		nx, ny := (x-math.Abs(x))/2, (y-math.Abs(y))/2
		b0 += float64(nx * nx)
		b1 += float64(ny * ny)
		positive += above(x) + above(y)
	}
	for _, x := range v {
		s0 += float64((x - mean) * (x - mean))
		n := (x - math.Abs(x)) / 2
		b0 += float64(n * n)
		positive += above(x)
	}
	return s0 + s1, b0 + b1, positive
}

// above is 1 for x > 0 and 0 otherwise, by the bits: the sign is clear (-0 has it set) and something else is not.
func above(x float64) int {
	bits := math.Float64bits(x)
	return int((bits|(bits-1))>>63 ^ 1)
}

func constant(v []float64) bool {
	for _, x := range v {
		if x != v[0] {
			return false
		}
	}
	return true
}
