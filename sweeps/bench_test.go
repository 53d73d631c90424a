package sweeps

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// market makes a random portfolio of n rows.
func market(r *rand.Rand, n int) Series {
	s := Series{Returns: make([]float64, n), Portfolio: make([]float64, n), Turnover: make([]float64, n)}
	value := 1.0
	for i := range n {
		s.Returns[i] = 0.01 * r.NormFloat64()
		value *= 1 + s.Returns[i]
		s.Portfolio[i], s.Turnover[i] = value, r.Float64()
	}
	return s
}

// BenchmarkMetrics takes all built-in metrics of a portfolio of 525 rows, two years of days.
func BenchmarkMetrics(b *testing.B) {
	s := market(rand.New(rand.NewPCG(1, 2)), 525)
	out := make([]float64, len(builtins))
	b.ReportAllocs()
	for b.Loop() {
		sum := Summarize(s, 525)
		for k := range builtins {
			out[k] = builtins[k].value(&sum, DefaultPeriods)
		}
	}
}

// BenchmarkSQLMetrics takes three SQL metrics of 256 portfolios of 525 rows; the unit is a point.
func BenchmarkSQLMetrics(b *testing.B) {
	ctx := context.Background()
	sql, err := openSQL(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer sql.close()
	metrics := []*Metric{{Name: "a", SQL: "arg_max(portfolio, time_index)"}, {Name: "b", SQL: "stddev(return_minus_fees)"}, {Name: "c", SQL: "max(portfolio)"}}
	for _, m := range metrics {
		m.Type = frame.Float64
	}
	frames := make([]*frame.Frame, 256)
	for i := range frames {
		frames[i] = portfolioFrame(market(rand.New(rand.NewPCG(1, uint64(i))), 525))
	}
	for b.Loop() {
		if _, err := sql.compute(ctx, "target", metrics, frames); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(frames)), "ns/point")
}

// grids are sweeps of 1e4 to 1e6 points.
var grids = []struct {
	points int
	vary   string
}{
	{10_000, "windows: {range: [2, 102]}, short: {range: [2, 22]}, alpha: {linspace: [0.1, 1, 5]}"},
	{100_000, "windows: {range: [2, 202]}, short: {range: [2, 102]}, alpha: {linspace: [0.1, 1, 5]}"},
	{1_000_000, "windows: {range: [2, 402]}, short: {range: [2, 502]}, alpha: {linspace: [0.1, 1, 5]}"},
}

const allBuiltins = "  metrics: {total_return: , annual_return: , annual_volatility: , sharpe: , sortino: , max_drawdown: , calmar: , hit_rate: , turnover: }\n"

func perPoint(b *testing.B, points int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(points), "ns/point")
}

// BenchmarkPlan plans sweeps from nothing: values, nodes, hashes.
func BenchmarkPlan(b *testing.B) {
	for _, g := range grids {
		b.Run(fmt.Sprint(g.points), func(b *testing.B) {
			w := newWorld(b)
			b.ReportAllocs()
			for b.Loop() {
				if n := w.plan("\nsweep:\n  vary: {" + g.vary + "}\n" + allBuiltins).Points(); n != g.points {
					b.Fatal(n)
				}
			}
			perPoint(b, g.points)
		})
	}
}

// flat is an engine that has every portfolio in memory, as slices.
type flat struct {
	series Series
	times  []int64
}

func (f *flat) Eval(context.Context, *graph.Node) (Result, error) { return f, nil }
func (f *flat) Frame() *frame.Frame                               { return portfolioFrame(f.series) }
func (f *flat) NewSeries() SeriesReader                           { return f }
func (f *flat) Warning() string                                   { return "" }

func (f *flat) Read(context.Context, *graph.Node) (Series, []int64, bool, error) {
	return f.series, f.times, true, nil
}

// BenchmarkRun does everything but planning and evaluating nodes: metrics, chunks, compaction.
func BenchmarkRun(b *testing.B) {
	series := market(rand.New(rand.NewPCG(1, 2)), 525)
	e := &flat{series, portfolioFrame(series).Times()}
	for _, g := range grids {
		b.Run(fmt.Sprint(g.points), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				p := newWorld(b).plan("\nsweep:\n  vary: {" + g.vary + "}\n" + allBuiltins)
				b.StartTimer()
				if _, err := Run(context.Background(), p, e, Options{Jobs: 2}); err != nil {
					b.Fatal(err)
				}
			}
			perPoint(b, g.points)
		})
	}
}

// BenchmarkSweep does all of a sweep but evaluating nodes: plans it from nothing and runs it.
func BenchmarkSweep(b *testing.B) {
	series := market(rand.New(rand.NewPCG(1, 2)), 525)
	e := &flat{series, portfolioFrame(series).Times()}
	for _, g := range grids {
		b.Run(fmt.Sprint(g.points), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				newWorld(b).run("\nsweep:\n  vary: {"+g.vary+"}\n"+allBuiltins, e, Options{Jobs: 2})
			}
			perPoint(b, g.points)
		})
	}
}

// BenchmarkSecondRun plans and runs a finished sweep again.
func BenchmarkSecondRun(b *testing.B) {
	series := market(rand.New(rand.NewPCG(1, 2)), 525)
	e := &flat{series, portfolioFrame(series).Times()}
	for _, g := range grids[:2] {
		b.Run(fmt.Sprint(g.points), func(b *testing.B) {
			w := newWorld(b)
			sweep := "\nsweep:\n  vary: {" + g.vary + "}\n" + allBuiltins
			w.run(sweep, e, Options{Jobs: 2})
			b.ReportAllocs()
			for b.Loop() {
				w.run(sweep, e, Options{Jobs: 2})
			}
			perPoint(b, g.points)
		})
	}
}

// BenchmarkChunk commits chunks of points to disk.
func BenchmarkChunk(b *testing.B) {
	series := market(rand.New(rand.NewPCG(1, 2)), 525)
	p := newWorld(b).plan("\nsweep:\n  vary: {" + grids[0].vary + "}\n" + allBuiltins)
	if _, err := Run(context.Background(), p, &flat{series, portfolioFrame(series).Times()}, Options{Jobs: 2}); err != nil {
		b.Fatal(err)
	}
	points := p.Results.complete()
	b.ReportAllocs()
	for b.Loop() {
		t := p.Results.table(points, true, allBits(len(p.Metrics)))
		if err := writeTable(context.Background(), p.Dir, "chunk-000000.parquet", t, fileMeta{}); err != nil {
			b.Fatal(err)
		}
	}
	perPoint(b, len(points))
}
