package compute

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// tiny is a world of a few prices by hand: the table prices with the column close.
func tiny(t *testing.T, rows ...string) world {
	t.Helper()
	b := frame.NewBuilder(frame.Long("close"))
	for _, r := range rows {
		var date, id, value string
		if _, err := fmt.Sscan(r, &date, &id, &value); err != nil {
			t.Fatal(err)
		}
		b.Time(0, micros(date))
		b.String(1, id)
		v := math.NaN()
		if value != "-" {
			fmt.Sscan(value, &v)
		}
		b.Float(2, v)
	}
	f, err := b.Frame().Sorted()
	if err != nil {
		t.Fatal(err)
	}
	return world{"prices": f}
}

// show writes rows as tiny reads them.
func show(f *frame.Frame) string {
	var lines []string
	vals := f.Column(f.Schema().Key).(*array.Float64)
	ids := f.Named(frame.UniqueIdentifier).(*array.String)
	for i, at := range f.Times() {
		lines = append(lines, fmt.Sprintf("%s %s %.6g", time.UnixMicro(at).UTC().Format(time.DateOnly), ids.Value(i), vals.Value(i)))
	}
	return strings.Join(lines, "\n")
}

func TestKindsByHand(t *testing.T) {
	for _, c := range []struct {
		name, node string
		rows       []string
		want       string
	}{
		{"previous", "{kind: interpolate, input: prices, method: previous}",
			[]string{"2022-04-08 A 1", "2022-04-11 B 2", "2022-04-12 A 3", "2022-04-13 B -"},
			"2022-04-11 A 1\n2022-04-11 B 2\n2022-04-12 A 3\n2022-04-12 B 2\n2022-04-13 A 3\n2022-04-13 B 2"},
		{"a value from long ago", "{kind: interpolate, input: prices, method: previous}",
			[]string{"2020-01-01 A 1", "2022-04-11 B 2"}, "2022-04-11 A 1\n2022-04-11 B 2"},
		{"max gap", "{kind: interpolate, input: prices, method: previous, max_gap: 2d}",
			[]string{"2022-04-11 A 1", "2022-04-13 B 2", "2022-04-14 B 2"}, "2022-04-11 A 1\n2022-04-13 A 1\n2022-04-13 B 2\n2022-04-14 B 2"},
		{"every", "{kind: interpolate, input: prices, method: previous, every: 1d, max_gap: 1d}",
			[]string{"2022-04-09 A 1", "2022-04-12 A 2", "2022-04-12 B 3"}, "2022-04-12 A 2\n2022-04-12 B 3\n2022-04-13 A 2\n2022-04-13 B 3"},
		{"returns", "{kind: returns, input: prices, method: simple, column: close}",
			[]string{"2022-04-08 A 2", "2022-04-11 A 3", "2022-04-12 A 0", "2022-04-13 A 3", "2022-04-14 A -3", "2022-04-15 A 3", "2022-04-18 A 6", "2022-04-19 A -", "2022-04-20 A 1", "2022-04-21 A 1.5"},
			"2022-04-11 A 0.5\n2022-04-12 A -1\n2022-04-18 A 1\n2022-04-21 A 0.5"},
		{"returns to 0 over two rows", "{kind: returns, input: prices, periods: 2, column: close}",
			[]string{"2022-04-11 A 4", "2022-04-12 A 2", "2022-04-13 A 0", "2022-04-14 A 0", "2022-04-15 A 1", "2022-04-18 A 1"},
			"2022-04-13 A -1\n2022-04-14 A -1"},
		{"returns over the grid of all", "{kind: returns, input: prices, method: simple, column: close}",
			[]string{"2022-04-11 A 2", "2022-04-11 B 1", "2022-04-12 B 2", "2022-04-13 A 3", "2022-04-13 B 2"},
			"2022-04-12 B 1\n2022-04-13 B 0"},
		{"returns over own rows", "{kind: returns, input: prices, method: simple, column: close, rows: own}",
			[]string{"2022-04-08 A 2", "2022-04-11 B 1", "2022-04-12 B 2", "2022-04-13 A 3", "2022-04-13 B 3", "2022-04-14 A -", "2022-04-15 B 6", "2022-04-18 A 6", "2022-04-19 A 12"},
			"2022-04-12 B 1\n2022-04-13 A 0.5\n2022-04-13 B 0.5\n2022-04-15 B 1\n2022-04-19 A 1"},
		{"a lag of own rows", "{kind: lag, input: prices, rows: own, periods: 2}",
			[]string{"2022-04-08 A 1", "2022-04-11 B 2", "2022-04-12 A 3", "2022-04-13 B 4", "2022-04-14 A 5", "2022-04-18 B 6"},
			"2022-04-14 A 1\n2022-04-18 B 2"},
		{"a sum over own rows", "{kind: rolling, input: prices, function: sum, in_window: 2, rows: own}",
			[]string{"2022-04-08 A 1", "2022-04-11 B 2", "2022-04-12 A 3", "2022-04-13 B 4", "2022-04-14 A -", "2022-04-15 A 5", "2022-04-18 B 6", "2022-04-19 A 7"},
			"2022-04-12 A 4\n2022-04-13 B 6\n2022-04-18 B 10\n2022-04-19 A 12"},
		{"overflow", "{kind: returns, input: prices, method: simple, column: close}",
			[]string{"2022-04-11 A 1e-300", "2022-04-12 A 1e300", "2022-04-13 A 1e300"}, "2022-04-13 A 0"},
		{"log", "{kind: returns, input: prices, method: log, column: close}",
			[]string{"2022-04-11 A 1", "2022-04-12 A 2.718281828459045", "2022-04-13 A 0", "2022-04-14 A 1", "2022-04-15 A 1"}, "2022-04-12 A 1\n2022-04-15 A 0"},
		{"lag", "{kind: lag, input: prices, rows: 2}",
			[]string{"2022-04-08 A 1", "2022-04-11 B 2", "2022-04-12 B 3", "2022-04-13 A 4"}, "2022-04-12 A 1\n2022-04-13 B 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pipeline(t, "it: "+c.node)
			w := tiny(t, c.rows...)
			n := node(t, p, "it", nil)
			end := micros("2022-12-01")
			if n.Params.Has("every") {
				end = micros("2022-04-14") // a regular grid goes on to the end of the range
			}
			got := show(outputs(t, w, micros("2022-04-11"), end, Options{}, n)[0])
			if got != c.want {
				t.Fatalf("got\n%s\nnot\n%s", got, c.want)
			}
		})
	}
}

