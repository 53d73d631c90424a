package sweeps

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

var nan = math.NaN()

// naive are the formulas of docs/metrics.md, two lines each, over returns without missing values.
var naive = map[string]func(s Series, perYear float64) float64{
	"total_return":  func(s Series, _ float64) float64 { return s.Portfolio[len(s.Portfolio)-1] - 1 },
	"annual_return": naiveAnnual,
	"annual_volatility": func(s Series, perYear float64) float64 {
		_, std := naiveMoments(s.Returns)
		return std * math.Sqrt(perYear)
	},
	"sharpe": func(s Series, perYear float64) float64 {
		mean, std := naiveMoments(s.Returns)
		return mean / std * math.Sqrt(perYear)
	},
	"sortino": func(s Series, perYear float64) float64 {
		mean, below := 0.0, 0.0
		for _, r := range s.Returns {
			mean += r / float64(len(s.Returns))
			below += math.Pow(math.Min(r, 0), 2) / float64(len(s.Returns))
		}
		return mean / math.Sqrt(below) * math.Sqrt(perYear)
	},
	"max_drawdown": naiveDrawdown,
	"calmar":       func(s Series, perYear float64) float64 { return naiveAnnual(s, perYear) / -naiveDrawdown(s, perYear) },
	"hit_rate": func(s Series, _ float64) float64 {
		return float64(len(slices.DeleteFunc(slices.Clone(s.Returns), func(r float64) bool { return r <= 0 }))) / float64(len(s.Returns))
	},
	"turnover": func(s Series, _ float64) float64 {
		total := 0.0
		for _, v := range s.Turnover {
			total += v
		}
		return total / float64(len(s.Turnover))
	},
}

func naiveAnnual(s Series, perYear float64) float64 {
	return math.Pow(s.Portfolio[len(s.Portfolio)-1], perYear/float64(len(s.Portfolio))) - 1
}

func naiveMoments(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)-1))
}

func naiveDrawdown(s Series, _ float64) float64 {
	worst := math.Inf(1)
	for i := range s.Portfolio {
		highest := max(1, slices.Max(s.Portfolio[:i+1]))
		worst = min(worst, s.Portfolio[i]/highest)
	}
	return min(worst, 1) - 1
}

func TestMetricsAgreeWithNaiveFormulas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := market(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), rapid.IntRange(3, 700).Draw(t, "rows"))
		perYear := rapid.SampledFrom([]float64{12, 52, 252, 365}).Draw(t, "perYear")
		sum := Summarize(s, len(s.Returns))
		for _, b := range builtins {
			if got, want := b.value(&sum, perYear), naive[b.name](s, perYear); math.Abs(got-want) > 1e-12*max(1, math.Abs(want)) {
				t.Errorf("%s is %v, not %v", b.name, got, want)
			}
		}
	})
}

// inSQL says the same once more, in DuckDB's words, missing values included.
var inSQL = map[string]string{
	"total_return":      "last(portfolio order by time_index) filter (portfolio is not null) - 1",
	"annual_return":     "pow(last(portfolio order by time_index) filter (portfolio is not null), 252.0 / count(*)) - 1",
	"annual_volatility": "stddev_samp(return_minus_fees) * sqrt(252)",
	"sharpe":            "avg(return_minus_fees) / nullif(stddev_samp(return_minus_fees), 0) * sqrt(252)",
	"sortino":           "avg(return_minus_fees) / nullif(sqrt(avg(pow(least(return_minus_fees, 0), 2)) filter (return_minus_fees is not null)), 0) * sqrt(252)",
	"hit_rate":          "count(*) filter (return_minus_fees > 0) / count(*)",
	"turnover":          "avg(turnover)",
}

func TestMetricsAgreeWithSQL(t *testing.T) {
	ctx := context.Background()
	sql, err := openSQL(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer sql.close()
	var metrics []*Metric
	for _, b := range builtins {
		if inSQL[b.name] != "" {
			metrics = append(metrics, &Metric{Name: b.name, SQL: inSQL[b.name]})
		}
	}
	problems, err := sql.check(ctx, &config.Config{}, metrics, portfolioSchema)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		s := market(r, 2+r.IntN(300))
		for range r.IntN(10) {
			i := r.IntN(len(s.Returns))
			s.Returns[i], s.Portfolio[i] = nan, nan
		}
		f := portfolioFrame(s)
		got, err := sql.compute(ctx, "rows", metrics, []*frame.Frame{f})
		if err != nil {
			t.Fatal(err)
		}
		sum := Summarize(s, f.Rows())
		for k, m := range metrics {
			want, have := got[k].floats[0], builtinNamed(m.Name).value(&sum, DefaultPeriods)
			if math.Abs(want-have) > 1e-11*max(1, math.Abs(want)) || math.IsNaN(want) != math.IsNaN(have) {
				t.Errorf("%s is %v, in SQL %v", m.Name, have, want)
			}
		}
	}
}

