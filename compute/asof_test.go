package compute

import (
	"context"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// onePrice is a world whose only price is of one day.
func onePrice(day string) world {
	b := frame.NewBuilder(frame.Long("close", "volume"))
	b.Time(0, micros(day))
	b.String(1, "A")
	b.Float(2, 7)
	b.Float(3, 1)
	return world{"prices": b.Frame()}
}

// TestPlanOrderDecidesNoRows: what is read alone first, and later with its last rows before the range, is two results.
func TestPlanOrderDecidesNoRows(t *testing.T) {
	p := pipeline(t, "daily: {kind: interpolate, input: prices, method: previous, every: 1d}")
	w := onePrice("2022-08-05")
	e, err := New(w, micros("2022-08-10"), micros("2022-08-14"), w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for i, name := range []string{"prices", "daily"} {
		n := node(t, p, name, nil)
		if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
			t.Fatal(err)
		}
		f, err := e.Output(context.Background(), n)
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{0, 4}[i]; f.Rows() != want {
			t.Errorf("%s has %d rows, not %d", name, f.Rows(), want)
		}
	}
}

// TestLoadedNodesArePinned: a node that is kept in memory is loaded once, however little memory there is.
func TestLoadedNodesArePinned(t *testing.T) {
	p := pipeline(t)
	w, n := newWorld(1), node(t, p, "prices", nil)
	for _, c := range []struct {
		keep  bool
		loads int64
	}{{false, 3}, {true, 1}} {
		e, err := New(w, micros("2022-04-11"), micros("2022-12-01"), w, Options{Memory: 1, Keep: map[graph.Hash]bool{n.Hash: c.keep}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := e.Eval(context.Background(), n); err != nil {
				t.Fatal(err)
			}
		}
		if got := e.Counts().Loaded; got != c.loads {
			t.Errorf("kept %v: loaded %d times, not %d", c.keep, got, c.loads)
		}
	}
}
