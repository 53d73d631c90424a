package compute

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/graph/expression"
)

// everyKind is a node of each kind on top of the header's.
var everyKind = []string{
	"daily: {kind: interpolate, method: previous, input: prices, every: 1d, timezone: America/New_York, max_gap: 3d}",
	"lagged: {kind: lag, input: interpolated, rows: 3}",
	"log_returns: {kind: returns, input: interpolated, column: close, method: log, periods: 5}",
	"mean: {kind: rolling, input: returns, function: mean, in_window: 40, min_periods: 10}",
	"std: {kind: rolling, input: returns, function: std, in_window: 25}",
	"zscore: {kind: rolling, input: returns, function: zscore, in_window: 60}",
	"lowest: {kind: rolling, input: interpolated, column: close, function: min, in_window: 15}",
	"highest: {kind: rolling, input: interpolated, column: close, function: max, in_window: 90}",
	"total: {kind: rolling, input: interpolated, column: volume, function: sum, in_window: 7}",
	"decayed: {kind: rolling, input: returns, function: ewm, in_window: 30, halflife: 8}",
	"stacked: {kind: rolling, input: zscore, function: mean, in_window: 12}",
	"net: {kind: lasso, input: returns, ticker_to_replicate: L1, universe: [AA, BB, CC, EE, L1], in_window: 33, lasso_alpha: 1e-6, l1_ratio: 0.8, positive: false, fit_intercept: true}",
	`query: {kind: sql, inputs: {r: returns, m: mean}, lookback: 4, query: "select time_index, unique_identifier, r.return - m.mean as excess, sum(r.return) over (partition by unique_identifier order by time_index rows 4 preceding) as five from r left join m using (time_index, unique_identifier)"}`,

	// These lack times of the grid that they are made from.
	"gappy: {kind: interpolate, method: previous, input: prices, every: 4h, max_gap: 9h}",
	"gappy_mean: {kind: rolling, input: gappy, column: close, function: mean, in_window: 70}",
	"gappy_lag: {kind: lag, input: gappy_mean, rows: 40}",
	`fridays: {kind: sql, inputs: {x: interpolated}, lookback: 0, query: "select * from x where dayofweek(time_index) = 5"}`,
	"weekly: {kind: returns, input: fridays, column: close}",
	"weekly_mean: {kind: rolling, input: weekly, function: mean, in_window: 9}",

	everyFunction(),
	`signal: {kind: expression, inputs: {p: interpolated, r: returns}, columns: {signal: "rank(change(close, 15))", volatility: "std(r.return, 20)", half: "if(unique_identifier < 'D', 1, 2)"}}`,
	"monthly: {kind: weights, input: signal, column: signal, long: {top: 2}, short: {bottom: 2}, rebalance: 1mo, timezone: America/New_York}",
	"weekly_weights: {kind: weights, input: signal, column: signal, long: {top: 50%}, weighting: {inverse_volatility: volatility}, within: half, max_weight: 0.4, rebalance: 1w}",
	"counted: {kind: weights, input: signal, column: signal, long: {above: 0.5}, rebalance: {rows: 10, offset: 3}}",
	"changing: {kind: weights, input: signal, column: signal, short: {below: 0.4}, weighting: rank, rebalance: changes}",
	"book: {kind: portfolio, returns: returns, weights: [{node: monthly, times: 0.5}, {node: weekly_weights, times: -0.2}], fee: 0.001, borrow: 0.02, cash: 0.01}",
	"restored: {kind: portfolio, returns: returns, weights: [counted, changing, long_lasso], drift: false, delay: 2}",
	`kept: {kind: expression, inputs: {p: interpolated, m: mean}, let: {size: "mean(volume, 6)"}, columns: {ranked: "rank(close)", who: "if(m.mean > 0, unique_identifier, 'nobody')"}, keep: "rank(size) > 0.4", drop: true}`,
	"of_kept: {kind: expression, input: kept, value: \"mean(ranked, 12)\", min_periods: 4}",
	`since: {kind: sql, inputs: {x: weekly}, lookback: 3, query: "select time_index, unique_identifier, sum(x.return) over (partition by unique_identifier order by time_index rows 3 preceding) as four from x"}`,

	// These count each identifier's own rows, of prices with gaps.
	"own_returns: {kind: returns, input: prices, column: close, rows: own, periods: 3}",
	"own_lag: {kind: lag, input: prices, rows: own, periods: 4}",
	"own_total: {kind: rolling, input: prices, column: volume, function: sum, in_window: 9, rows: own}",
	"own_std: {kind: rolling, input: own_returns, function: std, in_window: 25, rows: own, min_periods: 20}",
	"own_decay: {kind: rolling, input: sparse, column: close, function: ewm, halflife: 5, in_window: 8, rows: own}",
	"own_net: {kind: lasso, input: own_returns, ticker_to_replicate: L1, universe: [AA, BB, EE], in_window: 33, lasso_alpha: 1e-6, rows: own}",
	`sparse: {kind: sql, inputs: {x: prices}, lookback: 0, query: "select * from x where (day(time_index) + length(unique_identifier) + ascii(unique_identifier)) % 3 = 0"}`,
	"sparse_zscore: {kind: rolling, input: sparse, column: close, function: zscore, in_window: 11, rows: own}",
	"sparse_returns: {kind: returns, input: sparse, column: close, rows: own}",
	"sparse_net: {kind: lasso, input: sparse_returns, ticker_to_replicate: L1, universe: [AA, CC, FF], in_window: 10, lasso_alpha: 1e-6, rows: own}",
	"price_net: {kind: lasso, input: sparse, column: volume, ticker_to_replicate: CC, universe: [FF, L1], in_window: 6, lasso_alpha: 10, rows: own}",
	"sparse_lag: {kind: lag, input: sparse_zscore, rows: own, periods: 5}",
}

