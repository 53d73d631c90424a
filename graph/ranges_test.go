package graph_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
	"pgregory.net/rapid"
)

// weekdays is a grid with a row at 04:00Z on every weekday since 2021-01-04.
type weekdays struct{ asked []string }

var firstDay = time.Date(2021, 1, 4, 4, 0, 0, 0, time.UTC)

func (w *weekdays) Back(_ context.Context, t *graph.Node, before int64, n int) (int64, bool, error) {
	w.asked = append(w.asked, t.Name)
	if n < 1 || before == graph.Beginning {
		return 0, false, fmt.Errorf("asked for %d rows before %d", n, before)
	}
	at := time.UnixMicro(before).UTC()
	day := time.Date(at.Year(), at.Month(), at.Day(), 4, 0, 0, 0, time.UTC)
	last := before
	for ; n > 0; day = day.AddDate(0, 0, -1) {
		if day.Before(firstDay) {
			return last, true, nil
		}
		if day.UnixMicro() < before && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			last = day.UnixMicro()
			n--
		}
	}
	return last, false, nil
}

// Own: every identifier has a row at every time.
func (*weekdays) Own(context.Context, *graph.Node, int64, int64, int) ([]graph.Tail, error) {
	return nil, nil
}

func day(s string) int64 {
	t, err := time.Parse("2006-01-02T15", s)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// show writes ranges by name of node; of several nodes of one name the earliest.
func show(targets []*graph.Node, cut map[graph.Hash]bool, ranges map[graph.Hash]graph.Range) map[string]string {
	text := map[string]string{}
	graph.Walk(targets, cut, func(n *graph.Node) {
		r, ok := ranges[n.Hash]
		s := "none"
		switch {
		case r.From == graph.Beginning:
			s = "beginning"
		case ok:
			s = time.UnixMicro(r.From).UTC().Format("2006-01-02T15")
		}
		if r.AsOf {
			s += " as of"
		}
		if old, seen := text[n.Name]; !seen || s < old {
			text[n.Name] = s
		}
	})
	return text
}

func rangesOf(t testing.TB, p *graph.Pipeline, start int64, cut map[graph.Hash]bool, names ...string) map[string]string {
	t.Helper()
	var targets []*graph.Node
	for _, name := range names {
		nodes, err := p.Nodes(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, nodes...)
	}
	ranges, err := graph.Ranges(context.Background(), targets, cut, start, start+365*86400e6, &weekdays{})
	if err != nil {
		t.Fatal(err)
	}
	return show(targets, cut, ranges)
}

// TestRangesLongShort works out the design's example by hand. 2022-08-01 is a Monday: the weights that earn its return are
// of Friday 07-29, whose month begins on Friday 07-01, from which on members count. 200 rows end there, the first 199
// weekdays before, 2021-09-27; one more for its return.
func TestRangesLongShort(t *testing.T) {
	_, p := load(t, "testdata/long_short.yaml")
	want := map[string]string{
		"portfolio": "2022-08-01T00", "long_lasso": "2022-07-29T04", "short_lasso": "2022-07-29T04", "returns": "2021-09-27T04",
		"interpolated_prices": "2021-09-24T04", "prices": "2021-09-24T04 as of", "holdings": "2022-07-01T00 as of",
	}
	if got := rangesOf(t, p, day("2022-08-01T00"), nil, "portfolio"); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRanges(t *testing.T) {
	for _, c := range []struct{ node, want string }{
		{"{kind: table, table: x}", "a: 2022-08-17T00"},
		{"{kind: interpolate, input: prices, method: previous}", "a: 2022-08-17T00, prices: 2022-08-17T00 as of"},
		{"{kind: interpolate, input: prices, method: previous, every: 2h}", "a: 2022-08-17T00, prices: 2022-08-17T00 as of"},
		{"{kind: interpolate, input: returns, method: previous}", "a: 2022-08-17T00, prices: beginning, returns: beginning"},
		{"{kind: returns, input: prices, method: log}", "a: 2022-08-17T00, prices: 2022-08-16T04"},
		{"{kind: returns, input: prices, periods: 3}", "a: 2022-08-17T00, prices: 2022-08-12T04"},
		{"{kind: lag, input: returns, rows: 2}", "a: 2022-08-17T00, prices: 2022-08-12T04, returns: 2022-08-15T04"},
		{"{kind: lag, input: daily}", "a: 2022-08-17T00, daily: 2022-08-16T00, prices: 2022-08-16T00 as of"},
		{"{kind: rolling, input: prices, function: mean, in_window: 1}", "a: 2022-08-17T00, prices: 2022-08-01T00"},
		{"{kind: rolling, input: prices, function: mean, in_window: 3}", "a: 2022-08-17T00, prices: 2022-07-28T04"},
		{"{kind: rolling, input: prices, function: mean, in_window: 100000}", "a: 2022-08-17T00, prices: 2021-01-04T04"},
		{"{kind: rolling, input: daily, function: mean, in_window: 3}", "a: 2022-08-17T00, daily: 2022-07-30T00, prices: 2022-07-30T00 as of"},
		{"{" + lasso + "universe: [A], in_window: 2, lasso_alpha: 1}", "a: 2022-08-17T00, prices: 2022-07-28T04, returns: 2022-07-29T04"},
		{"{" + lasso + "universe: {node: members}, in_window: 2, lasso_alpha: 1}", "a: 2022-08-17T00, members: 2022-08-01T00 as of, prices: 2022-07-28T04, returns: 2022-07-29T04"},
		{"{" + lasso + `universe: {node: members, where: "unique_identifier <> 'A' and etf = 'B'"}, in_window: 2, lasso_alpha: 1}`, "a: 2022-08-17T00, members: 2022-08-01T00 as of, prices: 2022-07-28T04, returns: 2022-07-29T04"},
		{"{" + lasso + "universe: {node: members, where: weight > 0}, in_window: 2, lasso_alpha: 1}", "a: 2022-08-17T00, members: beginning, prices: 2022-07-28T04, returns: 2022-07-29T04"},
		{"{kind: long_short_portfolio, returns: returns, long: volumes, short: prices}", "a: 2022-08-17T00, prices: 2022-08-15T04, returns: 2022-08-16T04, volumes: 2022-08-16T04"},
		{"{kind: sql, inputs: {p: prices, v: volumes}, query: q, lookback: 0}", "a: 2022-08-17T00, prices: 2022-08-17T00, volumes: 2022-08-17T00"},
		{"{kind: sql, inputs: {p: prices, v: volumes}, query: q, lookback: 2}", "a: 2022-08-17T00, prices: 2022-08-15T04, volumes: 2022-08-15T04"},
	} {
		text := strings.Replace(prelude, "{kind: table, table: members}", "{kind: table, table: members, key: [time_index, etf, unique_identifier], columns: [weight]}", 1)
		p := pipeline(t, text+"  daily: {kind: interpolate, input: prices, method: previous, every: 1d}\n  a: "+c.node+"\n")
		got := rangesOf(t, p, day("2022-08-17T00"), nil, "a")
		var parts []string
		for _, name := range []string{"a", "daily", "members", "other", "prices", "returns", "volumes"} {
			if s, ok := got[name]; ok {
				parts = append(parts, name+": "+s)
			}
		}
		if s := strings.Join(parts, ", "); s != c.want {
			t.Errorf("%s:\n  %s, want\n  %s", c.node, s, c.want)
		}
	}
}

// TestRangesCut: a derived node that is read from the database answers for the grid, and as of a time.
func TestRangesCut(t *testing.T) {
	p := pipeline(t, prelude+"  steps: {kind: interpolate, input: prices, method: previous, every: 1d}\n  more: {kind: returns, input: steps}\n  a: {kind: interpolate, input: more, method: previous}\n")
	cut := map[graph.Hash]bool{one(t, p, "more", nil).Hash: true}
	if got := fmt.Sprint(rangesOf(t, p, day("2022-08-17T00"), cut, "a")); got != "map[a:2022-08-17T00 more:2022-08-17T00 as of]" {
		t.Error(got)
	}
	cut = map[graph.Hash]bool{one(t, p, "steps", nil).Hash: true}
	if got := fmt.Sprint(rangesOf(t, p, day("2022-08-17T00"), cut, "more")); got != "map[more:2022-08-17T00 steps:2022-08-16T04]" {
		t.Error("the grid of a cut node is its own:", got)
	}
}

type broken struct{}

func (broken) Back(context.Context, *graph.Node, int64, int) (int64, bool, error) {
	return 0, false, errors.New("no connection")
}

func (broken) Own(context.Context, *graph.Node, int64, int64, int) ([]graph.Tail, error) {
	return nil, errors.New("no connection")
}

func TestRangesFail(t *testing.T) {
	_, p := load(t, "testdata/long_short.yaml")
	_, err := graph.Ranges(context.Background(), []*graph.Node{one(t, p, "portfolio", nil)}, nil, 0, 1, broken{})
	if err == nil || err.Error() != "no connection" {
		t.Error(err)
	}
}

// TestRangesMonotone: an earlier start, or more targets, never makes a range later or drops what is needed as of it.
func TestRangesMonotone(t *testing.T) {
	_, p := load(t, "testdata/kinds.yaml")
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(p.Names()), 2, 6, rapid.ID[string]).Draw(t, "targets")
		start := rapid.Int64Range(day("2021-02-01T00"), day("2024-01-01T00")).Draw(t, "start")
		earlier := start - rapid.Int64Range(0, 500*86400e6).Draw(t, "earlier")
		resolve := func(names []string) (nodes []*graph.Node) {
			for _, name := range names {
				at, err := p.Nodes(name, nil)
				if err != nil {
					t.Fatal(err)
				}
				nodes = append(nodes, at...)
			}
			return nodes
		}
		at := func(nodes []*graph.Node, start int64) map[graph.Hash]graph.Range {
			ranges, err := graph.Ranges(context.Background(), nodes, nil, start, start+365*86400e6, &weekdays{})
			if err != nil {
				t.Fatal(err)
			}
			graph.Walk(nodes, nil, func(n *graph.Node) {
				if _, ok := ranges[n.Hash]; !ok {
					t.Fatalf("%s has no range", n.Name)
				}
			})
			return ranges
		}
		few := at(resolve(names[1:]), start)
		for what, more := range map[string]map[graph.Hash]graph.Range{
			"more targets": at(resolve(names), start), "an earlier start": at(resolve(names[1:]), earlier),
		} {
			for h, r := range few {
				o, ok := more[h]
				if !ok || o.From > r.From || r.AsOf && !o.AsOf && o.From != graph.Beginning {
					t.Fatalf("%s: %v became %v", what, r, o)
				}
			}
		}
	})
}