func TestMetricsOfOddSeries(t *testing.T) {
	flat := []float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}
	tests := map[string]struct {
		series Series
		rows   int
		want   map[string]float64
	}{
		"no rows": {Series{Returns: []float64{}, Portfolio: []float64{}, Turnover: []float64{}}, 0, map[string]float64{
			"total_return": nan, "annual_return": nan, "annual_volatility": nan, "sharpe": nan, "sortino": nan, "max_drawdown": nan, "calmar": nan, "hit_rate": nan, "turnover": nan,
		}},
		"one row": {Series{Returns: []float64{-0.5}, Portfolio: []float64{0.5}, Turnover: []float64{2}}, 1, map[string]float64{
			"total_return": -0.5, "annual_volatility": nan, "sharpe": nan, "max_drawdown": -0.5, "hit_rate": 0, "turnover": 2,
		}},
		"all zero": {Series{Returns: make([]float64, 5), Portfolio: []float64{1, 1, 1, 1, 1}, Turnover: make([]float64, 5)}, 5, map[string]float64{
			"total_return": 0, "annual_return": 0, "annual_volatility": 0, "sharpe": nan, "sortino": nan, "max_drawdown": 0, "calmar": nan, "hit_rate": 0, "turnover": 0,
		}},
		"equal gains": {Series{Returns: flat}, 7, map[string]float64{"annual_volatility": 0, "sharpe": nan, "sortino": nan, "hit_rate": 1}},
		"missing returns": {Series{Returns: []float64{nan, 0.1, nan, -0.1}, Portfolio: []float64{nan, 1.1, nan, 0.99}, Turnover: []float64{1, nan, nan, 3}}, 4, map[string]float64{
			"total_return": 0.99 - 1, "hit_rate": 0.25, "turnover": 2, "max_drawdown": 0.99/1.1 - 1, "annual_volatility": math.Sqrt(0.02) * math.Sqrt(252),
		}},
		"all missing": {Series{Returns: []float64{nan, nan}, Portfolio: []float64{nan, nan}, Turnover: []float64{nan, nan}}, 2, map[string]float64{
			"total_return": nan, "sharpe": nan, "max_drawdown": nan, "hit_rate": 0, "turnover": nan,
		}},
		"loses more than everything": {Series{Portfolio: []float64{1.2, 0.3, -0.6, 0.2}}, 4, map[string]float64{
			"max_drawdown": -1, "total_return": -1, "annual_return": -1, "calmar": -1,
		}},
		"ends below zero": {Series{Portfolio: []float64{1, -0.5}}, 2, map[string]float64{"annual_return": -1, "calmar": -1, "total_return": -1}},
		"ruin": {Series{Returns: []float64{0.1, -0.2, -1.5, 3, 0.5}, Portfolio: []float64{1.1, 0.88, -0.44, -1.76, -2.64}, Turnover: []float64{1, 2, 3, 4, nan}}, 5, map[string]float64{
			"total_return": -1, "annual_return": -1, "max_drawdown": -1, "calmar": -1, "hit_rate": 1.0 / 3, "turnover": 2,
			"sharpe": -1.6 / 3 / math.Sqrt(1.4466666666666668/2) * math.Sqrt(252), "sortino": -1.6 / 3 / math.Sqrt(2.29/3) * math.Sqrt(252),
		}},
		"ruin shown as 0": {Series{Returns: []float64{0.5, -1, nan}, Portfolio: []float64{1.5, 0, nan}, Turnover: []float64{0, 0, nan}}, 3, map[string]float64{
			"total_return": -1, "max_drawdown": -1, "hit_rate": 0.5, "annual_return": -1,
		}},
		"gains that differ by rounding": {almost(0.01, 300, 1e-16), 300, map[string]float64{"annual_volatility": 0, "sharpe": nan, "sortino": nan, "max_drawdown": 0, "calmar": nan}},
		"losses that are rounding":      {almost(0, 300, 2e-16), 300, map[string]float64{"sharpe": nan, "sortino": nan, "max_drawdown": 0, "calmar": nan}},
		"a large return allows more":    {Series{Returns: []float64{1e6, 1e6 + 1e-9, 1e6 - 1e-9}}, 3, map[string]float64{"sharpe": nan}},
		"small and no rounding":         {Series{Returns: []float64{1e-13, 3e-13}}, 2, map[string]float64{"sharpe": 2e-13 / (math.Sqrt2 * 1e-13) * math.Sqrt(252)}},
		"falls at once":                 {Series{Portfolio: []float64{0.8, 0.9}}, 2, map[string]float64{"max_drawdown": 0.8 - 1}},
		"negative zeros":                {Series{Returns: []float64{math.Copysign(0, -1), 0.1}}, 2, map[string]float64{"hit_rate": 0.5}},
		"grows too much":                {Series{Portfolio: []float64{1e300}}, 1, map[string]float64{"annual_return": nan}},
		"another frequency":             {Series{Portfolio: []float64{1.5, 2}}, 2, map[string]float64{"max_drawdown": 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sum := Summarize(test.series, test.rows)
			for metric, want := range test.want {
				got := finite(builtinNamed(metric).value(&sum, DefaultPeriods))
				if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-12 {
					t.Errorf("%s is %v, not %v", metric, got, want)
				}
			}
		})
	}
}

// almost are returns that differ by rounding alone, up and down.
func almost(r float64, n int, by float64) Series {
	s := Series{Returns: make([]float64, n), Portfolio: make([]float64, n)}
	value := 1.0
	for i := range n {
		s.Returns[i] = r + float64(i%3-1)*by
		value *= 1 + s.Returns[i]
		s.Portfolio[i] = value
	}
	return s
}

func TestConfigKnowsTheBuiltins(t *testing.T) {
	if !slices.Equal(BuiltinNames(), config.BuiltinMetrics) {
		t.Errorf("sweeps has %v, config %v", BuiltinNames(), config.BuiltinMetrics)
	}
}

// Two metrics may count other periods a year, of one summary.
func TestPeriodsOfOneSummary(t *testing.T) {
	series := Series{Portfolio: []float64{1.01, 0.97, 1.05, 1.2}}
	shared := Summarize(series, 4)
	for _, perYear := range []float64{252, 12, 12, 252} {
		alone := Summarize(series, 4)
		for _, name := range []string{"annual_return", "calmar"} {
			value := builtinNamed(name).value
			if got, want := value(&shared, perYear), value(&alone, perYear); got != want || want != want {
				t.Errorf("%s of %v periods a year is %v after others, %v alone", name, perYear, got, want)
			}
		}
	}
}
