package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// mondays is a grid of weekdays on which every computed node that is counted has rows on Mondays alone.
type mondays struct {
	weekdays
	counted []string
	answers graph.Answers
	short   bool // a lookback asked for more than there is
}

func (m *mondays) Reach(ctx context.Context, t *graph.Node, before int64, n int) (int64, bool, error) {
	return m.weekdays.Back(ctx, t, before, n)
}

func (m *mondays) Back(ctx context.Context, t *graph.Node, before int64, n int) (int64, bool, error) {
	at, short, err := m.weekdays.Back(ctx, t, before, n)
	m.short = m.short || short
	return at, short, err
}

func (m *mondays) Keys(_ context.Context, n *graph.Node, _ map[graph.Hash]bool, from, to int64) (*frame.Frame, error) {
	m.counted = append(m.counted, n.Name)
	b := frame.NewBuilder(frame.Long())
	for at := firstDay; at.UnixMicro() < to; at = at.AddDate(0, 0, 7) {
		if at.UnixMicro() >= from {
			b.Time(0, at.UnixMicro())
			b.String(1, "A")
		}
	}
	return b.Frame(), nil
}

func (m *mondays) Hold() func() { return func() {} }

func (m *mondays) Answers() *graph.Answers { return &m.answers }

// TestRowsAreCountedWhereTheyAre: 2022-08-01 is a Monday. Four Mondays before it are found in the 32 weekdays before, back to 06-16, and not in 16; four
// Mondays before 08-17 in the 32 back to 07-04. So far back prices are needed to count again, and what is counted from the fourth Monday.
func TestRowsAreCountedWhereTheyAre(t *testing.T) {
	for _, c := range []struct{ nodes, want, prices string }{
		{"thin: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  a: {kind: rolling, input: thin, function: mean, in_window: 5}", "2022-07-04T04", "2022-06-16T04"},
		{"thin: {kind: sql, inputs: {x: prices}, lookback: 3, query: q}\n  a: {kind: rolling, input: thin, function: mean, in_window: 5}", "2022-07-04T04", "2022-06-13T04"},
		{"thin: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  a: {kind: sql, inputs: {x: thin}, query: q, lookback: 4}", "2022-07-25T04", "2022-07-04T04"},
		{"thin: {kind: interpolate, input: prices, method: previous, every: 1d, max_gap: 1h}\n  a: {kind: lag, input: thin, rows: 4}", "2022-07-25T04", "2022-07-15T04 as of"},
		{"thin: {kind: returns, input: prices, periods: 2}\n  a: {kind: lag, input: thin, rows: 4}", "2022-07-25T04", "2022-06-30T04"},
		{"thin: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  a: {kind: lag, input: thin, rows: 1000}", "2021-01-04T04", "2021-01-04T04"},
		{"thin: {kind: sql, inputs: {x: prices}, lookback: 3, query: q}\n  a: {kind: lag, input: thin, rows: 80}", "2021-02-08T04", "2021-01-04T04"}, // twice the rows are more than there are, the lookback is not
		{"thin: {kind: interpolate, input: prices, method: previous, every: 1d, max_gap: 1h}\n  a: {kind: lag, input: thin, rows: 1000}", "2019-11-21T00", "2019-11-21T00 as of"},
	} {
		p := pipeline(t, prelude+"  "+c.nodes+"\n")
		m := &mondays{}
		ranges, err := graph.Ranges(context.Background(), []*graph.Node{one(t, p, "a", nil)}, nil, day("2022-08-17T00"), day("2022-12-01T00"), m)
		if err != nil {
			t.Fatal(err)
		}
		got := show([]*graph.Node{one(t, p, "a", nil)}, nil, ranges)
		if long := strings.Contains(c.nodes, "rows: 1000}"); m.short != (long && !strings.Contains(c.nodes, "every")) {
			t.Errorf("%s: a short history was reported: %v", c.nodes, m.short)
		}
		if got["thin"] != c.want || got["prices"] != c.prices {
			t.Errorf("%s:\n  thin: %s, prices: %s, want\n  thin: %s, prices: %s", c.nodes, got["thin"], got["prices"], c.want, c.prices)
		}
	}
}

