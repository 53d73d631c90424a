package graph_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/tdlake/tdlake/graph"
)

// bindingsOf copies every point's binding of a config.
func bindingsOf(b *testing.B, file string) []graph.Binding {
	cfg, _ := load(b, file)
	var bindings []graph.Binding
	points(cfg, func(at graph.Binding) { bindings = append(bindings, maps.Clone(at)) })
	return bindings
}

// BenchmarkResolve resolves new points one by one: each is a portfolio that was not there before.
func BenchmarkResolve(b *testing.B) {
	const file = "testdata/four_dimensions.yaml"
	bindings := bindingsOf(b, file)
	b.ReportAllocs()
	var p *graph.Pipeline
	i := len(bindings)
	for b.Loop() {
		if i == len(bindings) {
			b.StopTimer()
			_, p = load(b, file)
			i = 0
			b.StartTimer()
		}
		if _, err := p.Nodes("portfolio", bindings[i]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkResolveAgain resolves points that are known.
func BenchmarkResolveAgain(b *testing.B) {
	const file = "testdata/long_short.yaml"
	bindings := bindingsOf(b, file)
	_, p := load(b, file)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := p.Nodes("portfolio", bindings[i%len(bindings)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkSpaces resolves, and walks, whole spaces of points.
func BenchmarkSpaces(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, p := load(b, "testdata/four_dimensions.yaml")
				targets := make([]*graph.Node, 0, n)
				for i := range n {
					at := graph.Binding{"long_rolling_windows": int64(20 + i%1000), "short_rolling_windows": int64(20 + i/1000)}
					nodes, err := p.Nodes("portfolio", at)
					if err != nil {
						b.Fatal(err)
					}
					targets = append(targets, nodes...)
				}
				distinct := 0
				graph.Walk(targets, nil, func(*graph.Node) { distinct++ })
				b.ReportMetric(float64(distinct), "nodes")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/point")
		})
	}
}

// BenchmarkCursor names the targets of a space, one after the other: who they are is all that is asked.
func BenchmarkCursor(b *testing.B) {
	c, p := load(b, "testdata/four_dimensions.yaml")
	targets, sizes := variedBy(b, c, p)
	cursor, points := targets.Cursor(), 0
	b.ReportAllocs()
	for b.Loop() {
		points = 0
		product(sizes, func(index []int) {
			if _, _, err := cursor.Move(index); err != nil {
				b.Fatal(err)
			}
			cursor.Hash()
			points++
		})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(points), "ns/point")
}
