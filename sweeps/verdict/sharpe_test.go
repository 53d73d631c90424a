package verdict

import (
	"math"
	"testing"
)

// near fails unless got equals want to the given relative tolerance.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance*math.Max(1, math.Abs(want)) {
		t.Errorf("%s: %.17g, want %.17g", what, got, want)
	}
}

// TestDeflatedSharpeOfThePaper is the worked example of Bailey and Lopez de Prado 2014: an annual
// ratio of 2.5 over 1250 days, the best of 100 trials whose annual ratios have a variance of 1/2.
func TestDeflatedSharpeOfThePaper(t *testing.T) {
	m := Moments{Rows: 1250, Mean: 2.5 / math.Sqrt(250), Deviation: 1, Skew: -3, Kurtosis: 10}
	near(t, "threshold", DeflatedThreshold(0.5/250, 100), 0.11317200186513214, 1e-13)
	near(t, "dsr", DeflatedSharpe(m, 0.5/250, 100), 0.9003968344493903, 1e-13)
}

func TestExpectedMaximum(t *testing.T) {
	for _, c := range []struct {
		n                  int
		exact, approximate float64
	}{
		{1, 0, 0},
		{2, 1 / math.Sqrt(math.Pi), 0.5197553442805939},
		{3, 1.5 / math.Sqrt(math.Pi), 0},
		{10, 1.5387527308351778, 1.57459830134575},
		{1000, 3.241435769131663, 3.255121513652723},
		{27225, 4.0911572989066265, 4.098931199926344},
	} {
		near(t, "exact", ExpectedMaximum(c.n), c.exact, 1e-10)
		if c.approximate != 0 {
			near(t, "approximate", ApproximateMaximum(c.n), c.approximate, 1e-12)
		}
	}
}

func TestBacktestLength(t *testing.T) {
	near(t, "45 trials", MinBacktestYears(45, 1), 4.998087004443404, 1e-12)
	near(t, "27225 trials", MinBacktestYears(27225, 1), 16.80123698172962, 1e-12)
	near(t, "luck bar", LuckBar(27225, 525, 252), 2.84, 0.002)
}

func TestSharpeOfP(t *testing.T) {
	p := matrixP(t)
	best, ratios := Best(p)
	if best != 7 {
		t.Fatalf("best is %d, want 7", best)
	}
	m := MomentsOf(p.Columns[best])
	variance := sampleVariance(ratios)
	near(t, "sharpe", m.Sharpe(), 0.0968651979601408, 1e-13)
	near(t, "skew", m.Skew, 0.029114126121199492, 1e-11)
	near(t, "kurtosis", m.Kurtosis, 2.792261325365842, 1e-12)
	near(t, "variance", variance, 0.0012063330787504601, 1e-12)
	near(t, "psr", ProbabilisticSharpe(m, 0), 0.9850328299360877, 1e-12)
	near(t, "dsr", DeflatedSharpe(m, variance, 60), 0.63506047959432, 1e-12)
	near(t, "floored", DeflatedSharpe(m, math.Max(variance, 1.0/503), 60), 0.43142069896181867, 1e-12)
	near(t, "track record", MinTrackRecord(m, 0, 0.95), 289.74842050558135, 1e-12)
}

func TestConstantSeries(t *testing.T) {
	if m := MomentsOf([]float64{0.001, 0.001, 0.001}); !m.Constant() || m.Sharpe() != 0 {
		t.Errorf("a series that gains the same each row: %+v", m)
	}
	if m := MomentsOf([]float64{0.001, 0.002}); m.Constant() {
		t.Errorf("a series that moves: %+v", m)
	}
}