// TestRollingAgreesWithDuckDB computes each statistic with window functions over the same rows.
func TestRollingAgreesWithDuckDB(t *testing.T) {
	w := newWorld(5)
	db, err := duck.Open(context.Background(), duck.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	returns := output(t, w, node(t, pipeline(t), "returns", nil))
	if err := db.Register("r", returns); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ function, sql string }{
		{"sum", "sum(v)"}, {"mean", "avg(v)"}, {"std", "stddev_samp(v)"}, {"min", "min(v)"}, {"max", "max(v)"},
		{"zscore", "(last(v) - avg(v)) / stddev_samp(v)"},
	} {
		for _, size := range []int{5, 40} {
			p := pipeline(t, fmt.Sprintf("it: {kind: rolling, input: returns, function: %s, in_window: %d}", c.function, size))
			got := cells(t, output(t, w, node(t, p, "it", nil)), c.function)
			// A row for each time and identifier, as windows count rows of the grid.
			sql := fmt.Sprintf(`with grid as (select * from (select distinct time_index from r), (select distinct unique_identifier from r)),
				full_r as (select time_index, unique_identifier, "return" as v from grid left join r using (time_index, unique_identifier))
				select time_index, unique_identifier, case when n = %[1]d then x end as x from (
					select time_index, unique_identifier, count(v) over w as n, %[2]s as x from full_r
					window w as (partition by unique_identifier order by time_index rows %[3]d preceding)) order by all`,
				size, strings.NewReplacer("v)", "v) over w").Replace(c.sql), size-1)
			f, _, err := db.QueryFrame(context.Background(), sql, []string{frame.TimeIndex, frame.UniqueIdentifier})
			if err != nil {
				t.Fatal(err)
			}
			compared := 0
			for at, want := range cells(t, f, "x") {
				v, ok := got[at]
				if !ok || math.Abs(v-want) > 1e-9*max(1, math.Abs(want)) {
					t.Fatalf("%s over %d at %s: %v, not %v", c.function, size, at, v, want)
				}
				compared++
			}
			if compared < 100 {
				t.Fatalf("only %d values to compare", compared)
			}
		}
	}
}

