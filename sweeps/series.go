package sweeps

import (
	"math"
	"slices"

	"github.com/tdlake/tdlake/internal/lanes"
)

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

// Summary is everything that the built-in metrics are made of, taken from a Series in a few short passes. Sums run in
// lanes that are added in a fixed order (package lanes), so a Series has one Summary to the last bit.
//
// A portfolio that falls to 0 or below has come to its end: it counts as 0 at that row, and the rows after it count for nothing.
type Summary struct {
	Rows      int     // rows, missing ones included, up to the end
	Ruin      int     // the row at which the portfolio ends, -1 where it doesn't
	Returns   int     // returns that aren't missing
	Positive  int     // returns above 0
	Mean      float64 // of the returns; NaN without any
	Std       float64 // sample standard deviation (n-1) of the returns; exactly 0 where all are equal but for rounding, NaN below two
	Downside  float64 // root mean square of min(return, 0), 0 where that is rounding; NaN without returns
	Last      float64 // the last portfolio value that isn't missing; NaN without any
	Drawdown  float64 // min over rows of portfolio / max(1, highest so far) - 1, 0 where that is rounding; NaN without any
	Turnover  float64 // mean over the rows where it isn't missing; NaN without any
	HasReturn bool    // whether there was a column of returns; likewise the next two
	HasValue  bool
	HasTraded bool

	perYear, annual float64 // periods and annual return, which two metrics want
}

// Summarize takes the summary of s, whose rows are given because s may have no column at all.
func Summarize(s Series, rows int) Summary {
	out := Summary{
		Ruin: -1, Mean: math.NaN(), Std: math.NaN(), Downside: math.NaN(),
		Last: math.NaN(), Drawdown: math.NaN(), Turnover: math.NaN(),
		HasReturn: s.Returns != nil, HasValue: s.Portfolio != nil, HasTraded: s.Turnover != nil,
	}
	deepest := lanes.Deepest(s.Portfolio)
	if deepest <= 0 {
		out.Ruin = s.ruin()
		s, rows = s.first(out.Ruin+1), out.Ruin+1
	}
	out.Rows = rows
	largest := out.returns(s.Returns)
	out.portfolio(s.Portfolio, deepest, largest)
	if traded, total := present(s.Turnover); len(traded) > 0 {
		out.Turnover = total / float64(len(traded))
	}
	return out
}

// ruin returns the first row at which the portfolio is worth 0 or less, -1 where there is none.
func (s Series) ruin() int {
	return slices.IndexFunc(s.Portfolio, func(v float64) bool { return v <= 0 })
}

// first returns the first rows of the columns that there are.
func (s Series) first(rows int) Series {
	for _, column := range []*[]float64{&s.Returns, &s.Portfolio, &s.Turnover} {
		if *column != nil {
			*column = (*column)[:rows]
		}
	}
	return s
}

// returns returns what finds the largest of them.
func (s *Summary) returns(all []float64) largest {
	r, total := present(all)
	s.Returns = len(r)
	if len(r) == 0 {
		return largest{}
	}
	s.Mean = total / float64(len(r))
	squares, below, positive := lanes.Deviations(r, s.Mean)
	most := largest{r, math.Abs(s.Mean) + math.Sqrt(squares)}
	s.Positive = positive
	s.Downside = most.unlessRounding(math.Sqrt(below / float64(len(r))))
	switch {
	case len(r) < 2:
	case constant(r):
		// The sum of many equal numbers may be further off than rounding of one.
		s.Std = 0
	default:
		s.Std = most.unlessRounding(math.Sqrt(squares / float64(len(r)-1)))
	}
	return most
}

// portfolio finds the last value, and takes the lowest ratio to the highest value so far. A missing value counts for nothing.
func (s *Summary) portfolio(v []float64, deepest float64, most largest) {
	if s.Ruin >= 0 {
		s.Last, s.Drawdown = 0, -1
		return
	}
	for i := len(v) - 1; i >= 0; i-- {
		if v[i] == v[i] {
			s.Last = v[i]
			s.Drawdown = 0 - most.unlessRounding(1-deepest) // 0 - 0 has no sign
			return
		}
	}
}

// largest finds the largest |return| of a series where its bound, which costs nothing, does not do.
type largest struct {
	returns []float64
	bound   float64
}

// unlessRounding returns a deviation, downside deviation or depth of a fall, or 0 where it is no more than the rounding of what it was computed from:
// at most 8 * 2^-52 * (1 + max |r|). Whatever divides by it would be a number of fifteen digits that says nothing.
func (l largest) unlessRounding(deviation float64) float64 {
	const rounding = 8 * 0x1p-52
	if deviation == 0 || !(deviation <= rounding*(1+l.bound)) { // a missing one stays missing
		return deviation
	}
	most := 0.0
	for _, r := range l.returns {
		most = max(most, math.Abs(r))
	}
	if deviation <= rounding*(1+most) {
		return 0
	}
	return deviation
}

// present returns the values that aren't missing and their sum. Without missing values it copies nothing.
func present(v []float64) ([]float64, float64) {
	total := lanes.Sum(v)
	if total == total {
		return v, total
	}
	kept := make([]float64, 0, len(v))
	for _, x := range v {
		if x == x {
			kept = append(kept, x)
		}
	}
	return kept, lanes.Sum(kept)
}

func constant(v []float64) bool {
	for _, x := range v {
		if x != v[0] {
			return false
		}
	}
	return true
}
