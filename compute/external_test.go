package compute

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/compute/python"
	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pythontest"
)

// modelsPy is functions that do what kinds of tdlake do, each in its own way.
const modelsPy = `
import os
import numpy as np
import pyarrow as pa


def wide(table, column):
    times = sorted(set(table["time_index"].cast(pa.int64()).to_pylist()))
    names = sorted(set(table["unique_identifier"].to_pylist()))
    row, col = {t: i for i, t in enumerate(times)}, {n: i for i, n in enumerate(names)}
    grid = np.full((len(times), len(names)), np.nan)
    for t, n, v in zip(table["time_index"].cast(pa.int64()).to_pylist(), table["unique_identifier"].to_pylist(), table[column].to_pylist()):
        grid[row[t], col[n]] = np.nan if v is None else v
    return times, names, grid


def long(rows, column):
    rows.sort()
    return pa.table({
        "time_index": pa.array([r[0] for r in rows], pa.timestamp("us", "UTC")),
        "unique_identifier": pa.array([r[1] for r in rows], pa.string()),
        column: pa.array([r[2] for r in rows], pa.float64()),
    })


def zscore(inputs, params):
    times, names, x = wide(inputs["returns"], "return")
    n, rows = params["window"], []
    for i in range(n - 1, len(times)):
        for j, name in enumerate(names):
            w = x[i - n + 1:i + 1, j]
            if not np.isnan(w).any():
                rows.append((times[i], name, (w[-1] - w.mean()) / w.std(ddof=1)))
    return long(rows, "zscore")


def lasso(inputs, params):
    from sklearn.linear_model import Lasso
    times, names, x = wide(inputs["returns"], "return")
    n, target, features = params["window"], names.index(params["ticker"]), [names.index(f) for f in params["universe"]]
    rows = []
    for i in range(n - 1, len(times), params["each"]):
        w = x[i - n + 1:i + 1]
        if np.isnan(w[:, target]).any():
            continue
        good = [f for f in features if not np.isnan(w[:, f]).any()]
        if not good:
            continue
        model = Lasso(alpha=params["alpha"], fit_intercept=False, positive=True, tol=1e-14, max_iter=1_000_000)
        model.fit(w[:, good], w[:, target])
        rows += [(times[i], names[f], float(b)) for f, b in zip(good, model.coef_)]
    return long(rows, "weight")


def process(inputs, params):
    t = inputs["returns"]
    return long([(a, b, float(os.getpid())) for a, b in zip(t["time_index"].cast(pa.int64()).to_pylist(), t["unique_identifier"].to_pylist())], "pid")
`

var externalNodes = []string{
	"py_zscore: {kind: python, function: models.py:zscore, environment: learn, inputs: {returns: returns}, lookback: 29, params: {window: 30}}",
	"own_zscore: {kind: rolling, input: returns, function: zscore, in_window: 30}",
	"py_lasso: {kind: python, function: models.py:lasso, environment: learn, inputs: {returns: returns}, lookback: 39, params: {window: 40, ticker: L1, universe: [AA, BB, EE, FF, GG, HH], alpha: '${alpha}', each: 7}}",
	"own_lasso: {kind: lasso, input: returns, ticker_to_replicate: L1, universe: [AA, BB, EE, FF, GG, HH], in_window: 40, lasso_alpha: '${alpha}'}",
	"process: {kind: python, function: models.py:process, environment: learn, inputs: {returns: returns}, lookback: 0, params: {window: 30, alpha: '${alpha}'}}",
	"smooth: {kind: rolling, input: py_zscore, function: mean, in_window: 12}",
}

// outside loads the header's nodes and those above, and returns who computes the latter.
func outside(t testing.TB) (*graph.Pipeline, *python.Pool) {
	t.Helper()
	dir := t.TempDir()
	text := strings.Replace(header, "nodes:\n", "environments: {learn: {python: "+pythontest.Python(t, pythontest.Learn)+"}}\nnodes:\n", 1)
	text += "  " + strings.Join(externalNodes, "\n  ") + "\ntarget: portfolio\n"
	for name, text := range map[string]string{"tdlake.yaml": text, "models.py": modelsPy} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var environments *python.Environments
	_, p, err := graph.Load(filepath.Join(dir, "tdlake.yaml"), nil, graph.WithOutside(func(c *config.Config) graph.Outside {
		environments = python.NewEnvironments(context.Background(), []python.Environment{{Name: "learn", Python: c.Environments[0].Python}},
			python.Settings{Dir: dir, Root: filepath.Join(dir, "root")})
		return environments
	}))
	if err != nil {
		t.Fatal(err)
	}
	pool := python.NewPool(environments, python.Options{Jobs: 2})
	t.Cleanup(func() { pool.Close() })
	return p, pool
}

