package compute

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

// said evaluates a node and returns what there is to say of its rows, and what the user was told.
func said(t *testing.T, w graph.Rows, start, end int64, o Options, n *graph.Node) (warnings, told []string) {
	t.Helper()
	o.Warn = func(text string) { told = append(told, text) }
	e, err := New(w, start, end, w.(graph.Grid), o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
		t.Fatal(err)
	}
	if _, warnings, err = e.Rows(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Output(context.Background(), n); err != nil {
		t.Fatal(err)
	}
	return warnings, told
}

// daily writes prices of a few identifiers from a day on, where price returns some.
func daily(t *testing.T, from string, days int, ids []string, price func(id string, day int) (v float64, ok bool)) *frame.Frame {
	t.Helper()
	var rows []string
	begin, _ := time.Parse(time.DateOnly, from)
	for day := range days {
		for _, id := range ids {
			if v, ok := price(id, day); ok {
				rows = append(rows, fmt.Sprint(begin.AddDate(0, 0, day).Format(time.DateOnly), " ", id, " ", v))
			}
		}
	}
	return tiny(t, rows...)["prices"]
}

func wave(id string, day int) float64 {
	return 100 + float64(day%7) + float64(int(id[0])*day%11)
}

// TestWarningsNameWhom: each names who it is about, reaches the portfolio that is made of it, and is told once.
func TestWarningsNameWhom(t *testing.T) {
	start, end := micros("2022-04-11"), micros("2022-07-01")
	always := func(id string, day int) (float64, bool) { return wave(id, day), true }
	lasso := func(universe string) string {
		return "it: {kind: lasso, input: earned, ticker_to_replicate: A, universe: " + universe + ", in_window: 10, lasso_alpha: 0}"
	}
	for name, c := range map[string]struct {
		node  string
		price func(id string, day int) (float64, bool)
		want  string
	}{
		"nothing":              {lasso("[B, C]"), always, ""},
		"no prices":            {lasso("[B, Z]"), always, "replicating A: 1 member of the universe has no prices and is left out: Z"},
		"nobody":               {lasso("[A]"), always, "replicating A: the universe has nobody beside it, and it is never its own feature: there are no rows"},
		"a typing error":       {lasso(`{node: holdings, where: "etf = 'l1'"}`), always, "replicating A: the universe's condition etf = 'l1' keeps nobody (did you mean 'L1'?), so there are no rows"},
		"another value":        {lasso(`{node: holdings, where: "etf = 'utilities'"}`), always, "replicating A: the universe's condition etf = 'utilities' keeps nobody (etf is L1), so there are no rows"},
		"members come later":   {lasso(`{node: holdings, where: "etf = 'L1' and weight > 1"}`), always, "replicating A: the universe has no members before 2022-05-02: there are no rows before that"},
		"the target is late":   {lasso("[B, C]"), func(id string, day int) (float64, bool) { return wave(id, day), id != "A" || day > 100 }, "replicating A: its returns begin at 2022-04-13, and rows when they fill a window"},
		"delisted":             {"it: {kind: interpolate, method: previous, input: prices, every: 1d}", func(id string, day int) (float64, bool) { return wave(id, day), id != "B" || day < 120 }, "61 rows are made of values that are not observed any more (max_gap: 5d ends them): B (61 from 2022-05-01 on)"},
		"delisted, with a gap": {"it: {kind: interpolate, method: previous, input: prices, max_gap: 5d}", func(id string, day int) (float64, bool) { return wave(id, day), id != "B" || day < 120 }, ""},
		"seldom observed":      {"it: {kind: interpolate, method: previous, input: prices, every: 1d}", func(id string, day int) (float64, bool) { return wave(id, day), day%80 == 0 }, ""},
		"a price of 0":         {"it: {kind: returns, input: prices, column: close, method: log}", func(id string, day int) (float64, bool) { return wave(id, day) * float64(min(1, 150-day)), day <= 150 }, "3 prices of 0, whose logarithm is no number: returns to it are missing: A (at 2022-05-31), B (at 2022-05-31), C (at 2022-05-31)"},
		"a price below 0": {"it: {kind: returns, input: prices, column: close}", func(id string, day int) (float64, bool) {
			return wave(id, day) - 1000*float64(day/150), id == "C" && day <= 151
		}, "2 prices below 0: returns from and to it are missing: C (2 from 2022-05-31 on)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world{"prices": daily(t, "2022-01-01", 200, []string{"A", "B", "C"}, c.price)}
			w["holdings"] = frameOfHoldings("2022-05-02 L1 B", "2022-05-02 L1 C")
			p := pipeline(t, c.node, "earned: {kind: returns, input: prices, column: close}")
			n := node(t, p, "it", nil)
			warnings, told := said(t, w, start, end, Options{}, n)
			if got := strings.Join(warnings, "\n"); got != c.want {
				t.Errorf("it is %q, not %q", got, c.want)
			}
			if c.want != "" && !slices.Equal(told, []string{"node it: " + c.want}) || c.want == "" && len(told) > 0 {
				t.Errorf("the user is told %q", told)
			}
		})
	}
}

func frameOfHoldings(rows ...string) *frame.Frame {
	b := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "etf", Type: frame.String},
		{Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "weight", Type: frame.Float64},
	}})
	for _, row := range rows {
		cells := strings.Fields(row)
		b.Time(0, micros(cells[0]))
		b.String(1, cells[1])
		b.String(2, cells[2])
		b.Float(3, 2)
	}
	return b.Frame()
}

// TestPortfoliosSayWhatTheyHeldWithoutAPrice: the same whether the leg is made at once or by a panel of weights, kept from another run, or read by a sweep.
func TestPortfoliosSayWhatTheyHeldWithoutAPrice(t *testing.T) {
	start, end := micros("2022-04-11"), micros("2022-07-01")
	w := world{"prices": daily(t, "2022-01-01", 200, []string{"A", "B", "C", "D"}, func(id string, day int) (float64, bool) {
		return wave(id, day), id != "B" || day < 130 || day > 133
	})}
	p := pipeline(t, "earned: {kind: returns, input: prices, column: close}",
		"long: {kind: lasso, input: earned, ticker_to_replicate: A, universe: [B, Z], in_window: 10, lasso_alpha: 0, positive: false}",
		"short: {kind: lasso, input: earned, ticker_to_replicate: D, universe: [C], in_window: 10, lasso_alpha: 0, positive: false}",
		"it: {kind: long_short_portfolio, returns: earned, long: long, short: short}")
	n := node(t, p, "it", nil)
	want := "replicating A: 1 member of the universe has no prices and is left out: Z\n" +
		"1 time a position that is held has no return, which counts as 0: B (at 2022-05-11)"
	kept := &shelf{legs: map[LegKey]*Leg{}}
	for _, o := range []Options{{Legs: kept}, {Legs: kept}, {Keep: map[graph.Hash]bool{node(t, p, "long", nil).Hash: true}}} {
		warnings, told := said(t, w, start, end, o, n)
		if got := strings.Join(warnings, "\n"); got != want {
			t.Errorf("it is\n%s\nnot\n%s", got, want)
		}
		if len(told) != 2 {
			t.Errorf("the user is told %q", told)
		}
	}
	e, err := New(w, start, end, w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
		t.Fatal(err)
	}
	var s Series
	if _, err := e.Series(context.Background(), n, &s); err != nil || strings.Join(s.Warnings(), "\n") != want {
		t.Errorf("a sweep reads %q, %v", s.Warnings(), err)
	}
}
