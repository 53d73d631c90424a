package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// keyed is rows of (day, identifier), sorted.
func keyed(rows ...string) *frame.Frame {
	slices.Sort(rows)
	b := frame.NewBuilder(frame.Long())
	for _, r := range rows {
		at, id, _ := strings.Cut(r, " ")
		b.Time(0, day("2022-01-"+at+"T00"))
		b.String(1, id)
	}
	return b.Frame()
}

// TestTails: of C, which ends before the time, nothing counts; D begins at it.
func TestTails(t *testing.T) {
	f := keyed("01 A", "01 B", "02 C", "03 A", "04 A", "05 A", "05 C", "06 A", "06 B", "07 D")
	from := day("2022-01-06T00")
	var got []string
	for _, tail := range graph.TailsOf(f, from, 2) {
		got = append(got, fmt.Sprint(tail.ID, tail.Rows, time.UnixMicro(tail.First).UTC().Format("02")))
	}
	slices.Sort(got)
	if want := "A204 B101 D006"; strings.Join(got, " ") != want {
		t.Errorf("%v, not %s", got, want)
	}
	if rows := graph.OwnRows(f, from, 2); !slices.Equal(rows, []int{1, 4, 5}) {
		t.Errorf("rows %v", rows)
	}
}

// TestOwnRowsAreThoseBefore: a second implementation, straight from the definition, over random rows.
func TestOwnRowsAreThoseBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []string
		for d := 1; d <= 28; d++ {
			for _, id := range []string{"A", "B", "C", "D"} {
				if rapid.IntRange(0, 3).Draw(t, "row") == 0 {
					rows = append(rows, fmt.Sprintf("%02d %s", d, id))
				}
			}
		}
		f := keyed(rows...)
		n, from := rapid.IntRange(1, 5).Draw(t, "n"), day(fmt.Sprintf("2022-01-%02dT00", rapid.IntRange(1, 28).Draw(t, "from")))
		var want []int
		for i, id := range f.Identifiers() {
			after, alive := 0, false
			for j, other := range f.Identifiers() {
				alive = alive || other == id && f.Times()[j] >= from
				if other == id && j > i && f.Times()[j] < from {
					after++
				}
			}
			if f.Times()[i] < from && alive && after < n {
				want = append(want, i)
			}
		}
		if got := graph.OwnRows(f, from, n); !slices.Equal(got, want) {
			t.Fatalf("%v, not %v", got, want)
		}
	})
}

// rare is a grid on which an identifier with a row in any range had its last rows before long ago.
type rare struct {
	weekdays
	first int64
	short bool
}

func (r *rare) Own(_ context.Context, _ *graph.Node, from, _ int64, n int) ([]graph.Tail, error) {
	rows := n
	if r.short {
		rows--
	}
	return []graph.Tail{{ID: "A", Rows: n, First: from}, {ID: "B", Rows: rows, First: min(r.first, from)}}, nil
}

// TestOwnRowsReachBack: inputs of code are read from the first of the rows that identifiers have of their own; what is read as of a time also from before
// the first row of the others. Held prices are there at every time.
func TestOwnRowsReachBack(t *testing.T) {
	for _, c := range []struct{ node, want string }{
		{"{kind: sql, inputs: {p: prices, v: volumes}, query: q, lookback: 2}", "prices: 2022-03-04T04, volumes: 2022-03-04T04"},
		{"{kind: sql, inputs: {p: prices, v: volumes}, query: q, lookback: 0}", "prices: 2022-08-17T00, volumes: 2022-08-17T00"},
		{"{kind: sql, inputs: {p: held}, query: q, lookback: 2}", "prices: 2022-08-15T04 as of"},
		{"{kind: sql, inputs: {p: same}, query: q, lookback: 2}", "prices: 2022-03-04T04"},
		{"{kind: sql, inputs: {p: prices, v: {node: volumes, as_of: each}}, query: q, lookback: 0}", "prices: 2022-08-17T00, volumes: 2022-08-17T00 as of"},
		{"{kind: sql, inputs: {p: held, v: {node: volumes, as_of: whole}}, query: q, lookback: 2}", "prices: 2022-08-15T04 as of, volumes: 2022-03-04T04 as of"},
		{"{kind: sql, inputs: {p: prices, v: {node: other, as_of: each}}, query: q, lookback: 0}", "prices: 2022-08-17T00, volumes: beginning"},
		{"{kind: sql, inputs: {p: prices, v: {node: other, as_of: each, max_age: 3d}}, query: q, lookback: 0}", "prices: 2022-08-17T00, volumes: 2022-08-12T04"},
	} {
		p := pipeline(t, prelude+"  held: {kind: interpolate, input: prices, method: previous}\n  same: {kind: sql, inputs: {x: prices}, lookback: 0, query: select * from x}\n  a: "+c.node+"\n")
		a := one(t, p, "a", nil)
		ranges, err := graph.Ranges(context.Background(), []*graph.Node{a}, nil, day("2022-08-17T00"), day("2022-12-01T00"), &rare{first: day("2022-03-04T04")})
		if err != nil {
			t.Fatal(err)
		}
		got := show([]*graph.Node{a}, nil, ranges)
		var parts []string
		for _, name := range []string{"prices", "volumes"} {
			if s, ok := got[name]; ok {
				parts = append(parts, name+": "+s)
			}
		}
		if s := strings.Join(parts, ", "); s != c.want {
			t.Errorf("%s:\n  %s, want\n  %s", c.node, s, c.want)
		}
	}
}

// TestQueriesThatKeepRows: what shows in a query's words, and what does not.
func TestQueriesThatKeepRows(t *testing.T) {
	for query, keeps := range map[string]bool{
		"select * from x": true, " SELECT x.* FROM x": true, "select *, 2 * close as y from x": true, "select time_index, unique_identifier, close from x": true,
		"select x.time_index, x.unique_identifier, lag(close) over (partition by unique_identifier order by time_index) as c from x": true,
		"select * from x where close > 1": false, "select * from x, y": false, "select * from x x2": false, "select * from y": false, "select *": false,
		"select time_index, max(unique_identifier) as unique_identifier from x": false, "select time_index + interval 1 day as time_index, unique_identifier from x": false,
		"select max(time_index) as time_index from x": false, "select * exclude (close) from x": false, "select distinct * from x": false,
		"select * from x limit 5": false, "select count(*) as n from x": false, "select *, extract(year from time_index) as y from x": false,
		"from x": false, "select unique_identifier, time_index from x": false, "select time_index, 'a' as unique_identifier from x": false,
		"select *, (select 1) as a from x": false, "select * from x union all select * from x": false, "select * from x -- where": true,
	} {
		p := pipeline(t, prelude+fmt.Sprintf("  thin: {kind: sql, inputs: {x: prices, y: volumes}, lookback: 0, query: %q}\n  a: {kind: lag, input: thin, rows: 4}\n", query))
		m := &mondays{}
		if _, err := graph.Ranges(context.Background(), []*graph.Node{one(t, p, "thin", nil), one(t, p, "a", nil)}, nil, day("2022-08-17T00"), day("2022-12-01T00"), m); err != nil {
			t.Fatal(err)
		}
		if kept := len(m.counted) == 0; kept != keeps {
			t.Errorf("%q keeps its rows: %v", query, kept)
		}
	}
}
