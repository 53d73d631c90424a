package compute

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"go.uber.org/goleak"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the tables of a database in memory, and serves as an engine's inputs and grid. Like a lake it gives no more than
// what it is asked for, so what a kind reads beyond its lookback is not there.
type world map[string]*frame.Frame

func (w world) table(n *graph.Node) *frame.Frame {
	f := w[n.Params.String("table")]
	if f == nil {
		panic("no table for " + n.Name)
	}
	if s, err := f.Select(n.Params.Strings("columns")...); err == nil {
		return s
	}
	return f // a table by hand has fewer columns than the header's
}

func (w world) Stored(n *graph.Node, _ graph.Range, _ int64) bool {
	return n.Kind.Name == graph.KindTable
}

func (w world) Load(_ context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	f := w.table(n)
	if r.AsOf && r.From != graph.Beginning {
		before = asOf(f, r.From)
	}
	return f.Between(r.From, end), before, nil
}

// asOf is the last row of each combination of the key without time before a time, and the last with a value of each column.
func asOf(f *frame.Frame, at int64) *frame.Frame {
	past := f.Between(math.MinInt64, at)
	key := past.Schema().Key
	last := map[string]int{}
	for i := range past.Rows() {
		id := ""
		for k := 1; k < key; k++ {
			id += past.Column(k).ValueStr(i) + "\x00"
		}
		last[id] = i
		for k := key; k < len(past.Schema().Fields); k++ {
			if past.Column(k).IsValid(i) {
				last[fmt.Sprint(id, k)] = i
			}
		}
	}
	var rows []int
	for _, i := range last {
		rows = append(rows, i)
	}
	slices.Sort(rows)
	parts := []*frame.Frame{past.Slice(0, 0)}
	for _, i := range slices.Compact(rows) {
		parts = append(parts, past.Slice(i, i+1))
	}
	out, err := frame.Concat(parts...)
	if err != nil {
		panic(err)
	}
	return out
}

func (w world) Back(_ context.Context, n *graph.Node, before int64, rows int) (int64, bool, error) {
	times := slices.Compact(slices.Clone(w.table(n).Times()))
	at, _ := slices.BinarySearch(times, before)
	switch {
	case rows == 0:
		return before, false, nil
	case at-rows >= 0:
		return times[at-rows], false, nil
	case at > 0:
		return times[0], true, nil
	}
	return before, true, nil
}

func (w world) Own(_ context.Context, n *graph.Node, from, end int64, rows int) ([]graph.Tail, error) {
	return graph.TailsOf(w.table(n).Between(math.MinInt64, end), from, rows), nil
}

func micros(s string) int64 {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// newWorld is a market with the faults of a real one: stamps that shift by an hour, missing days, a late start, a delisting,
// a missing target, memberships that change, a member without prices.
func newWorld(seed uint64) world {
	rng := rand.New(rand.NewPCG(seed, 11))
	ids := []string{"AA", "BB", "CC", "DD", "EE", "FF", "GG", "HH", "L1", "S1"}
	level := map[string]float64{}
	prices := frame.NewBuilder(frame.Long("close", "volume"))
	at := time.Date(2021, 9, 1, 4, 0, 0, 0, time.UTC)
	for i := range 330 {
		for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			at = at.AddDate(0, 0, 1)
		}
		stamp := at
		if m := at.Month(); m > 10 || m < 4 {
			stamp = at.Add(time.Hour)
		}
		market := 0.01 * rng.NormFloat64()
		etf := market
		for k, id := range ids {
			r := market + 0.01*rng.NormFloat64()
			if k < 8 {
				etf += (r - market) / 9
			} else {
				r = etf + 0.001*rng.NormFloat64()
			}
			if level[id] == 0 {
				level[id] = 50
			}
			level[id] *= 1 + r
			missing := i%97 == 20 && k%3 > 0 || id == "CC" && i < 120 || id == "DD" && i > 250 || rng.IntN(80) == 0
			if missing {
				continue
			}
			prices.Time(0, stamp.UnixMicro())
			prices.String(1, id)
			prices.Float(2, level[id])
			if rng.IntN(50) == 0 {
				prices.Missing(3)
			} else {
				prices.Float(3, float64(rng.IntN(1000)))
			}
		}
		at = at.AddDate(0, 0, 1)
	}
	holdings := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "etf", Type: frame.String},
		{Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "weight", Type: frame.Float64},
	}})
	for q := range 6 {
		stamp := time.Date(2021, time.Month(6+3*q), 30, 0, 0, 0, 0, time.UTC)
		for _, etf := range []string{"L1", "S1"} {
			for k, id := range append(slices.Clone(ids[:8]), "ZZ") {
				if (k+q)%5 == 0 || etf == "S1" && k > 5 && k < 8 {
					continue
				}
				holdings.Time(0, stamp.UnixMicro())
				holdings.String(1, etf)
				holdings.String(2, id)
				holdings.Float(3, 1)
			}
		}
	}
	return world{"prices": prices.Frame(), "holdings": holdings.Frame()}
}

