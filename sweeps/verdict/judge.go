package verdict

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Parameter is one that a sweep varies.
type Parameter struct {
	Name    string
	Values  []any     // in the order of the grid
	Numbers []float64 // the same as numbers; nil where they are none
}

// Input is a sweep to be judged.
type Input struct {
	Points     []Point // distinct ones, in the sweep's order
	Parameters []Parameter
	// Cells has the place in Points of every combination, the last parameter changing first; -1
	// where the sweep does not have it.
	Cells []int
	// Benchmark names what the points are tested against; Against has its returns, no times where it is 0.
	Benchmark     string
	Against       Point
	Trials        int // distinct points of the sweep, failed ones included
	TrialsEver    int // with those of all other sweeps that are known, on dates that overlap; at least Trials
	RowsPerYear   float64
	Start, Latest int64 // the first time to judge, and the latest at which a point may begin; microseconds
}

// Options say how an input is judged.
type Options struct {
	Resampling             // Block 0: the median of the points' own block lengths
	Blocks            int  // of the combinatorially symmetric cross-validation
	Tail              Tail // what becomes of rows that Blocks does not divide
	Folds             int  // of walk-forward and of purged cross-validation
	Purge             int  // rows left out between choosing and testing
	Embargo           int  // rows more that are left out after a tested stretch
	Radius            int  // of a plateau, in steps of the grid
	StabilityResample int  // resamples of the stability's band
}

// DefaultOptions are those of the command line.
func DefaultOptions() Options {
	return Options{Resampling: Resampling{Resamples: 1000, Seed: 7}, Blocks: 16, Folds: 5, Radius: 1, StabilityResample: 100}
}

// level is the family-wise error at which points survive.
const level = 0.05

// Judge says what the best point of a sweep is worth.
func Judge(in Input, o Options) (*Verdict, error) {
	sample, err := NewSample(in.Points, in.Start, in.Latest)
	if err != nil {
		return nil, err
	}
	if len(sample.Columns) == 0 {
		return nil, fmt.Errorf("none of %d points moves: there is nothing to judge", len(in.Points))
	}
	if o.Block == 0 {
		o.Block = math.Round(medianBlock(sample.Matrix))
	}
	v := &Verdict{sample: sample, in: in, options: o}
	best, ratios := Best(sample.Matrix)
	v.describe(best, ratios)
	v.deflate(best, ratios)
	for _, step := range []func() error{v.test, v.overfit, v.walk} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	v.explain(ratios)
	return v, nil
}

// medianBlock is the median block length of at most a thousand points, evenly spread.
func medianBlock(m Matrix) float64 {
	const most = 1000
	n := min(len(m.Columns), most)
	lengths := make([]float64, n)
	forRanges(n, func(from, to int) {
		for i := from; i < to; i++ {
			lengths[i] = BlockLength(m.Columns[i*len(m.Columns)/n])
		}
	})
	slices.Sort(lengths)
	return quantile(lengths, 0.5)
}

// describe fills in what was judged, and the best point of it.
func (v *Verdict) describe(best int, ratios []float64) {
	s := v.sample
	v.Trials, v.TrialsEver = v.in.Trials, v.in.TrialsEver
	v.Rows, v.Points = s.Rows, len(s.Columns)
	v.From, v.To = timeOf(s.Times[0]), timeOf(s.Times[len(s.Times)-1])
	v.LeftOut = LeftOut{
		Late: v.names(s.Late), Early: v.names(s.Early), Constant: v.names(s.Constant), Rows: s.Dropped,
		LatePoints: len(s.Late), EarlyPoints: len(s.Early), ConstantPoints: len(s.Constant),
	}
	low, high := SharpeInterval(s.Columns[best], v.options.Resampling, 0.9)
	v.Best = BestPoint{
		Parameters: v.parametersOf(s.Judged[best]), Sharpe: Number(v.yearly(ratios[best])),
		Low: Number(v.yearly(low)), High: Number(v.yearly(high)),
	}
	v.RowsPerYear = v.in.RowsPerYear
}

// yearly turns a Sharpe ratio a row into one a year.
func (v *Verdict) yearly(ratio float64) float64 { return ratio * math.Sqrt(v.in.RowsPerYear) }

