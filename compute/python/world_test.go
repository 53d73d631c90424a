package python

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pythontest"
)

// TestMain lets the test program be a tdlake that is killed: see kill_test.go.
func TestMain(m *testing.M) {
	if dir := os.Getenv("TDLAKE_TEST_CHILD"); dir != "" {
		child(dir)
	}
	goleak.VerifyTestMain(m)
}

// bench is a config's folder, its environments and a pool.
type bench struct {
	t            testing.TB
	dir          string
	environments *Environments
	pool         *Pool
	pipeline     *graph.Pipeline

	mu    sync.Mutex
	lines map[string][]string // of the nodes' logs
	warns []string
}

// newBench writes files and a config of the given nodes, one a line, and loads it. learn and other are environments.
func newBench(t testing.TB, files map[string]string, nodes ...string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), lines: map[string][]string{}}
	for name, text := range files {
		write(t, filepath.Join(b.dir, name), text)
	}
	b.load(nodes...)
	return b
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) load(nodes ...string) {
	b.t.Helper()
	text := `datalake_name: test
datalake_start: 2024-01-01
datalake_end: 2024-02-01
database: files:.
parameters: {n: 3}
environments: {learn: {python: ` + pythontest.Python(b.t, pythontest.Learn) + `}, other: {python: ` + pythontest.Python(b.t, pythontest.Other) + `}}
nodes:
  prices: {kind: table, table: prices}
  volumes: {kind: table, table: volumes}
  ` + strings.Join(nodes, "\n  ") + "\ntarget: prices\n"
	write(b.t, filepath.Join(b.dir, "tdlake.yaml"), text)
	_, p, err := graph.Load(filepath.Join(b.dir, "tdlake.yaml"), nil, graph.WithOutside(func(c *config.Config) graph.Outside {
		b.environments = environmentsOf(b.t, c, Settings{Root: filepath.Join(b.dir, "root")})
		return b.environments
	}))
	if err != nil {
		b.t.Fatal(err)
	}
	b.pipeline = p
	b.pool = NewPool(b.environments, Options{Jobs: 1, Log: func(n *graph.Node) *slog.Logger {
		return slog.New(slog.NewTextHandler(logTo{b, n.Name}, nil))
	}})
	b.t.Cleanup(func() { b.pool.Close() })
}

func environmentsOf(t testing.TB, c *config.Config, s Settings) *Environments {
	t.Helper()
	var known []Environment
	for _, env := range c.Environments {
		known = append(known, Environment{Name: env.Name, Python: env.Python, Requirements: env.Requirements})
	}
	s.Dir = c.Dir
	return NewEnvironments(context.Background(), known, s)
}

type logTo struct {
	*bench
	node string
}

func (l logTo) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines[l.node] = append(l.lines[l.node], strings.TrimSpace(string(line)))
	return len(line), nil
}

func (b *bench) node(name string, set graph.Binding) *graph.Node {
	b.t.Helper()
	nodes, err := b.pipeline.Nodes(name, set)
	if err != nil {
		b.t.Fatal(err)
	}
	return nodes[0]
}

// january is prices of two identifiers, a row a day; day 0 is the first of January.
func january() *frame.Frame {
	b := frame.NewBuilder(frame.Long("close"))
	for day := range 31 {
		for k, id := range []string{"A", "B"} {
			b.Time(0, at(day))
			b.String(1, id)
			if day == 5 && k == 0 {
				b.Missing(2)
			} else {
				b.Float(2, float64(10*(k+1)+day))
			}
		}
	}
	return b.Frame()
}

func at(day int) int64 { return time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC).UnixMicro() }

// run computes a node over January's days from `from` on.
func (b *bench) run(ctx context.Context, n *graph.Node, from int) (*frame.Frame, error) {
	inputs := make([]*frame.Frame, len(n.Inputs))
	for i := range inputs {
		inputs[i] = january()
	}
	return b.pool.Compute(ctx, n, inputs, at(from), at(31), func(text string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.warns = append(b.warns, text)
	})
}

func (b *bench) must(name string) *frame.Frame {
	b.t.Helper()
	f, err := b.run(context.Background(), b.node(name, nil), 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

// fails computes a node and compares the error, and the hint behind it, with what it must contain.
func (b *bench) fails(name string, parts ...string) {
	b.t.Helper()
	_, err := b.run(context.Background(), b.node(name, nil), 3)
	if err == nil {
		b.t.Errorf("%s: no error", name)
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		b.t.Errorf("%s: %T is not an *Error: %v", name, err, err)
		return
	}
	said := e.Message + "\nhint: " + e.Hint()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			b.t.Errorf("%s: %q is not in:\n%s", name, part, said)
		}
	}
	if strings.Contains(said, "<string>") {
		b.t.Errorf("%s: the worker's own frames are shown:\n%s", name, said)
	}
}

// python is a node of kind python over prices.
func python(name, function, more string) string {
	return fmt.Sprintf("%s: {kind: python, function: nodes.py:%s, environment: other, inputs: {prices: prices}, lookback: 0%s}", name, function, more)
}

func floats(t testing.TB, f *frame.Frame, column string) []float64 {
	t.Helper()
	v, err := f.Floats(column)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var nan = math.NaN()