// TestFunctionsAgreeWithKinds compares Python code, scikit-learn's Lasso among it, with tdlake's own kinds.
func TestFunctionsAgreeWithKinds(t *testing.T) {
	w := newWorld(1)
	p, pool := outside(t)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	binding := graph.Binding{"alpha": 1e-6}
	nodes := []*graph.Node{node(t, p, "py_zscore", nil), node(t, p, "own_zscore", nil), node(t, p, "py_lasso", binding), node(t, p, "own_lasso", binding)}
	out := outputs(t, w, start, end, Options{External: pool}, nodes...)
	z, own := cells(t, out[0], "zscore"), cells(t, out[1], "zscore")
	if len(z) < 500 || len(z) != len(own) {
		t.Errorf("%d z-scores, and %d of kind rolling", len(z), len(own))
	}
	near(t, "zscore", z, own, 1e-6)
	weights, ownWeights := cells(t, out[2], "weight"), cells(t, out[3], "weight")
	if len(weights) < 60 {
		t.Errorf("%d weights", len(weights))
	}
	near(t, "lasso", weights, ownWeights, 1e-6)
}

// near compares every cell of got with that of want.
func near(t *testing.T, what string, got, want map[string]float64, tolerance float64) {
	t.Helper()
	for at, v := range got {
		w, ok := want[at]
		if !ok || math.Abs(v-w) > tolerance*max(1, math.Abs(w)) {
			t.Errorf("%s at %s: %v, not %v (%v)", what, at, v, w, ok)
			return
		}
	}
}

// TestFunctionsAreReproducible holds a function with enough lookback to what holds for every kind: alone = together = a point
// of a sweep, one range = its parts, also for what reads it.
func TestFunctionsAreReproducible(t *testing.T) {
	w := newWorld(2)
	p, pool := outside(t)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	o := Options{External: pool}
	names := []string{"py_zscore", "smooth"}
	for _, name := range names {
		n := node(t, p, name, nil)
		whole := outputs(t, w, start, end, o, n)[0]
		if whole.Rows() == 0 {
			t.Fatal("no rows")
		}
		// With the others, which need more of the same inputs, and a cache that forgets.
		others := outputs(t, w, start, end, Options{External: pool, Jobs: 3, Memory: 1 << 10}, n, node(t, p, "smooth", nil), node(t, p, "portfolio", nil))
		sameFrame(t, name+" together", whole, others[0])
		for _, cut := range []string{"2022-05-01", "2022-08-17"} {
			at := micros(cut)
			joined, err := frame.Concat(outputs(t, w, start, at, o, n)[0], outputs(t, w, at, end, o, n)[0])
			if err != nil {
				t.Fatal(err)
			}
			sameFrame(t, name+" cut at "+cut, whole, joined)
		}
	}
}

// TestPointsShareWorkers evaluates many points in one engine: no more processes than jobs.
func TestPointsShareWorkers(t *testing.T) {
	w := newWorld(3)
	p, pool := outside(t)
	var nodes []*graph.Node
	for i := range 25 {
		nodes = append(nodes, node(t, p, "process", graph.Binding{"alpha": float64(i)}))
	}
	pids := map[float64]bool{}
	for _, f := range outputs(t, w, micros("2022-11-01"), micros("2022-12-01"), Options{External: pool, Jobs: 2}, nodes...) {
		pids[f.Named("pid").(*array.Float64).Value(0)] = true
	}
	if len(pids) > 2 {
		t.Errorf("%d processes computed %d points", len(pids), len(nodes))
	}
}

func TestFailuresNameTheNode(t *testing.T) {
	w := newWorld(4)
	p, pool := outside(t)
	e, err := New(w, micros("2022-04-11"), micros("2022-12-01"), w, Options{External: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	n := node(t, p, "py_lasso", graph.Binding{"alpha": -1.0})
	if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
		t.Fatal(err)
	}
	_, err = e.Eval(context.Background(), n)
	if want := fmt.Sprintf("node py_lasso (%s): models.py:", n.ID()); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}