func TestSteps(t *testing.T) {
	at := func(zone, s string) int64 {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
		if err != nil {
			t.Fatal(err)
		}
		return got.UnixMicro()
	}
	const ny = "America/New_York"
	for _, c := range []struct{ every, zone, t, before, from string }{
		{"1d", "UTC", "2022-03-14 10:00", "2022-03-14 00:00", "2022-03-15 00:00"},
		{"1d", "UTC", "2022-03-14 00:00", "2022-03-13 00:00", "2022-03-14 00:00"},
		{"1d", ny, "2022-03-14 00:00", "2022-03-13 00:00", "2022-03-14 00:00"}, // a day of 23 hours
		{"2d", "UTC", "1970-01-02 00:00", "1970-01-01 00:00", "1970-01-03 00:00"},
		{"2d", "UTC", "1969-12-31 12:00", "1969-12-30 00:00", "1970-01-01 00:00"},
		{"1h", ny, "2022-03-13 03:30", "2022-03-13 03:00", "2022-03-13 04:00"},
		{"1h", ny, "2022-03-13 03:00", "2022-03-13 01:00", "2022-03-13 03:00"},
		{"7h", "UTC", "2022-03-14 23:00", "2022-03-14 21:00", "2022-03-15 00:00"},
		{"7h", "UTC", "2022-03-15 00:00", "2022-03-14 21:00", "2022-03-15 00:00"},
		{"24h", "UTC", "2022-03-15 00:00", "2022-03-14 00:00", "2022-03-15 00:00"},
		{"1d", "America/Sao_Paulo", "2018-11-04 12:00", "2018-11-04 01:00", "2018-11-05 00:00"}, // no midnight
		{"1d", "Pacific/Apia", "2011-12-31 12:00", "2011-12-31 00:00", "2012-01-01 00:00"},      // no 30th
		{"15m", "Asia/Kathmandu", "2022-03-14 00:10", "2022-03-14 00:00", "2022-03-14 00:15"},
	} {
		s, err := graph.NewSteps(c.every, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		when := at(c.zone, c.t)
		if got := s.Before(when); got != at(c.zone, c.before) {
			t.Errorf("%v: before is %s", c, time.UnixMicro(got).In(s.Zone))
		}
		if got := s.From(when); got != at(c.zone, c.from) {
			t.Errorf("%v: from is %s", c, time.UnixMicro(got).In(s.Zone))
		}
	}
}

// TestStepsAgree: Back is Before over and over, and From undoes Before, in zones with every kind of odd midnight.
func TestStepsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"UTC", "America/New_York", "America/Sao_Paulo", "Europe/Berlin", "Africa/Cairo", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia"}).Draw(t, "zone")
		every := rapid.SampledFrom([]string{"1d", "3d", "1w", "24h", "7h", "1h", "15m", "37m"}).Draw(t, "every")
		s, err := graph.NewSteps(every, zone)
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.Int64Range(day("1975-01-01T00"), day("2030-01-01T00")).Draw(t, "time")
		n := rapid.IntRange(0, 300).Draw(t, "rows")
		at := from
		for range n {
			before := s.Before(at)
			if before >= at {
				t.Fatal("before is not before")
			}
			if s.From(before) != before || s.From(before+1) > at && s.From(at) == at {
				t.Fatalf("a step lies between %d and %d", before, at)
			}
			at = before
		}
		if got := s.Back(from, n); got != at {
			t.Fatalf("back is %s, want %s", time.UnixMicro(got).In(s.Zone), time.UnixMicro(at).In(s.Zone))
		}
	})
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]string{"1w": "7d", "1d": "1d", "24h": "24h", "60m": "1h", "90m": "90m", "3600s": "1h", "1500ms": "1500ms", "1000ms": "1s"} {
		d, err := graph.ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "d", "5", "1.5h", "-1d", "0s", "1 d", "1D", "1y", fmt.Sprint(math.MaxInt64, "w"), "99999999999999999999s"} {
		if d, err := graph.ParseDuration(text); err == nil {
			t.Errorf("%s: %s, want an error", text, d)
		}
	}
}