func TestEwmIsItsDefinition(t *testing.T) {
	w := newWorld(6)
	p := pipeline(t, "it: {kind: rolling, input: returns, function: ewm, in_window: 12, halflife: 3, min_periods: 1}")
	res := output(t, w, node(t, p, "returns", nil))
	panel, _ := res.Panel()
	got := cells(t, output(t, w, node(t, p, "it", nil)), "ewm")
	for j, id := range panel.IDs {
		for i := 11; i < len(panel.Times); i++ {
			sum, weight := 0.0, 0.0
			for age := range 12 {
				if v := panel.Data[0][j][i-age]; v == v {
					f := math.Pow(0.5, float64(age)/3)
					sum, weight = sum+f*v, weight+f
				}
			}
			at := fmt.Sprint(panel.Times[i], " ", id)
			if v, ok := got[at]; ok != (weight > 0) || ok && math.Abs(v-sum/weight) > 1e-12 {
				t.Fatalf("%s: %v, not %v", at, v, sum/weight)
			}
		}
	}
}

// TestPortfolioAgreesWithALoop evaluates the header's portfolio as its definition reads: coordinate descent from nothing at
// each row, over the members as of it.
func TestPortfolioAgreesWithALoop(t *testing.T) {
	w, p := newWorld(7), pipeline(t)
	got := output(t, w, node(t, p, "portfolio", nil))
	returns := outputs(t, w, micros("2021-09-01"), micros("2022-12-01"), Options{}, node(t, p, "returns", nil))[0]
	panel, _ := returns.Panel()
	start, _ := slices.BinarySearch(panel.Times, micros("2022-04-11"))
	leg := func(etf string, i int, windows ...int) (map[string]float64, bool) {
		mean := map[string]float64{}
		for _, size := range windows {
			weights, ok := naiveLasso(panel, members(w["holdings"], etf, panel.Times[i]), etf, i, size, 1e-5)
			if !ok {
				return nil, false
			}
			for id, v := range weights {
				mean[id] += v / float64(len(windows))
			}
		}
		return mean, true
	}
	value, row := 1.0, 0
	var held [2]map[string]float64 // the weights of the row before, by leg
	for i := start - 1; i < len(panel.Times)-1; i++ {
		long, ok1 := leg("L1", i, 30)
		short, ok2 := leg("S1", i, 20, 45)
		if !ok1 || !ok2 {
			held = [2]map[string]float64{}
			continue
		}
		turnover := change(held[0], long) + change(held[1], short)
		held = [2]map[string]float64{long, short}
		ret := earn(panel, long, i+1) - earn(panel, short, i+1)
		value *= 1 + ret - 0.001*turnover
		for c, want := range map[string]float64{"return": ret, "return_minus_fees": ret - 0.001*turnover, "portfolio": value} {
			vals, _ := got.Floats(c)
			if got.Times()[row] != panel.Times[i+1] || math.Abs(vals[row]-want) > 1e-9 {
				t.Fatalf("row %d, %s: %v, not %v", row, c, vals[row], want)
			}
		}
		if row > 0 {
			vals, _ := got.Floats("turnover")
			if v := vals[row-1]; v == v && math.Abs(v-turnover) > 1e-9 {
				t.Fatalf("row %d, turnover: %v, not %v", row-1, v, turnover)
			}
		}
		row++
	}
	if row != got.Rows() || row < 100 {
		t.Fatalf("%d rows, not %d", got.Rows(), row)
	}
}

func earn(p *frame.Panel, weights map[string]float64, i int) (sum float64) {
	for id, w := range weights {
		if v := p.Data[0][p.ID(id)][i]; v == v {
			sum += w * v
		}
	}
	return sum
}

func change(a, b map[string]float64) (sum float64) {
	for id := range a {
		if _, ok := b[id]; !ok {
			sum += math.Abs(a[id])
		}
	}
	for id := range b {
		sum += math.Abs(b[id] - a[id])
	}
	return sum
}

