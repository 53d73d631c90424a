package sweeps

import (
	"math"

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

	perYear, annual float64 // periods and annual return, which two metrics want
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
	squares, below, positive := lanes.Deviations(r, s.Mean)
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

// portfolio finds the last value and the deepest fall below the highest value so far. A missing value counts for nothing.
func (s *Summary) portfolio(v []float64) {
	for i := len(v) - 1; i >= 0; i-- {
		if v[i] == v[i] {
			s.Last = v[i]
			s.Drawdown = lanes.Deepest(v) - 1
			return
		}
	}
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
