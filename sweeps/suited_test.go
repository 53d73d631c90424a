package sweeps

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

const manySeries = `
datalake_name: test
datalake_start: 2022-01-01
datalake_end: 2023-01-01
database: files:data
parameters: {days: 10}
nodes:
  prices: {kind: table, table: prices}
  strategy: {kind: sql, inputs: {p: prices}, lookback: 0, query: "select time_index, unique_identifier, ${days} * close as return_minus_fees from p"}
  HINT
target: strategy
sweep:
  vary: {days: [1, 2]}
  metrics: {worst: "min(return_minus_fees)", sharpe: , total_return: }
`

// TestBuiltinMetricsMeasureOneSeries: a target with a row an identifier is refused, and what the hint says to write serves.
func TestBuiltinMetricsMeasureOneSeries(t *testing.T) {
	check := func(text string) config.Problems {
		t.Helper()
		c, err := config.Parse("sweep.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := graph.New(c)
		if err != nil {
			t.Fatal(err)
		}
		metrics, err := NewMetrics(c)
		if err != nil {
			t.Fatal(err)
		}
		problems, _ := CheckTarget(c, p, metrics).(config.Problems)
		return problems
	}
	problems := check(strings.ReplaceAll(manySeries, "HINT", ""))
	want := "sharpe, total_return: a built-in metric measures one row a time, and the target strategy has many: its key is time_index, unique_identifier"
	if len(problems) != 1 || problems[0].Message != want || problems[0].Line == 0 {
		t.Fatalf("got %v", problems)
	}
	_, write, _ := strings.Cut(problems[0].Hint, "that the target: ")
	followed := strings.NewReplacer("HINT", write, "target: strategy", "target: strategy_mean").Replace(manySeries)
	if problems := check(followed); len(problems) > 0 {
		t.Errorf("after the hint: %v", problems)
	}
	if problems := check(strings.NewReplacer("HINT", "", ", sharpe: , total_return: ", "").Replace(manySeries)); len(problems) > 0 {
		t.Errorf("SQL metrics alone: %v", problems)
	}
}

// TestTheValueIsCompoundedFromReturns: where a target has no column portfolio.
func TestTheValueIsCompoundedFromReturns(t *testing.T) {
	c, _, err := load(metricsOnly(vary, "    total_return:\n    calmar:\n    annual_return:\n    max_drawdown:\n"))
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := NewMetrics(c)
	if err != nil {
		t.Fatal(err)
	}
	schema := frame.Schema{Key: 1, Fields: []frame.Field{{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: columnReturn, Type: frame.Float64}}}
	if err := CheckMetrics(context.Background(), c, metrics, schema); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		returns        []float64
		total, deepest float64
	}{
		"gains and losses": {[]float64{0.5, nan, -0.2, 0.25}, 1.5*0.8*1.25 - 1, -0.2},
		"ruin":             {[]float64{0.5, -1.2, -3, 2}, -1, -1},
		"nothing":          {[]float64{nan, nan}, nan, nan},
	} {
		b := frame.NewBuilder(schema)
		for i, r := range of.returns {
			b.Time(0, int64(i))
			b.Float(1, r)
		}
		sum := Summarize(seriesOf(b.Frame()), len(of.returns))
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 || a != a && b != b }
		if total, deepest := totalReturn(&sum, 0), maxDrawdown(&sum, 0); !same(total, of.total) || !same(deepest, of.deepest) {
			t.Errorf("%s: %v and %v, not %v and %v", name, total, deepest, of.total, of.deepest)
		}
	}
}