// deflate fills in what the Sharpe ratio is worth after so many trials.
func (v *Verdict) deflate(best int, ratios []float64) {
	m := MomentsOf(v.sample.Columns[best])
	variance := sampleVariance(ratios)
	floored := math.Max(variance, 1/float64(m.Rows-1))
	v.PSR = Number(ProbabilisticSharpe(m, 0))
	v.DSR = Number(DeflatedSharpe(m, variance, v.in.Trials))
	v.DSRFloored = Number(DeflatedSharpe(m, floored, v.in.Trials))
	v.DSREver = Number(DeflatedSharpe(m, floored, v.in.TrialsEver))
	v.MinTRL = Number(MinTrackRecord(m, 0, 0.95))
	v.MinBTL = Number(MinBacktestYears(v.in.Trials, 1))
	v.Luck = Number(LuckBar(v.in.Trials, m.Rows, v.in.RowsPerYear))
}

func (v *Verdict) test() error {
	m, err := v.overBenchmark()
	if err != nil {
		return err
	}
	r, err := RealityCheck(m, v.options.Resampling)
	if err != nil {
		return err
	}
	v.RC = Number(r.P(r.Check))
	v.SPA = SPA{Number(r.P(r.Lower)), Number(r.P(r.Consistent)), Number(r.P(r.Upper))}
	v.Reached = Reached{r.Check, r.Lower, r.Consistent, r.Upper}
	for _, column := range r.Surviving(level) {
		v.RomanoWolf.Surviving++
		if len(v.RomanoWolf.Points) < mostNamed {
			v.RomanoWolf.Points = append(v.RomanoWolf.Points, v.parametersOf(v.sample.Judged[column]))
		}
	}
	return nil
}

// overBenchmark takes the benchmark's returns from the points'.
func (v *Verdict) overBenchmark() (Matrix, error) {
	against := v.in.Against
	if len(against.Times) == 0 {
		return v.sample.Matrix, nil
	}
	present := against.present(v.sample.Times[0])
	for _, t := range v.sample.Times {
		if _, ok := slices.BinarySearch(present, t); !ok {
			return Matrix{}, fmt.Errorf("the benchmark %s has no return at %s, where the points have one", v.in.Benchmark, timeOf(t).Format(time.DateTime))
		}
	}
	returns := pick(against, v.sample.Times)
	out := Matrix{Rows: v.Rows, Columns: make([][]float64, len(v.sample.Columns))}
	for k, c := range v.sample.Columns {
		out.Columns[k] = make([]float64, len(c))
		for t, r := range c {
			out.Columns[k][t] = r - returns[t]
		}
	}
	return out, nil
}

func (v *Verdict) overfit() error {
	o, err := Overfitting(v.sample.Matrix, v.options.Blocks, v.options.Tail)
	if err != nil {
		return err
	}
	v.PBO = PBO{
		Value: Number(o.PBO()), Below: o.Below, Splits: o.Splits, Blocks: o.Blocks, Rows: o.Rows, Loss: Number(o.Loss),
		Slope: Number(o.Slope), SharpeIn: Number(v.yearly(o.MeanIn)), SharpeOut: Number(v.yearly(o.MeanOut)),
	}
	return nil
}

func (v *Verdict) walk() error {
	forward, err := ForwardFolds(v.Rows, v.options.Folds, v.options.Purge)
	if err != nil {
		return err
	}
	walked := Select(v.sample.Matrix, forward)
	v.WalkForward.Sharpe = Number(v.yearly(walked.Sharpe()))
	for _, f := range walked.Folds {
		v.WalkForward.Folds = append(v.WalkForward.Folds, v.fold(f))
	}
	splits, err := PurgedSplits(v.Rows, v.options.Folds+1, 2, v.options.Purge, v.options.Embargo)
	if err != nil {
		return err
	}
	var earned []float64
	for _, f := range Select(v.sample.Matrix, splits).Folds {
		earned = append(earned, v.yearly(f.Earned))
	}
	slices.Sort(earned)
	v.Purged = Purged{Splits: len(earned), Lowest: Number(earned[0]), Median: Number(quantile(earned, 0.5)), Highest: Number(earned[len(earned)-1])}
	return nil
}

func (v *Verdict) fold(f Selection) FoldChoice {
	tested := f.Fold.Test[0]
	return FoldChoice{
		From: timeOf(v.sample.Times[tested.From]), To: timeOf(v.sample.Times[tested.To-1]),
		Parameters: v.parametersOf(v.sample.Judged[f.Point]), Chosen: Number(v.yearly(f.Chosen)), Earned: Number(v.yearly(f.Earned)),
	}
}
