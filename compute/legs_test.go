package compute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// shelf keeps legs in memory.
type shelf struct {
	mu   sync.Mutex
	legs map[LegKey]*Leg
	err  error
}

func (s *shelf) Has(key LegKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.legs[key] != nil
}

func (s *shelf) Load(key LegKey) (*Leg, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.legs[key], s.err
}

func (s *shelf) Save(key LegKey, l *Leg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.legs[key] = l
	return nil
}

// portfolios evaluates the portfolio at some windows of its long side and returns them with what the engine did.
func portfolios(t *testing.T, w world, p *graph.Pipeline, legs Legs, windows ...int64) ([]*frame.Frame, Counts) {
	t.Helper()
	start, end := micros("2022-04-11"), micros("2022-12-01")
	e, err := New(w, start, end, w, Options{Legs: legs})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var nodes []*graph.Node
	for _, n := range windows {
		nodes = append(nodes, node(t, p, "portfolio", graph.Binding{"long_windows": []any{n}}))
	}
	ctx := context.Background()
	if err := e.Plan(ctx, nodes, nil); err != nil {
		t.Fatal(err)
	}
	said := 0
	e.Warm(ctx, func(done, total int) {
		if done <= said || done > total {
			t.Errorf("%d of %d regressions are done, after %d", done, total, said)
		}
		said = done
	})
	if said == 0 {
		t.Error("nothing was said of regressions")
	}
	out := make([]*frame.Frame, len(nodes))
	for i, n := range nodes {
		if out[i], err = e.Output(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	return out, e.Counts()
}

// TestKeptLegsGiveTheSame holds that legs which another engine made, over other windows and so with another lookback, give
// the bits of legs that are made anew: of one regression, and of the mean of two.
func TestKeptLegsGiveTheSame(t *testing.T) {
	w, p, s := newWorld(5), pipeline(t), &shelf{legs: map[LegKey]*Leg{}}
	want, _ := portfolios(t, w, p, nil, 30, 12, 55)
	first, made := portfolios(t, w, p, s, 55, 30) // 55 is the longest lookback of all, 12 and 45 are not
	for i, of := range []int{2, 0} {
		sameFrame(t, "a portfolio whose legs are being kept", want[of], first[i])
	}
	if made.Legs != 0 || len(s.legs) != 3 {
		t.Fatalf("%d legs kept, %d loaded", len(s.legs), made.Legs)
	}
	before := map[LegKey]*Leg{}
	for key, l := range s.legs {
		before[key] = l
	}
	got, did := portfolios(t, w, p, s, 30, 12)
	for i := range got {
		sameFrame(t, "a portfolio of kept legs", want[i], got[i])
	}
	if did.Legs != 2 || len(s.legs) != 4 { // of 30, and of 20 and 45
		t.Errorf("%d legs loaded, %d kept", did.Legs, len(s.legs))
	}
	if made.Computed != 8 || did.Computed != 5 { // interpolated prices, returns, two portfolios; four regressions, then one
		t.Errorf("%d nodes computed, after %d", did.Computed, made.Computed)
	}
	// A leg does not depend on what else was planned.
	alone := &shelf{legs: map[LegKey]*Leg{}}
	portfolios(t, w, p, alone, 30)
	for key, l := range alone.legs {
		if old := before[key]; old == nil || !slices.Equal(old.Times, l.Times) || fmt.Sprint(*old) != fmt.Sprint(*l) {
			t.Errorf("a leg is another one where less was planned: %d and %d rows", len(l.Times), len(old.Times))
		}
	}
}

func TestALegThatCannotBeReadIsSaid(t *testing.T) {
	w, p, s := newWorld(5), pipeline(t), &shelf{legs: map[LegKey]*Leg{}}
	portfolios(t, w, p, s, 30)
	s.err = errors.New("the disk is on fire")
	e, err := New(w, micros("2022-04-11"), micros("2022-12-01"), w, Options{Legs: s})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n := node(t, p, "portfolio", nil)
	if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Output(context.Background(), n); !errors.Is(err, s.err) {
		t.Errorf("%v", err)
	}
}