// TestWhatIsCounted: held prices, and what is made of them, have every time of their grid, and code in other languages is not run to see.
func TestWhatIsCounted(t *testing.T) {
	for _, c := range []struct {
		nodes   string
		counted string // empty: none
	}{
		{"b: {kind: interpolate, input: prices, method: previous}\n  a: {kind: lag, input: b}", ""},
		{"b: {kind: interpolate, input: prices, method: previous, every: 1h}\n  a: {kind: lag, input: b}", ""},
		{"c: {kind: interpolate, input: prices, method: previous}\n  b: {kind: returns, input: c}\n  a: {kind: lag, input: b}", ""},
		{"a: {kind: lag, input: prices}", ""},
		{"b: {kind: interpolate, input: prices, method: previous, max_gap: 1d}\n  a: {kind: lag, input: b}", "b"},
		{"c: {kind: lag, input: prices}\n  b: {kind: interpolate, input: c, method: previous}\n  a: {kind: lag, input: b}", "c"},
		{"c: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  d: {kind: returns, input: c}\n  b: {kind: lag, input: d}\n  a: {kind: lag, input: b}", "d"},
		{"c: {kind: command, command: [x], inputs: {x: prices}, lookback: 0}\n  b: {kind: sql, inputs: {x: c}, lookback: 0, query: q}\n  a: {kind: lag, input: b}", ""},
	} {
		p, err := outside(t, newInside(), "  "+c.nodes+"\n")
		if err != nil {
			t.Fatal(err)
		}
		m := &mondays{}
		if _, err := graph.Ranges(context.Background(), []*graph.Node{one(t, p, "a", nil)}, nil, day("2022-08-17T00"), day("2022-12-01T00"), m); err != nil {
			t.Fatal(err)
		}
		if got := slices.Compact(m.counted); len(got) > 1 && c.counted != "d" || (len(got) > 0) != (c.counted != "") || len(got) > 0 && !slices.Contains(got, c.counted) {
			t.Errorf("%s: %v are counted", c.nodes, m.counted)
		}
	}
}

// TestFromIsExact: what a query is given begins at its lookback, however far back its input had to be computed.
func TestFromIsExact(t *testing.T) {
	p := pipeline(t, prelude+"  thin: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  a: {kind: sql, inputs: {x: thin}, query: q, lookback: 4}\n")
	at, err := graph.From(context.Background(), one(t, p, "a", nil), day("2022-08-17T00"), nil, day("2022-08-17T00"), day("2022-12-01T00"), &mondays{})
	if want := "2022-07-25T04"; err != nil || at != day(want) {
		t.Errorf("%s, %v, not %s", time.UnixMicro(at).UTC(), err, want)
	}
}

// sick is a grid on which nothing can be computed.
type sick struct{ mondays }

func (*sick) Keys(_ context.Context, n *graph.Node, _ map[graph.Hash]bool, _, _ int64) (*frame.Frame, error) {
	return nil, fmt.Errorf("node %s: no numeric column", n.Name)
}

// bad is a grid on which the nodes themselves cannot be computed.
type bad struct{ mondays }

func (*bad) Keys(context.Context, *graph.Node, map[graph.Hash]bool, int64, int64) (*frame.Frame, error) {
	return nil, graph.ErrUncountable
}

// TestWhatCannotBeComputedCountsAsItsGrid: that it fails is found out, and said, where it is evaluated.
func TestWhatCannotBeComputedCountsAsItsGrid(t *testing.T) {
	p := pipeline(t, prelude+"  thin: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  a: {kind: lag, input: thin, rows: 4}\n")
	a := one(t, p, "a", nil)
	ranges, err := graph.Ranges(context.Background(), []*graph.Node{a}, nil, day("2022-08-17T00"), day("2022-12-01T00"), &bad{})
	if err != nil || ranges[a.Inputs[0].Nodes[0].Hash].From != day("2022-08-11T04") {
		t.Errorf("%v, %v", show([]*graph.Node{a}, nil, ranges), err)
	}
}

// TestACountThatFails names the node that could not be computed, and none of those that look back at it.
func TestACountThatFails(t *testing.T) {
	p := pipeline(t, prelude+"  thin: {kind: sql, inputs: {x: prices}, lookback: 0, query: q}\n  b: {kind: lag, input: thin}\n  a: {kind: lag, input: b}\n")
	_, err := graph.Ranges(context.Background(), []*graph.Node{one(t, p, "a", nil)}, nil, day("2022-08-17T00"), day("2022-12-01T00"), &sick{})
	if err == nil || err.Error() != "node thin: no numeric column" {
		t.Error(err)
	}
}
