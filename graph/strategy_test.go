package graph

import (
	"testing"
	"time"
)

func TestRebalances(t *testing.T) {
	for _, c := range []struct {
		written any
		want    Rebalance
	}{
		{"every_row", Rebalance{Every: "every_row"}}, {"1mo", Rebalance{Every: "1mo"}}, {"3mo", Rebalance{Every: "3mo"}}, {"1w", Rebalance{Every: "1w"}},
		{"changes", Rebalance{Every: "changes"}}, {"21 rows", Rebalance{"rows", 21, 0}},
		{map[string]any{"rows": int64(21), "offset": int64(5)}, Rebalance{"rows", 21, 5}}, {map[string]any{"rows": int64(3)}, Rebalance{"rows", 3, 0}},
	} {
		typed, f := readRebalance(c.written)
		if f != nil {
			t.Errorf("%v: %s", c.written, f.message)
			continue
		}
		k := KindNamed(KindWeights)
		p := Params{k, make([]any, len(k.Params))}
		p.set("rebalance", typed)
		if got := RebalanceOf(p); got != c.want {
			t.Errorf("%v is %+v, want %+v", c.written, got, c.want)
		}
	}
	for _, wrong := range []any{"2mo", "0 rows", "rows", int64(21), map[string]any{"rows": int64(2), "offset": int64(2)}, map[string]any{"offset": int64(2)}, "21 rows 5", nil} {
		if _, f := readRebalance(wrong); f == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

func TestSides(t *testing.T) {
	read := readSide("top", "above")
	for _, c := range []struct {
		written any
		want    string
	}{
		{"all", "all"}, {map[string]any{"top": int64(10)}, "first 10"}, {map[string]any{"top": "10%"}, "share 0.1"}, {map[string]any{"above": 0.5}, "beyond 0.5"},
	} {
		if got, f := read(c.written); f != nil || got != c.want {
			t.Errorf("%v: %v, %v", c.written, got, f)
		}
	}
	for _, wrong := range []any{"none", map[string]any{"bottom": int64(1)}, map[string]any{"top": int64(0)}, map[string]any{"top": "0%"}, map[string]any{"top": "101%"}, map[string]any{"top": "ten"}, map[string]any{}, int64(3)} {
		if _, f := read(wrong); f == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

func TestPeriods(t *testing.T) {
	at := func(s string) int64 {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMicro()
	}
	york, _ := time.LoadLocation("America/New_York")
	for _, c := range []struct {
		t, every, want string
		zone           *time.Location
	}{
		{"2024-02-15T10:00:00Z", "1mo", "2024-02-01T00:00:00Z", time.UTC},
		{"2024-02-15T10:00:00Z", "3mo", "2024-01-01T00:00:00Z", time.UTC},
		{"2024-02-18T10:00:00Z", "1w", "2024-02-12T00:00:00Z", time.UTC}, // a Sunday belongs to the Monday before
		{"2024-02-12T00:00:00Z", "1w", "2024-02-12T00:00:00Z", time.UTC},
		{"2024-03-01T03:00:00Z", "1mo", "2024-02-01T05:00:00Z", york},
	} {
		if got := Period(at(c.t), c.every, c.zone); got != at(c.want) {
			t.Errorf("%s of %s begins %s", c.every, c.t, time.UnixMicro(got).UTC())
		}
	}
}