func members(holdings *frame.Frame, etf string, at int64) []string {
	ids, etfs, times := holdings.Named(frame.UniqueIdentifier).(*array.String), holdings.Named("etf").(*array.String), holdings.Times()
	latest := int64(math.MinInt64)
	for i, t := range times {
		if t <= at && etfs.Value(i) == etf {
			latest = t
		}
	}
	var out []string
	for i, t := range times {
		if t == latest && etfs.Value(i) == etf {
			out = append(out, ids.Value(i))
		}
	}
	return out
}

func naiveLasso(p *frame.Panel, members []string, target string, i, size int, alpha float64) (map[string]float64, bool) {
	window := func(id string) []float64 {
		j := p.ID(id)
		if j < 0 || i+1 < size {
			return nil
		}
		v := p.Data[0][j][i+1-size : i+1]
		if slices.ContainsFunc(v, math.IsNaN) {
			return nil
		}
		return v
	}
	y := window(target)
	weights, x := map[string]float64{}, map[string][]float64{}
	for _, id := range members {
		if v := window(id); v != nil && id != target {
			x[id], weights[id] = v, 0
		}
	}
	if y == nil || len(x) == 0 {
		return nil, false
	}
	ids := make([]string, 0, len(x))
	for id := range x {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	residual := slices.Clone(y)
	for range 5000 {
		moved := 0.0
		for _, id := range ids {
			v, sq, g := x[id], 0.0, 0.0
			for k := range v {
				sq += v[k] * v[k]
				g += v[k] * residual[k]
			}
			next := max(0, (g+sq*weights[id]-alpha*float64(size))/sq)
			for k := range v {
				residual[k] -= (next - weights[id]) * v[k]
			}
			moved = max(moved, math.Abs(next-weights[id]))
			weights[id] = next
		}
		if moved < 1e-14 {
			break
		}
	}
	return weights, true
}

// TestColumnsBeside: text beside the numbers that are asked for, or that are all there are, is in nobody's way.
func TestColumnsBeside(t *testing.T) {
	w := newWorld(9)
	p := pipeline(t, `mixed: {kind: sql, inputs: {x: interpolated}, lookback: 0, query: "select time_index, unique_identifier, close, 'word' as word from x"}`,
		"named: {kind: returns, input: mixed, column: close}", "only: {kind: rolling, input: mixed, function: mean, in_window: 5}", "lagged: {kind: lag, input: mixed}",
		"plain: {kind: rolling, input: interpolated, column: close, function: mean, in_window: 5}", "plain_lag: {kind: lag, input: interpolated, columns: [close]}")
	sameFrame(t, "returns", output(t, w, node(t, p, "returns", nil)), output(t, w, node(t, p, "named", nil)))
	sameFrame(t, "a mean", output(t, w, node(t, p, "plain", nil)), output(t, w, node(t, p, "only", nil)))
	sameFrame(t, "a lag", output(t, w, node(t, p, "plain_lag", nil)), output(t, w, node(t, p, "lagged", nil)))
}

func TestErrorsNameTheNode(t *testing.T) {
	w := newWorld(8)
	for _, c := range []struct{ node, want string }{
		{"it: {kind: lasso, input: returns, ticker_to_replicate: NOPE, universe: [AA], in_window: 10, lasso_alpha: 0}", "node it (lasso_"},
		{"it: {kind: returns, input: prices, method: simple, column: nope}", `no column "nope"`},
		{`it: {kind: sql, inputs: {r: returns}, lookback: 0, query: "select * from nope"}`, "nope"},
		{`it: {kind: sql, inputs: {r: returns}, lookback: 0, query: "select time_index, unique_identifier, random() as x from r"}`, "random"},
		{`it: {kind: sql, inputs: {r: returns}, lookback: 0, query: "copy r to '/tmp/x.csv'"}`, "node it (sql_"},
	} {
		p := pipeline(t, c.node)
		e, err := New(w, micros("2022-04-11"), micros("2022-12-01"), w, Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := node(t, p, "it", nil)
		if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
			t.Fatal(err)
		}
		_, err = e.Eval(context.Background(), n)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, not %q", c.node, err, c.want)
		}
		e.Close()
	}
}
