package sweeps

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// tables is a market of two funds and six shares in memory: inputs and grid of a real engine.
type tables map[string]*frame.Frame

func newTables() tables {
	r := rand.New(rand.NewPCG(7, 8))
	ids := []string{"BAC", "C", "GS", "JPM", "WFC", "XLE", "XLF"}
	level := make([]float64, len(ids))
	prices := frame.NewBuilder(frame.Long("adj_close"))
	holdings := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "etf", Type: frame.String},
		{Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "weight_pct", Type: frame.Float64},
	}})
	begin := time.Date(2021, 8, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	for i := range int64(500) {
		market := 0.01 * r.NormFloat64()
		for k, id := range ids {
			level[k] += market + 0.01*r.NormFloat64()
			prices.Time(0, begin+i*day)
			prices.String(1, id)
			prices.Float(2, 50+level[k])
		}
	}
	for _, id := range ids[:5] {
		holdings.Time(0, begin-day)
		holdings.String(1, "XLF")
		holdings.String(2, id)
		holdings.Float(3, 20)
	}
	return tables{"prices": prices.Frame(), "holdings": holdings.Frame()}
}

func (w tables) of(n *graph.Node) *frame.Frame { return w[n.Params.String("table")] }

func (w tables) Stored(n *graph.Node, _ graph.Range, _ int64) bool {
	return n.Kind.Name == graph.KindTable
}

func (w tables) Load(_ context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	f := w.of(n)
	if r.AsOf && r.From != graph.Beginning {
		before = f.Between(graph.Beginning, r.From)
	}
	return f.Between(r.From, end), before, nil
}

func (w tables) Back(_ context.Context, n *graph.Node, before int64, rows int) (int64, bool, error) {
	times := slices.Compact(slices.Clone(w.of(n).Times()))
	at, _ := slices.BinarySearch(times, before)
	switch {
	case at-rows >= 0:
		return times[at-rows], false, nil
	case at > 0:
		return times[0], true, nil
	}
	return before, true, nil
}

func (w tables) Own(_ context.Context, n *graph.Node, from, end int64, rows int) ([]graph.Tail, error) {
	return graph.TailsOf(w.of(n).Between(graph.Beginning, end), from, rows), nil
}

func (w tables) engine(t *testing.T, p *Plan, targets []*graph.Node) *compute.Engine {
	t.Helper()
	e, err := compute.New(w, p.Config.Start, p.Config.End, w, compute.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if err := e.Plan(context.Background(), targets, nil); err != nil {
		t.Fatal(err)
	}
	return e
}

// builtinOnly has windows beyond the history, which start later.
const builtinOnly = "\nsweep:\n  vary: {windows: [20, 60, 200], short: [30, 250], alpha: [1, 1e-4, 1e-5]}\n" + allBuiltins

func TestSweepsOfTheRealEngine(t *testing.T) {
	market := newTables()
	run := func(sweep string, jobs int, engine func(e *compute.Engine, p *Plan) Engine) *Plan {
		t.Helper()
		p := newWorld(t).plan(sweep)
		if _, err := Run(context.Background(), p, engine(market.engine(t, p, p.Missing(Options{})), p), Options{Jobs: jobs, blockPoints: 4}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	frames := func(e *compute.Engine, _ *Plan) Engine { return EngineFunc(e.Output) }
	slices := func(e *compute.Engine, p *Plan) Engine { return Compute(e, p.Config.Start) }
	reference := run(builtinOnly, 1, frames)
	sameFolder(t, run(builtinOnly, 4, slices).folder(t), reference.folder(t))

	for point := range reference.Points() {
		n := reference.Node(point)
		f, err := market.engine(t, reference, []*graph.Node{n}).Output(context.Background(), n)
		if err != nil {
			t.Fatal(err)
		}
		sum := Summarize(seriesOf(f), f.Rows())
		for k, m := range reference.Metrics {
			got := reference.Results.values[k].at(point)
			if want := finite(m.builtin.value(&sum, m.PeriodsPerYear)); want == want && got != want || want != want && got != nil {
				t.Errorf("%s at %s is %v, alone %v", m.Name, reference.Space.Text(point), got, want)
			}
		}
		if got := reference.Results.rows.ints[point]; got != int64(f.Rows()) {
			t.Errorf("%d rows at %s, alone %d", got, reference.Space.Text(point), f.Rows())
		}
	}
	if r := reference.ranked(t, 0); r.Late != 12 || r.Rows[len(r.Rows)-1][len(r.Columns)-1] != true {
		t.Errorf("%d points start late", r.Late)
	}
}
