package compute

import (
	"context"
	"testing"

	"github.com/tdlake/tdlake/graph"
)

// BenchmarkEngine evaluates a portfolio and all it needs, on a market of ten identifiers: cold, an engine of its own each time; warm, from
// the hot cache.
func BenchmarkEngine(b *testing.B) {
	w, p := newWorld(1), pipeline(b)
	n := node(b, p, "portfolio", nil)
	evaluate := func(b *testing.B, e *Engine) {
		if _, err := e.Eval(context.Background(), n); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e := benchEngine(b, w, n)
			evaluate(b, e)
			e.Close()
		}
	})
	b.Run("warm", func(b *testing.B) {
		e := benchEngine(b, w, n)
		defer e.Close()
		b.ReportAllocs()
		for b.Loop() {
			evaluate(b, e)
		}
	})
}

func benchEngine(b *testing.B, w world, n *graph.Node) *Engine {
	e, err := New(w, micros("2022-04-11"), micros("2022-12-01"), w, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
		b.Fatal(err)
	}
	return e
}