const header = `
datalake_name: test
datalake_start: 2022-04-11
datalake_end: 2022-12-01
database: files:.
parameters: {long_windows: [30], short_windows: [20, 45], alpha: 1e-5}
nodes:
  prices: {kind: table, table: prices, columns: [close, volume]}
  holdings: {kind: table, table: holdings, key: [time_index, etf, unique_identifier], columns: [weight]}
  interpolated: {kind: interpolate, method: previous, input: prices}
  returns: {kind: returns, method: simple, input: interpolated, column: close}
  long_lasso:
    foreach: {in_window: "${long_windows}"}
    kind: lasso
    input: returns
    ticker_to_replicate: L1
    universe: {node: holdings, where: "etf = 'L1'"}
    lasso_alpha: ${alpha}
  short_lasso:
    foreach: {in_window: "${short_windows}"}
    kind: lasso
    input: returns
    ticker_to_replicate: S1
    universe: {node: holdings, where: "etf = 'S1'"}
    lasso_alpha: ${alpha}
  portfolio: {kind: long_short_portfolio, returns: returns, long: long_lasso, short: short_lasso, fee: 0.001}
`

// pipeline loads the nodes of header and more of them, one a line.
func pipeline(t testing.TB, more ...string) *graph.Pipeline {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tdlake.yaml")
	text := header + "  " + strings.Join(more, "\n  ") + "\ntarget: portfolio\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	_, p, err := graph.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func node(t testing.TB, p *graph.Pipeline, name string, set graph.Binding) *graph.Node {
	t.Helper()
	b := p.Defaults()
	for k, v := range set {
		b[k] = v
	}
	nodes, err := p.Nodes(name, b)
	if err != nil {
		t.Fatal(err)
	}
	return nodes[0]
}

// outputs evaluates nodes in one engine over [start, end) and returns what a user sees of each.
func outputs(t testing.TB, w world, start, end int64, o Options, nodes ...*graph.Node) []*frame.Frame {
	t.Helper()
	e, err := New(w, start, end, w, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	if err := e.Plan(ctx, nodes, nil); err != nil {
		t.Fatal(err)
	}
	out := make([]*frame.Frame, len(nodes))
	results, err := e.evalAll(ctx, nodes)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		out[i] = r.Frame().Between(start, end)
		if err := out[i].CheckOrder(); err != nil {
			t.Fatalf("%s: %v", nodes[i].Name, err)
		}
	}
	return out
}

func output(t testing.TB, w world, n *graph.Node) *frame.Frame {
	t.Helper()
	return outputs(t, w, micros("2022-04-11"), micros("2022-12-01"), Options{}, n)[0]
}

func sameFrame(t testing.TB, what string, want, got *frame.Frame) {
	t.Helper()
	if want.Digest() == got.Digest() {
		return
	}
	for i := range min(want.Rows(), got.Rows()) {
		for c := range want.Schema().Fields {
			if w, g := want.Column(c).ValueStr(i), got.Column(c).ValueStr(i); w != g {
				t.Fatalf("%s: row %d, %s: %s, not %s", what, i, want.Schema().Fields[c].Name, g, w)
			}
		}
	}
	t.Fatalf("%s: %d rows (%s), not %d (%s)", what, got.Rows(), got.Schema(), want.Rows(), want.Schema())
}

// cells maps each (time, identifier) of a column to its value.
func cells(t testing.TB, f *frame.Frame, column string) map[string]float64 {
	t.Helper()
	vals, err := f.Floats(column)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	ids := f.Named(frame.UniqueIdentifier).(*array.String)
	for i, at := range f.Times() {
		if vals[i] == vals[i] {
			out[fmt.Sprint(at, " ", ids.Value(i))] = vals[i]
		}
	}
	return out
}