var allNames = []string{"prices", "interpolated", "returns", "daily", "lagged", "log_returns", "mean", "std", "zscore", "lowest", "highest", "total", "decayed", "stacked", "net", "query", "gappy_mean", "gappy_lag", "weekly_mean", "since", "functions", "kept", "of_kept", "signal", "monthly", "weekly_weights", "counted", "changing", "book", "restored", "long_lasso", "portfolio",
	"own_returns", "own_lag", "own_total", "own_std", "own_decay", "own_net", "sparse_zscore", "sparse_lag", "sparse_net", "price_net"}

// everyFunction is a node with a column for each function that an expression has.
func everyFunction() string {
	var columns []string
	for i, f := range expression.Functions {
		var args []string
		for k, a := range f.Args {
			switch a.Kind {
			case expression.Values:
				args = append(args, []string{"close", "volume", "120.0"}[k%3])
			case expression.Condition:
				args = append(args, []string{"diff(close, 1) > 0", "volume < 1000"}[k%2])
			case expression.Anything:
				args = append(args, "close")
			case expression.Rows, expression.Distance:
				args = append(args, "9")
			case expression.Zone:
				args = append(args, "'America/New_York'")
			default:
				args = append(args, map[string]string{"k": "3", "q": "0.3", "p": "0.2"}[a.Name])
			}
		}
		if f.OneOf {
			args = append(args, "span=5")
		} else if len(f.Named) > 0 {
			args = append(args, "by=weekday('UTC')")
		}
		columns = append(columns, fmt.Sprintf("f%d: \"%s(%s)\"", i, f.Name, strings.Join(args, ", ")))
	}
	return "functions: {kind: expression, input: interpolated, columns: {" + strings.Join(columns, ", ") + "}}"
}

func nodesOf(t *testing.T, p *graph.Pipeline) []*graph.Node {
	var nodes []*graph.Node
	for _, name := range allNames {
		nodes = append(nodes, node(t, p, name, nil))
	}
	return nodes
}

func TestAloneOrTogetherIsTheSame(t *testing.T) {
	w, p := newWorld(1), pipeline(t, everyKind...)
	nodes := nodesOf(t, p)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	together := outputs(t, w, start, end, Options{Jobs: 8}, nodes...)
	for i, n := range nodes {
		if together[i].Rows() == 0 {
			t.Fatalf("%s has no rows", n.Name)
		}
		sameFrame(t, n.Name+" alone", together[i], outputs(t, w, start, end, Options{Jobs: 1}, n)[0])
	}
	forgetful := outputs(t, w, start, end, Options{Jobs: 3, Memory: 1 << 10}, nodes...)
	for i, n := range nodes {
		sameFrame(t, n.Name+" with a cache that forgets", together[i], forgetful[i])
	}
}

func TestOneRangeIsItsParts(t *testing.T) {
	w, p := newWorld(2), pipeline(t, everyKind...)
	nodes := nodesOf(t, p)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	whole := outputs(t, w, start, end, Options{}, nodes...)
	for _, cut := range []string{"2022-05-01", "2022-06-15", "2022-09-30", "2022-11-29"} {
		at := micros(cut)
		first := outputs(t, w, start, at, Options{}, nodes...)
		second := outputs(t, w, at, end, Options{}, nodes...)
		for i, n := range nodes {
			what := fmt.Sprintf("%s cut at %s", n.Name, cut)
			if graph.FromStart(n) {
				// Its value starts at datalake_start: the first part is a prefix, the second another portfolio.
				sameFrame(t, what, whole[i].Slice(0, first[i].Rows()), first[i])
				continue
			}
			joined, err := frame.Concat(first[i], second[i])
			if err != nil {
				t.Fatal(err)
			}
			sameFrame(t, what, whole[i], joined)
		}
	}
}

func TestLaterRowsDecideNothing(t *testing.T) {
	w, p := newWorld(3), pipeline(t, everyKind...)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	at := micros("2022-08-17")
	known := world{}
	for name, f := range w {
		known[name] = f.Between(-1<<62, at)
	}
	for i, n := range nodesOf(t, p) {
		want := outputs(t, w, start, end, Options{}, n)[0].Between(start, at)
		got := outputs(t, known, start, end, Options{}, n)[0].Between(start, at) // a regular grid goes on
		sameFrame(t, allNames[i], want, got)
	}
}

func TestRegressionsOfOneGroupAreTheSameAlone(t *testing.T) {
	w, p := newWorld(4), pipeline(t)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	var nodes []*graph.Node
	for _, alpha := range []float64{1, 1e-3, 1e-4, 1e-5, 1e-6, 0} {
		for _, window := range []int64{20, 30, 200, 400} {
			nodes = append(nodes, node(t, p, "long_lasso", graph.Binding{"alpha": alpha, "long_windows": []any{window}}))
		}
	}
	together := outputs(t, w, start, end, Options{Jobs: 4}, nodes...)
	for i, n := range nodes {
		sameFrame(t, n.ID(), together[i], outputs(t, w, start, end, Options{}, n)[0])
	}
}
