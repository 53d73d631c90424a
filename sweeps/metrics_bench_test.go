package sweeps

import (
	"math/rand/v2"
	"testing"
)

// market makes a random portfolio of n rows.
func market(r *rand.Rand, n int) Series {
	s := Series{Returns: make([]float64, n), Portfolio: make([]float64, n), Turnover: make([]float64, n)}
	value := 1.0
	for i := range n {
		s.Returns[i] = 0.01 * r.NormFloat64()
		value *= 1 + s.Returns[i]
		s.Portfolio[i], s.Turnover[i] = value, r.Float64()
	}
	return s
}

// BenchmarkMetrics takes all built-in metrics of a portfolio of 525 rows: section 2's range.
func BenchmarkMetrics(b *testing.B) {
	s := market(rand.New(rand.NewPCG(1, 2)), 525)
	out := make([]float64, len(builtins))
	b.ReportAllocs()
	for b.Loop() {
		sum := Summarize(s, 525)
		for k := range builtins {
			out[k] = builtins[k].value(&sum, defaultPeriods)
		}
	}
}
