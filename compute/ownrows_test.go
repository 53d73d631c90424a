package compute

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pythontest"
)

// ownNodes are nodes over own rows of newWorld's prices, each with what says the same in SQL and in pandas: p.v is the price or the return of a row.
var ownNodes = []struct{ name, node, column, sql, pandas string }{
	{"returns", "{kind: returns, input: prices, column: close, rows: own}", "return",
		"close / lag(close) over w - 1", "g.close.pct_change(fill_method=None)"},
	{"periods", "{kind: returns, input: prices, column: close, rows: own, periods: 4, method: log}", "return",
		"ln(close / lag(close, 4) over w)", "np.log(d.close / g.close.shift(4))"},
	{"lag", "{kind: lag, input: prices, columns: [close], rows: own, periods: 7}", "close",
		"lag(close, 7) over w", "g.close.shift(7)"},
	{"sum", "{kind: rolling, input: prices, column: volume, function: sum, in_window: 12, rows: own}", "sum",
		"case when count(volume) over (w rows 11 preceding) = 12 then sum(volume) over (w rows 11 preceding) end", "own(g.volume.rolling(12).sum())"},
	{"mean", "{kind: rolling, input: prices, column: volume, function: mean, in_window: 30, rows: own, min_periods: 20}", "mean",
		"case when row_number() over w >= 30 and count(volume) over (w rows 29 preceding) >= 20 then avg(volume) over (w rows 29 preceding) end",
		"own(g.volume.rolling(30, min_periods=20).mean()).where(g.cumcount() >= 29)"},
	{"std", "{kind: rolling, input: prices, column: close, function: std, in_window: 15, rows: own}", "std",
		"case when count(close) over (w rows 14 preceding) = 15 then stddev_samp(close) over (w rows 14 preceding) end", "own(g.close.rolling(15).std())"},
	{"zscore", "{kind: rolling, input: prices, column: close, function: zscore, in_window: 21, rows: own, ddof: 0}", "zscore",
		"case when count(close) over (w rows 20 preceding) = 21 then (close - avg(close) over (w rows 20 preceding)) / stddev_pop(close) over (w rows 20 preceding) end",
		"(d.close - own(g.close.rolling(21).mean())) / own(g.close.rolling(21).std(ddof=0))"},
	{"min", "{kind: rolling, input: prices, column: close, function: min, in_window: 9, rows: own}", "min",
		"case when count(close) over (w rows 8 preceding) = 9 then min(close) over (w rows 8 preceding) end", "own(g.close.rolling(9).min())"},
}

// TestOwnRowsAgreeWithDuckDB computes each node with window functions, which count an identifier's own rows.
func TestOwnRowsAgreeWithDuckDB(t *testing.T) {
	w := newWorld(9)
	db, err := duck.Open(context.Background(), duck.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Register("d", w["prices"]); err != nil {
		t.Fatal(err)
	}
	for _, c := range ownNodes {
		sql := "select time_index, unique_identifier, " + strings.ReplaceAll(c.sql, "(w rows", "(partition by unique_identifier order by time_index rows") + " as x from d " +
			"window w as (partition by unique_identifier order by time_index) order by all"
		f, _, err := db.QueryFrame(context.Background(), sql, []string{frame.TimeIndex, frame.UniqueIdentifier})
		if err != nil {
			t.Fatal(c.name, err)
		}
		sameCells(t, c.name, cells(t, f.Between(micros("2022-04-11"), micros("2022-12-01")), "x"), cells(t, output(t, w, ownNode(t, c.node)), c.column))
	}
}

// pandasPy evaluates each expression over prices in long form, g being grouped by identifier.
const pandasPy = `
import json, sys
import numpy as np, pandas as pd
job = json.load(sys.stdin)
d = pd.DataFrame({k: job[k] for k in ["time", "id", "close", "volume"]}).astype({"close": float, "volume": float})
g = d.groupby("id")
own = lambda s: s.droplevel(0).sort_index()
out = []
for e in job["expressions"]:
    x = eval(e)
    out.append([[t, i, v] for t, i, v in zip(d.time.tolist(), d.id, x.tolist()) if v == v])
json.dump(out, sys.stdout)
`

// TestOwnRowsAgreeWithPandas does so with pandas' groupby, as its users write it.
func TestOwnRowsAgreeWithPandas(t *testing.T) {
	python := pythontest.Python(t, pythontest.Frames)
	w := newWorld(10)
	job := map[string]any{"time": w["prices"].Times(), "id": w["prices"].Identifiers()}
	for _, name := range []string{"close", "volume"} {
		column := w["prices"].Named(name).(*array.Float64)
		values := make([]any, column.Len())
		for i := range values {
			if column.IsValid(i) {
				values[i] = column.Value(i)
			}
		}
		job[name] = values
	}
	var expressions []string
	for _, c := range ownNodes {
		expressions = append(expressions, c.pandas)
	}
	job["expressions"] = expressions
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", pandasPy)
	cmd.Stdin = strings.NewReader(string(text))
	answer, err := cmd.Output()
	if err != nil {
		t.Fatal(err, string(err.(*exec.ExitError).Stderr))
	}
	var theirs [][][3]any
	d := json.NewDecoder(strings.NewReader(string(answer)))
	d.UseNumber()
	if err := d.Decode(&theirs); err != nil {
		t.Fatal(err)
	}
	from, to := micros("2022-04-11"), micros("2022-12-01")
	for k, c := range ownNodes {
		want := map[string]float64{}
		for _, row := range theirs[k] {
			at, _ := row[0].(json.Number).Int64()
			value, _ := row[2].(json.Number).Float64()
			if from <= at && at < to {
				want[fmt.Sprint(at, " ", row[1])] = value
			}
		}
		sameCells(t, c.name, want, cells(t, output(t, w, ownNode(t, c.node)), c.column))
	}
}

func ownNode(t *testing.T, body string) *graph.Node {
	return node(t, pipeline(t, "it: "+body), "it", nil)
}

func sameCells(t *testing.T, what string, want, got map[string]float64) {
	t.Helper()
	if len(want) != len(got) || len(want) < 500 {
		t.Errorf("%s: %d values, not %d", what, len(got), len(want))
	}
	for at, v := range want {
		if g, ok := got[at]; !ok || math.Abs(g-v) > 1e-9*max(1, math.Abs(v)) {
			t.Fatalf("%s at %s: %v (%v), not %v", what, at, g, ok, v)
		}
	}
}
