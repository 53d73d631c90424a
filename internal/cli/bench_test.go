package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/graph"
)

// BenchmarkLassoNode evaluates one lasso node, in_window 400 and lasso_alpha 1e-5, over a snapshot: of TDLAKE_BENCH_CONFIG, a config of the
// demonstration's form, else of the demonstration itself. us/day is the node from its inputs, which are in memory: memberships, sums, fits and
// result. us/fit is a node that finds the memberships and sums of another there.
func BenchmarkLassoNode(b *testing.B) {
	ctx := context.Background()
	p := benchProject(b)
	long, other, short := lassoAt(b, p, "long_lasso", 400, 1e-5), lassoAt(b, p, "long_lasso", 380, 1e-3), lassoAt(b, p, "short_lasso", 60, 1e-4)
	days := 0
	evaluate := func(name string, prior *graph.Node) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				e := benchEngine(b, p, long, prior)
				if _, err := e.Eval(ctx, prior); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				res, err := e.Eval(ctx, long)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				days = len(slices.Compact(slices.Clone(res.Frame().Between(p.config.Start, p.config.End).Times())))
				e.Close()
				b.StartTimer()
			}
			unit := map[string]string{"whole": "us/day", "more": "us/fit"}[name]
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(days), unit)
		})
	}
	evaluate("whole", short) // the other leg: returns are there, DuckDB is open
	evaluate("more", other)
}

func benchProject(b *testing.B) *project {
	path := os.Getenv("TDLAKE_BENCH_CONFIG")
	if path == "" {
		home := b.TempDir()
		if code := Main([]string{"--quiet", "demo", home}, nil, io.Discard, os.Stderr); code != 0 {
			b.Fatalf("the demonstration exits with %d", code)
		}
		path = filepath.Join(home, "tdlake.yaml")
	}
	p, err := (&app{stdout: io.Discard, stderr: os.Stderr, quiet: true}).load(arguments{config: path})
	if err != nil {
		b.Fatal(err)
	}
	p.collectLess() // as commands do
	return p
}

func lassoAt(b *testing.B, p *project, name string, window int64, alpha float64) *graph.Node {
	at := p.pipeline.Defaults()
	at["long_rolling_windows"], at["short_rolling_windows"], at["lasso_alpha"] = []any{window}, []any{window}, alpha
	nodes, err := p.pipeline.Nodes(name, at)
	if err != nil || len(nodes) != 1 {
		b.Fatal(nodes, err)
	}
	return nodes[0]
}

func benchEngine(b *testing.B, p *project, targets ...*graph.Node) *compute.Engine {
	inputs, err := newLakeInputs(p.lake)
	if err != nil {
		b.Fatal(err)
	}
	e, err := compute.New(inputs, p.config.Start, p.config.End, p.lake.Grid(), compute.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Plan(context.Background(), targets, nil); err != nil {
		b.Fatal(err)
	}
	return e
}
