package compute

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// gappyNodes are queries over identifiers with gaps: what stands at a time must not depend on where a range begins.
var gappyNodes = []string{
	"filings: {kind: table, table: filings, columns: [eps]}",
	`previous: {kind: sql, inputs: {p: prices}, lookback: 1, query: "select *, lag(close) over (partition by unique_identifier order by time_index) as previous from p"}`,
	`five: {kind: sql, inputs: {p: prices}, lookback: 4, query: "select time_index, unique_identifier, sum(close) over (partition by unique_identifier order by time_index rows 4 preceding) as five from p"}`,
	`again: {kind: sql, inputs: {f: five}, lookback: 2, query: "select time_index, unique_identifier, five - lag(five, 2) over (partition by unique_identifier order by time_index) as change from f"}`,
	"raw: {kind: returns, input: prices, column: close}",
	`three: {kind: sql, inputs: {r: raw}, lookback: 2, query: "select time_index, unique_identifier, sum(r.return) over (partition by unique_identifier order by time_index rows 2 preceding) as three from r"}`,
	`picks: {kind: sql, inputs: {p: prices}, lookback: 0, query: "select time_index, unique_identifier, close from p where volume > 500"}`,
	`last_pick: {kind: sql, inputs: {x: picks}, lookback: 1, query: "select *, lag(close) over (partition by unique_identifier order by time_index) as before from x"}`,
	`pe: {kind: sql, inputs: {p: prices, f: {node: filings, as_of: each}}, lookback: 0, query: "select p.time_index, p.unique_identifier, p.close / f.eps as pe from p asof join f on p.unique_identifier = f.unique_identifier and p.time_index >= f.time_index"}`,
	`pe_change: {kind: sql, inputs: {p: prices, f: {node: filings, as_of: each}}, lookback: 1, query: "with q as (select p.time_index, p.unique_identifier, p.close / f.eps as pe from p asof join f on p.unique_identifier = f.unique_identifier and p.time_index >= f.time_index) select time_index, unique_identifier, pe - lag(pe) over (partition by unique_identifier order by time_index) as change from q"}`,
	`computed_pe: {kind: sql, inputs: {p: prices, f: {node: doubled, as_of: each}}, lookback: 0, query: "select p.time_index, p.unique_identifier, p.close / f.eps as pe from p asof join f on p.unique_identifier = f.unique_identifier and p.time_index >= f.time_index"}`,
	`doubled: {kind: sql, inputs: {f: filings}, lookback: 0, query: "select time_index, unique_identifier, 2 * eps as eps from f where eps > 0.2"}`,
	`members: {kind: sql, inputs: {p: prices, m: {node: filings, as_of: whole}}, lookback: 0, query: "with d as (select distinct time_index as since from m), s as (select time_index, unique_identifier, (select max(since) from d where since <= p.time_index) as since from p) select s.time_index, s.unique_identifier, m.eps from s join m on m.time_index = s.since and m.unique_identifier = s.unique_identifier"}`,
}

// gappyOwn are nodes that count own rows.
var gappyOwn = []string{
	"own_change: {kind: returns, input: prices, column: close, rows: own, periods: 2}",
	"own_std: {kind: rolling, input: own_change, function: std, in_window: 6, min_periods: 4, rows: own}",
	"own_sum: {kind: rolling, input: prices, column: volume, function: sum, in_window: 5, rows: own}",
	"own_decay: {kind: rolling, input: picks, column: close, function: ewm, halflife: 2, in_window: 4, rows: own}",
	"own_lag: {kind: lag, input: picks, rows: own, periods: 3}",
}

var gappyNames = []string{"previous", "five", "again", "three", "last_pick", "pe", "pe_change", "computed_pe", "members", "own_change", "own_std", "own_sum", "own_decay", "own_lag"}

// gappyWorld has identifiers that trade on every day, on every second one and more rarely, begin late and end early, and filings of each now and then.
func gappyWorld(rng *rand.Rand) world {
	prices, filings := frame.NewBuilder(frame.Long("close", "volume")), frame.NewBuilder(frame.Long("eps"))
	first := time.Date(2022, 1, 3, 0, 0, 0, 0, time.UTC)
	ids := []string{"A", "B", "C", "D"}
	rare, begin := make([]int, len(ids)), make([]int, len(ids))
	for k := range ids {
		rare[k], begin[k] = rng.IntN(13), rng.IntN(81)
	}
	for day := range 110 {
		at := first.AddDate(0, 0, day).UnixMicro()
		for k, id := range ids {
			if rng.IntN(30) == 0 {
				filings.Time(0, at)
				filings.String(1, id)
				filings.Float(2, float64(1+rng.IntN(9))/8)
			}
			if day < begin[k] || rng.IntN(rare[k]+1) > 0 || k == 3 && day > 70 {
				continue
			}
			prices.Time(0, at)
			prices.String(1, id)
			prices.Float(2, float64(1+rng.IntN(1000))/8)
			prices.Float(3, float64(rng.IntN(1000)))
		}
	}
	return world{"prices": prices.Frame(), "filings": filings.Frame()}
}

