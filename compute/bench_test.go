package compute

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
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

// BenchmarkRolling evaluates each statistic over panels of returns: twenty years of days of ten identifiers.
func BenchmarkRolling(b *testing.B) {
	const rows, ids = 5000, 10
	panel := frame.NewPanel(make([]int64, rows), strings.Split("ABCDEFGHIJ", ""), "return")
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range rows {
		panel.Times[i] = micros("2000-01-03") + int64(i)*86400e6
		for j := range ids {
			panel.Data[0][j][i] = 0.01 * rng.NormFloat64()
		}
	}
	all := span{from: math.MinInt64, end: math.MaxInt64}
	for _, function := range []string{"sum", "mean", "std", "zscore", "max", "ewm, halflife: 20"} {
		for _, window := range []int{20, 250} {
			p := pipeline(b, fmt.Sprintf("it: {kind: rolling, input: returns, in_window: %d, function: %s}", window, function))
			params := node(b, p, "it", nil).Params
			b.Run(fmt.Sprintf("function=%s/window=%d", strings.Split(function, ",")[0], window), func(b *testing.B) {
				for b.Loop() {
					if _, err := rolling(&Result{panel: panel}, params, all); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows/ids, "ns/cell")
			})
		}
	}
}
