package graph_test

import (
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// load reads a config of testdata.
func load(t testing.TB, path string) (*config.Config, *graph.Pipeline) {
	t.Helper()
	c, p, err := graph.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

// points calls visit with every combination of the varied values, the last parameter fastest.
func points(c *config.Config, visit func(graph.Binding)) {
	b := graph.Binding{}
	var walk func(i int)
	walk = func(i int) {
		if i == len(c.Sweep.Vary) {
			visit(b)
			return
		}
		for _, v := range c.Sweep.Vary[i].Values {
			b[c.Sweep.Vary[i].Name] = v
			walk(i + 1)
		}
	}
	walk(0)
}

func targets(t testing.TB, c *config.Config, p *graph.Pipeline) (n int, nodes []*graph.Node) {
	t.Helper()
	points(c, func(b graph.Binding) {
		n++
		at, err := p.Nodes(c.Target.Name, b)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, at...)
	})
	return n, nodes
}

// TestDistinctNodes counts the union of all points' DAGs, the numbers that the design gives.
func TestDistinctNodes(t *testing.T) {
	for _, c := range []struct {
		file          string
		points, nodes int
	}{
		{"testdata/long_short.yaml", 165, 344},
		{"testdata/four_dimensions.yaml", 27225, 27559},
	} {
		cfg, p := load(t, c.file)
		n, nodes := targets(t, cfg, p)
		distinct := 0
		graph.Walk(nodes, nil, func(*graph.Node) { distinct++ })
		if n != c.points || distinct != c.nodes {
			t.Errorf("%s: %d points and %d nodes, want %d and %d", c.file, n, distinct, c.points, c.nodes)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	cfg, p := load(b, "testdata/four_dimensions.yaml")
	var bindings []graph.Binding
	points(cfg, func(at graph.Binding) {
		own := graph.Binding{}
		for k, v := range at {
			own[k] = v
		}
		bindings = append(bindings, own)
	})
	_ = p
	b.ReportAllocs()
	i := len(bindings)
	for b.Loop() {
		if i == len(bindings) {
			b.StopTimer()
			_, p = load(b, "testdata/four_dimensions.yaml")
			i = 0
			b.StartTimer()
		}
		if _, err := p.Nodes("portfolio", bindings[i]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