// TestGapsDecideNothing: a range anywhere, whatever is planned beside, has the rows of a computation since ever.
func TestGapsDecideNothing(t *testing.T) {
	p := pipeline(t, append(gappyOwn, gappyNodes...)...)
	var nodes []*graph.Node
	for _, name := range gappyNames {
		nodes = append(nodes, node(t, p, name, nil))
	}
	day := func(n int) int64 { return time.Date(2022, 1, 3+n, 0, 0, 0, 0, time.UTC).UnixMicro() }
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 3))
		w := gappyWorld(rng)
		whole := outputs(t, w, micros("2021-01-01"), day(110), Options{}, nodes...)
		for range 2 {
			from := 1 + rng.IntN(100)
			to := from + 1 + rng.IntN(110-from)
			together := outputs(t, w, day(from), day(to), Options{}, nodes...)
			k := rng.IntN(len(nodes))
			together = append(together, outputs(t, w, day(from), day(to), Options{}, nodes[k])[0])
			for i, got := range together {
				what := "beside others"
				if i == len(nodes) {
					i, what = k, "alone"
				}
				if want := whole[i].Between(day(from), day(to)); want.Digest() != got.Digest() {
					t.Fatalf("seed %d: %s, %s, from day %d to %d: %d rows, not %d:\n%s\nnot\n%s", seed, nodes[i].Name, what, from, to, got.Rows(), want.Rows(), shownRows(got), shownRows(want))
				}
			}
		}
	}
}

func shownRows(f *frame.Frame) (s string) {
	for i := range min(f.Rows(), 40) {
		for c := range f.Schema().Fields {
			s += f.Column(c).ValueStr(i) + " "
		}
		s += "\n"
	}
	return s
}

// TestIdentifiersWithoutRowsGiveNone: of one that has no row in the range no row is handed out, however few rows its lookback asks for.
func TestIdentifiersWithoutRowsGiveNone(t *testing.T) {
	b := frame.NewBuilder(frame.Long("close", "volume"))
	for _, row := range []string{"2022-01-01 gone", "2022-01-02 rare", "2022-01-03 rare", "2022-08-01 A", "2022-08-02 A", "2022-08-09 A", "2022-08-10 A", "2022-08-10 rare"} {
		b.Time(0, micros(row[:10]))
		b.String(1, row[11:])
		b.Float(2, 1)
		b.Float(3, 1)
	}
	p := pipeline(t, `seen: {kind: sql, inputs: {p: prices}, lookback: 1, key: [time_index], query: "select max(time_index) as time_index, string_agg(unique_identifier || ' ' || strftime(time_index, '%m-%d'), ', ' order by time_index, unique_identifier) as rows from p"}`)
	got := outputs(t, world{"prices": b.Frame()}, micros("2022-08-10"), micros("2022-08-11"), Options{}, node(t, p, "seen", nil))[0]
	if want := "rare 01-03, A 08-09, A 08-10, rare 08-10"; got.Rows() != 1 || got.Named("rows").ValueStr(0) != want {
		t.Errorf("%s, not %s", fmt.Sprint(shownRows(got)), want)
	}
}

// TestMaxAge bounds what was known before.
func TestMaxAge(t *testing.T) {
	w := onePrice("2022-08-10")
	f := frame.NewBuilder(frame.Long("eps"))
	for _, row := range []string{"2022-05-01 A", "2022-07-30 B", "2022-08-01 B", "2022-08-01 C"} {
		f.Time(0, micros(row[:10]))
		f.String(1, row[11:])
		f.Float(2, 1)
	}
	w["filings"] = f.Frame()
	for with, want := range map[string]string{
		"as_of: each": "A05-01 B08-01 C08-01", "as_of: each, max_age: 90d": "B08-01 C08-01", "as_of: whole": "B08-01 C08-01", "as_of: whole, max_age: 1w": "",
	} {
		p := pipeline(t, "filings: {kind: table, table: filings, columns: [eps]}",
			`seen: {kind: sql, inputs: {p: prices, f: {node: filings, `+with+`}}, lookback: 0, key: [time_index], query: "select p.time_index, coalesce((select string_agg(unique_identifier || strftime(time_index, '%m-%d'), ' ' order by unique_identifier) from f), '') as rows from p"}`)
		got := outputs(t, w, micros("2022-08-10"), micros("2022-08-11"), Options{}, node(t, p, "seen", nil))[0]
		if got.Rows() != 1 || got.Named("rows").ValueStr(0) != want {
			t.Errorf("%s: %s, not %s", with, shownRows(got), want)
		}
	}
}
