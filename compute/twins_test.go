package compute

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// twinsWorld has returns of Y, of A and B, and of C, which differs from A by a ten-millionth.
func twinsWorld() world {
	rng := rand.New(rand.NewPCG(8, 9))
	b := frame.NewBuilder(frame.Long("close"))
	at := micros("2022-03-01")
	for range 90 {
		a, o := 0.01*rng.NormFloat64(), 0.01*rng.NormFloat64()
		for _, r := range []struct {
			id    string
			value float64
		}{{"A", a}, {"B", o}, {"C", a * (1 + 1e-7*rng.NormFloat64())}, {"Y", 0.6*a + 0.4*o + 0.001*rng.NormFloat64()}} {
			b.Time(0, at)
			b.String(1, r.id)
			b.Float(2, r.value)
		}
		at += 86400e6
	}
	return world{"prices": b.Frame()}
}

// TestNearlyEqualColumnsAreTold: the earlier column has the weight, the later one none, and a warning names both; where a leg is made of the fits as well.
func TestNearlyEqualColumnsAreTold(t *testing.T) {
	w := twinsWorld()
	p := pipeline(t, "ols: {kind: lasso, input: prices, ticker_to_replicate: Y, universe: [A, B, C], in_window: 30, lasso_alpha: 0, positive: false}",
		"both: {kind: long_short_portfolio, returns: prices, long: ols, short: ols}")
	for _, name := range []string{"ols", "both"} {
		var warnings []string
		n := node(t, p, name, nil)
		out := outputs(t, w, micros("2022-04-11"), micros("2022-05-20"), Options{Jobs: 1, Warn: func(s string) { warnings = append(warnings, s) }}, n)[0]
		if len(warnings) != 1 || !strings.Contains(warnings[0], "node ols: C is too nearly A") || !strings.Contains(warnings[0], "\nhint: ") {
			t.Errorf("%s: the warnings are %q", name, warnings)
		}
		if n.Kind.Name != graph.KindLasso {
			continue
		}
		for at, weight := range cells(t, out, "weight") {
			switch {
			case strings.HasSuffix(at, "A") && (weight < 0.5 || weight > 0.7):
				t.Errorf("%s: %v", at, weight)
			case strings.HasSuffix(at, "C") && weight != 0:
				t.Errorf("%s: %v", at, weight)
			}
		}
		if out.Rows() != 3*39 {
			t.Errorf("%d rows, not three a day", out.Rows())
		}
	}
}
