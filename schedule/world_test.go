package schedule

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

	"go.uber.org/goleak"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		victim()
		return
	}
	pgtest.Main(m, func() error { return goleak.Find() })
}

func micros(s string) int64 {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// market is the rows of two tables, prices and holdings, with the faults of real ones: missing days and prices, a late start,
// a delisting, memberships that change.
type market struct{ prices, holdings [][]any }

func newMarket(seed uint64, days int) market {
	rng := rand.New(rand.NewPCG(seed, 5))
	ids := []string{"AA", "BB", "CC", "DD", "EE", "FF", "L1", "S1"}
	level := map[string]float64{}
	var m market
	at := time.Date(2021, 10, 1, 4, 0, 0, 0, time.UTC)
	for i := range days {
		for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			at = at.AddDate(0, 0, 1)
		}
		shock := 0.01 * rng.NormFloat64()
		for k, id := range ids {
			if level[id] == 0 {
				level[id] = 50
			}
			level[id] *= 1 + shock + 0.01*rng.NormFloat64()
			switch {
			case i%53 == 20 && k%3 > 0, id == "CC" && i < 70, id == "DD" && i > 150, rng.IntN(70) == 0:
				continue
			case rng.IntN(60) == 0:
				m.prices = append(m.prices, []any{at, id, nil})
			default:
				m.prices = append(m.prices, []any{at, id, level[id]})
			}
		}
		if i%60 == 5 {
			for _, etf := range []string{"L1", "S1"} {
				for k, id := range ids[:6] {
					if (k+i/60)%5 != 0 {
						m.holdings = append(m.holdings, []any{at.Add(-time.Hour), etf, id, 1.0})
					}
				}
			}
		}
		at = at.AddDate(0, 0, 1)
	}
	return m
}

const tables = `create table prices (time_index timestamptz, unique_identifier text, close float8, primary key (time_index, unique_identifier));
create table holdings (time_index timestamptz, etf text, unique_identifier text, weight float8, primary key (time_index, etf, unique_identifier))`

// load makes a database with the market's rows before a time.
func (m market) load(t testing.TB, url string, before time.Time) {
	t.Helper()
	execute(t, url, tables)
	m.add(t, url, time.Time{}, before)
}

func (m market) add(t testing.TB, url string, from, to time.Time) {
	t.Helper()
	for name, rows := range map[string][][]any{"prices": m.prices, "holdings": m.holdings} {
		var some [][]any
		for _, r := range rows {
			if at := r[0].(time.Time); !at.Before(from) && at.Before(to) {
				some = append(some, r)
			}
		}
		load(t, url, name, some)
	}
}

// days are the distinct times of prices.
func (m market) days() (all []time.Time) {
	for _, r := range m.prices {
		if at := r[0].(time.Time); len(all) == 0 || !all[len(all)-1].Equal(at) {
			all = append(all, at)
		}
	}
	return all
}

const start = "2022-03-01"

const header = `
datalake_name: test
datalake_start: 2022-03-01
datalake_end: 2022-12-01
database: files:.
parameters: {ids: [AA, BB, CC, DD, EE, FF, L1, S1]}
nodes:
  prices: {kind: table, table: prices, columns: [close]}
  holdings: {kind: table, table: holdings, key: [time_index, etf, unique_identifier], columns: [weight]}
  interpolated: {kind: interpolate, method: previous, input: prices}
  returns: {kind: returns, method: simple, input: interpolated, column: close}
  long_lasso:
    foreach: {in_window: [30]}
    kind: lasso
    input: returns
    ticker_to_replicate: L1
    universe: {node: holdings, where: "etf = 'L1'"}
    lasso_alpha: 1e-5
  short_lasso:
    foreach: {in_window: [20, 45]}
    kind: lasso
    input: returns
    ticker_to_replicate: S1
    universe: {node: holdings, where: "etf = 'S1'"}
    lasso_alpha: 1e-5
  portfolio: {kind: long_short_portfolio, returns: returns, long: long_lasso, short: short_lasso, fee: 0.001}
`

// everyKind is more nodes, at least one of each kind.
var everyKind = []string{
	"daily: {kind: interpolate, method: previous, input: prices, every: 1d, timezone: America/New_York, max_gap: 3d}",
	"lagged: {kind: lag, input: interpolated, rows: 3}",
	"log_returns: {kind: returns, input: interpolated, column: close, method: log, periods: 5}",
	"zscore: {kind: rolling, input: returns, function: zscore, in_window: 25}",
	"stacked: {kind: rolling, input: zscore, function: mean, in_window: 12}",
	"smooth: {kind: rolling, input: interpolated, column: close, function: ewm, in_window: 15, halflife: 4}",
	"again: {kind: interpolate, method: previous, input: stacked}",
	`query: {kind: sql, inputs: {r: returns, m: stacked}, lookback: 4, query: "select time_index, unique_identifier, r.return - m.mean as excess, sum(r.return) over (partition by unique_identifier order by time_index rows 4 preceding) as five from r left join m using (time_index, unique_identifier)"}`,
	`worth: {kind: sql, inputs: {p: portfolio}, key: [time_index], lookback: 1, query: "select time_index, portfolio - lag(portfolio) over (order by time_index) as gain from p"}`,
}

