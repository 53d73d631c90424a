package sweeps

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// TestASecondRoundIsPlanned: stored values of another type are found out when a point is evaluated, and their points were not planned before.
func TestASecondRoundIsPlanned(t *testing.T) {
	of := frame.String
	known := map[graph.Hash]bool{}
	e := EngineFunc(func(_ context.Context, n *graph.Node) (*frame.Frame, error) {
		if !known[n.Hash] {
			t.Errorf("%s was not planned", n.ID())
		}
		return frame.Empty(frame.Schema{Key: 1, Fields: []frame.Field{{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "position", Type: of}}}), nil
	})
	planned := func(_ context.Context, targets []*graph.Node) error {
		for _, n := range targets {
			known[n.Hash] = true
		}
		return nil
	}
	w := newWorld(t)
	for _, alphas := range []string{"[1]", "[1, 0.1]"} {
		p := w.plan("\nsweep:\n  vary: {alpha: " + alphas + "}\n  metrics: {highest: max(position)}\n")
		clear(known)
		for point := range p.Points() {
			if p.Results.lacks(point) != 0 {
				known[p.Node(point).Hash] = true
			}
		}
		if _, err := Run(context.Background(), p, e, Options{Plan: planned}); err != nil {
			t.Fatal(err)
		}
		if p.Results.Done() != p.Points() {
			t.Errorf("%d of %d points", p.Results.Done(), p.Points())
		}
		of = frame.Bool
	}
}

// TestRefresh: what others do between a plan and the lock counts.
func TestRefresh(t *testing.T) {
	w := newWorld(t)
	c, pipeline, err := load(vary)
	if err != nil {
		t.Fatal(err)
	}
	d, err := lake.Open(w.dir, "test", c.Start, c.End)
	if err != nil {
		t.Fatal(err)
	}
	planned := func() *Plan {
		p, err := NewPlan(context.Background(), Request{Config: c, Pipeline: pipeline, Lake: d, Sources: StoredSources(pipeline, d)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		return p
	}
	store := func(price float64) {
		b := frame.NewBuilder(frame.Long("adj_close"))
		b.Time(0, 19000*day)
		b.String(1, "XLF")
		b.Float(2, price)
		prices, err := pipeline.Nodes("prices", pipeline.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Write(context.Background(), prices[0], d.Range(), nil, b.Frame()); err != nil {
			t.Fatal(err)
		}
	}
	store(1)
	p := planned()
	if _, err := Run(context.Background(), p, &fake{}, Options{}); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(){
		"parts that changed": func() { store(2) },
		"points that are gone": func() {
			if err := os.Remove(filepath.Join(p.Dir, pointsName)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		store(1)
		if _, err := Run(context.Background(), planned(), &fake{}, Options{}); err != nil {
			t.Fatal(err)
		}
		p := planned()
		if n := p.ToCompute(); n != 0 {
			t.Fatalf("%s: %d points to compute before", what, n)
		}
		change()
		if err := p.Refresh(); err != nil {
			t.Fatal(err)
		}
		if n := len(p.Missing(Options{})); n == 0 || p.ToCompute() != p.Points() {
			t.Errorf("%s: %d of %d points to compute, %d nodes missing", what, p.ToCompute(), p.Points(), n)
		}
	}
}
