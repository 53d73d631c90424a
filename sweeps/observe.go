package sweeps

import (
	"context"
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/sweeps/verdict"
)

// Observed is a sweep's points with their returns over the date range, for a verdict. Points with one target are one.
type Observed struct {
	verdict.Input
	Failed int // distinct points that could not be evaluated; they count as trials
}

// Observe evaluates every point once more and keeps its returns. The targets (Plan.Representatives) must have been planned
// with the engine; what it keeps of portfolios' sides makes this quick.
func (p *Plan) Observe(ctx context.Context, e Engine, jobs int) (*Observed, error) {
	points, cells, err := p.distinctPoints()
	if err != nil {
		return nil, err
	}
	out := &Observed{Input: verdict.Input{Points: make([]verdict.Point, len(points)), Cells: cells, Trials: len(points), Parameters: p.verdictParameters()}}
	failed := make([]error, len(points))
	shares := make([]share, max(1, min(jobs, len(points))))
	for k := range shares {
		shares[k] = share{len(points) * k / len(shares), len(points) * (k + 1) / len(shares)}
	}
	err = inShares(shares, func(_ int, s share) error {
		o := newObserver(p, e)
		for i := s.from; i < s.to; i++ {
			var err error
			if out.Points[i], err = o.observe(ctx, points[i]); fatal(ctx, err) || isProblem(err) {
				return err
			}
			failed[i] = err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.leaveOut(failed)
	return out, nil
}

func isProblem(err error) bool {
	_, ok := err.(config.Problems)
	return ok
}

// leaveOut takes the points that failed out of the input; their places in the grid are empty.
func (o *Observed) leaveOut(failed []error) {
	place := make([]int, len(o.Points))
	var kept []verdict.Point
	for i, err := range failed {
		if err != nil {
			o.Failed++
			place[i] = -1
			continue
		}
		place[i] = len(kept)
		kept = append(kept, o.Points[i])
	}
	o.Points = kept
	for cell, i := range o.Cells {
		if i >= 0 {
			o.Cells[cell] = place[i]
		}
	}
}

// PeriodsPerYear is what the sweep's metrics count a year as: that of its first metric that has one, else the default.
func (p *Plan) PeriodsPerYear() float64 {
	for _, m := range p.Metrics {
		if m.builtin != nil && m.builtin.annual {
			return m.PeriodsPerYear
		}
	}
	return DefaultPeriods
}

// maxCells bounds the grid that a verdict lays its points out on.
const maxCells = 1 << 26

// distinctPoints returns the first point of each target, and for every combination of the product the place of its
// target among them, -1 where where leaves it out.
func (p *Plan) distinctPoints() (points, cells []int, err error) {
	if p.Space.size > maxCells {
		return nil, nil, fmt.Errorf("the sweep spans %d combinations, a verdict takes at most %d", p.Space.size, maxCells)
	}
	cells = make([]int, p.Space.size)
	for cell := range cells {
		cells[cell] = -1
	}
	place := make(map[graph.Hash]int, p.Points())
	for point, hash := range p.ids.hashes {
		i, known := place[hash]
		if !known {
			i = len(points)
			place[hash] = i
			points = append(points, point)
		}
		cells[p.Space.ordinal(point)] = i
	}
	return points, cells, nil
}

func (p *Plan) verdictParameters() []verdict.Parameter {
	var out []verdict.Parameter
	for _, v := range p.Space.Parameters {
		q := verdict.Parameter{Name: v.Name}
		for i := range v.Len() {
			q.Values = append(q.Values, v.Stored(i))
			switch value := v.Bound(i).(type) {
			case int64:
				q.Numbers = append(q.Numbers, float64(value))
			case float64:
				q.Numbers = append(q.Numbers, value)
			}
		}
		out = append(out, q)
	}
	return out
}

// observer evaluates points one after the other, by the short way where the engine has one.
type observer struct {
	plan   *Plan
	engine Engine
	at     *tracker
	reader SeriesReader
	node   graph.Node
	times  []int64 // of the point before: points share them where they are equal
}

func newObserver(p *Plan, e Engine) *observer {
	o := &observer{plan: p, engine: e, at: newTracker(p.Space, p.targets)}
	if s, ok := e.(SeriesEngine); ok {
		o.reader = s.NewSeries()
	}
	return o
}

func (o *observer) observe(ctx context.Context, point int) (verdict.Point, error) {
	if err := ctx.Err(); err != nil {
		return verdict.Point{}, err
	}
	if _, _, err := o.at.to(point); err != nil {
		return verdict.Point{}, err
	}
	if o.reader != nil {
		o.at.cursor.Fill(&o.node, o.plan.ids.hashes[point])
		series, times, ok, err := o.reader.Read(ctx, &o.node)
		if ok || err != nil {
			return o.point(series, times), err
		}
	}
	res, err := o.engine.Eval(ctx, o.plan.Node(point))
	if err != nil {
		return verdict.Point{}, err
	}
	f := res.Frame()
	returns, err := ReturnsOf(f)
	if err != nil {
		c := o.plan.Config
		return verdict.Point{}, config.Problems{c.Problem(c.Target.Pos, "make the target a portfolio, or a node with a column "+columnReturn+" and one row a time",
			"a verdict needs the returns of %s: %v", c.Target.Name, err)}
	}
	return o.point(Series{Returns: returns, Portfolio: seriesOf(f).Portfolio}, f.Times()), nil
}

// ReturnsOf takes the returns of a table with one row a time: the column return_minus_fees, else the only column of numbers.
func ReturnsOf(f *frame.Frame) ([]float64, error) {
	times := f.Times()
	for i := 1; i < len(times); i++ {
		if times[i] == times[i-1] {
			return nil, fmt.Errorf("it has several rows at one time, one is meant")
		}
	}
	if v, err := f.Floats(columnReturn); err == nil {
		return v, nil
	}
	var found []float64
	for _, c := range f.Schema().Fields {
		if c.Type != frame.Float64 {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("it has several columns of numbers, and none is called %s", columnReturn)
		}
		found, _ = f.Floats(c.Name)
	}
	if found == nil {
		return nil, fmt.Errorf("it has no column of numbers called %s", columnReturn)
	}
	return found, nil
}

// point copies what the next point may write over. A portfolio that has come to its end earns nothing from there on.
func (o *observer) point(s Series, times []int64) verdict.Point {
	if !slices.Equal(times, o.times) {
		o.times = slices.Clone(times)
	}
	returns := slices.Clone(s.Returns)
	if k := s.ruin(); k >= 0 {
		clear(returns[k+1:])
	}
	return verdict.Point{Times: o.times, Returns: returns}
}