// writeConfig writes the nodes of header and more of them, one a line.
func writeConfig(t testing.TB, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tdlake.yaml")
	text := header + "  " + strings.Join(more, "\n  ") + "\ntarget: portfolio\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func pipeline(t testing.TB, more ...string) *graph.Pipeline {
	t.Helper()
	_, p, err := graph.Load(writeConfig(t, more...), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func allNodes(t testing.TB, p *graph.Pipeline) (all []*graph.Node) {
	t.Helper()
	for _, name := range p.Names() {
		nodes, err := p.Nodes(name, p.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, nodes...)
	}
	return all
}

// newTree is the tree of all nodes of a pipeline.
func newTree(t testing.TB, p *graph.Pipeline) *Tree {
	return NewTree(allNodes(t, p), nil, micros(start), false)
}

type setting func(*Pass)

func until(at int64) setting { return func(p *Pass) { p.options.Until = at } }
func revise(p *Pass)         { p.options.Revise = true }

// pass makes one pass over a tree and returns its reports.
func pass(t testing.TB, url string, tree *Tree, set ...setting) (reports []Report, err error) {
	t.Helper()
	store := openStore(t, url)
	defer store.Close()
	ctx := context.Background()
	p := &Pass{Updater: NewUpdater(store, tree, Options{Until: math.MaxInt64}), Claims: store, Jobs: 1, Say: t.Logf}
	p.Tell = func(r Report) { reports = append(reports, r) }
	for _, s := range set {
		s(p)
	}
	if err := p.Register(ctx); err != nil {
		return nil, err
	}
	h, err := Hold(ctx, store, database.Scheduler{Name: "test"}, 10*time.Second)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	p.Holder = h
	return reports, p.Run(ctx)
}

func mustPass(t testing.TB, url string, tree *Tree, set ...setting) []Report {
	t.Helper()
	reports, err := pass(t, url, tree, set...)
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

// scratch computes nodes from the users' tables alone, in one engine.
func scratch(t testing.TB, url string, end int64, nodes []*graph.Node) map[graph.Hash]*frame.Frame {
	t.Helper()
	ctx := context.Background()
	s := openStore(t, url)
	defer s.Close()
	v, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	l := newLoader(v, nil, nil)
	e, err := compute.New(l, micros(start), end, l, compute.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Plan(ctx, nodes, nil); err != nil {
		t.Fatal(err)
	}
	out := map[graph.Hash]*frame.Frame{}
	for _, n := range nodes {
		if out[n.Hash], err = e.Output(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// stored reads a node's own rows within the date range.
func stored(t testing.TB, url string, n *graph.Node, end int64) *frame.Frame {
	t.Helper()
	ctx := context.Background()
	s := openStore(t, url)
	defer s.Close()
	known, err := s.Progress(ctx, []string{n.ID()})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := known[n.ID()]
	if !ok {
		t.Fatalf("%s has no rows", n.Name)
	}
	table, err := s.Source(ctx, process(n, 0), p.Schema)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	f, err := readAll(ctx, v, table, micros(start), end)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func sameFrame(t testing.TB, what string, want, got *frame.Frame) {
	t.Helper()
	if want.Digest() == got.Digest() {
		return
	}
	for i := range min(want.Rows(), got.Rows()) {
		for c := range want.Schema().Fields {
			if w, g := want.Column(c).ValueStr(i), got.Column(c).ValueStr(i); w != g {
				t.Fatalf("%s: row %d (%s), %s: %s, not %s", what, i, want.Column(0).ValueStr(i), want.Schema().Fields[c].Name, g, w)
			}
		}
	}
	t.Fatalf("%s: %d rows (%s), not %d (%s)", what, got.Rows(), got.Schema(), want.Rows(), want.Schema())
}

// checkAll compares every table with a computation from scratch, up to each node's progress.
func checkAll(t testing.TB, url string, tree *Tree) {
	t.Helper()
	s := openStore(t, url)
	defer s.Close()
	known, err := s.Progress(context.Background(), tree.related())
	if err != nil {
		t.Fatal(err)
	}
	byEnd := map[int64][]*graph.Node{}
	for _, n := range tree.Nodes {
		p, ok := known[n.ID()]
		if !ok {
			t.Fatalf("%s has no rows", n.Name)
		}
		byEnd[p.To] = append(byEnd[p.To], n)
	}
	for end, nodes := range byEnd {
		for h, want := range scratch(t, url, end, nodes) {
			i := slices.IndexFunc(nodes, func(n *graph.Node) bool { return n.Hash == h })
			sameFrame(t, fmt.Sprintf("%s until %s", nodes[i].Name, time.UnixMicro(end).UTC()), want, stored(t, url, nodes[i], end))
		}
	}
	rows := query(t, url, "select local_hash_id, rows, table_name from tdlake.nodes where from_us is not null and not shared")
	for _, r := range rows {
		if n := query(t, url, `select count(*) from tdlake."`+r[2]+`"`)[0][0]; n != r[1] {
			t.Errorf("%s: %s rows counted, %s there", r[0], r[1], n)
		}
	}
}
