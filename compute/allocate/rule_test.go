package allocate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func signals(values ...float64) []Candidate {
	out := make([]Candidate, len(values))
	for i, v := range values {
		out[i] = Candidate{Signal: v, Group: float64(i % 2), Volatility: float64(i)}
	}
	return out
}

var none = math.NaN()

func TestWeigh(t *testing.T) {
	first := func(n float64) Side { return Side{First, n} }
	for _, c := range []struct {
		what  string
		rule  Rule
		in    []Candidate
		want  []float64
		notes Notes
	}{
		{"the best two", Rule{Long: first(2), GrossLong: 1}, signals(3, 1, none, 2), []float64{0.5, 0, 0, 0.5}, Notes{}},
		{"ties go by identifier", Rule{Long: first(1), GrossLong: 1}, signals(1, 2, 2), []float64{0, 1, 0}, Notes{}},
		{"long and short", Rule{Long: first(1), Short: first(1), GrossLong: 1, GrossShort: 0.5}, signals(3, 1, 2), []float64{1, -0.5, 0}, Notes{}},
		{"on both sides is on none", Rule{Long: first(2), Short: first(2), GrossLong: 1, GrossShort: 1}, signals(3, 1, 2), []float64{1, -1, 0}, Notes{Both: 1}},
		{"fewer than asked", Rule{Long: first(5), GrossLong: 1}, signals(1, 2), []float64{0.5, 0.5}, Notes{Fewer: 1}},
		{"a share, rounded down", Rule{Long: Side{Share, 0.5}, GrossLong: 1}, signals(1, 2, 3), []float64{0, 0, 1}, Notes{}},
		{"a share, at least one", Rule{Short: Side{Share, 0.1}, GrossShort: 1}, signals(1, 2, 3), []float64{-1, 0, 0}, Notes{}},
		{"above a bound", Rule{Long: Side{Beyond, 0}, Short: Side{Beyond, 0}, GrossLong: 1, GrossShort: 1}, signals(2, 0, -1), []float64{1, 0, -1}, Notes{}},
		{"nobody is cash", Rule{Long: Side{Beyond, 9}, GrossLong: 1}, signals(1, 2), []float64{0, 0}, Notes{}},
		{"by rank", Rule{Long: Side{Chosen: Everybody}, Weighting: ByRank, GrossLong: 1}, signals(1, 5, 5), []float64{1.0 / 6, 2.5 / 6, 2.5 / 6}, Notes{}},
		{"by value", Rule{Long: Side{Chosen: Everybody}, Weighting: ByValue, GrossLong: 1}, signals(1, 3, -2), []float64{0.25, 0.75, 0}, Notes{Opposed: 1}},
		{"by inverse volatility", Rule{Long: Side{Chosen: Everybody}, Weighting: ByInverse, GrossLong: 1}, signals(1, 1, 1), []float64{0, 2.0 / 3, 1.0 / 3}, Notes{Opposed: 1}},
		{"given, capped", Rule{Weighting: Given, MaxWeight: 0.5}, signals(0.3, -0.8, none), []float64{0.3, -0.5, 0}, Notes{Uncapped: 1}},
		{"capped, the rest to the others", Rule{Long: Side{Chosen: Everybody}, Weighting: ByValue, GrossLong: 1, MaxWeight: 0.5}, signals(8, 1, 1), []float64{0.5, 0.25, 0.25}, Notes{}},
		{"fixed slots leave cash", Rule{Long: first(2), GrossLong: 1, MaxWeight: 0.1}, signals(3, 1, 2), []float64{0.1, 0, 0.1}, Notes{Uncapped: 1}},
		{"within groups", Rule{Long: first(1), GrossLong: 1, Within: true}, signals(9, 1, 8, 2), []float64{0.5, 0, 0, 0.5}, Notes{}},
		{"a cap within groups, then beyond", Rule{Long: Side{Chosen: Everybody}, GrossLong: 1, Within: true, MaxWeight: 0.4}, signals(1, 1, 1), []float64{0.3, 0.4, 0.3}, Notes{}},
	} {
		got, notes := c.rule.Weigh(c.in)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%s: %v, want %v", c.what, got, c.want)
				break
			}
		}
		if notes != c.notes {
			t.Errorf("%s: %+v, want %+v", c.what, notes, c.notes)
		}
	}
}

// TestSides holds that a side adds up to its gross where there is room, never to more, and that no
// weight is above the largest.
func TestSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		in := make([]Candidate, n)
		for i := range in {
			in[i] = Candidate{
				Signal: rapid.SampledFrom([]float64{none, -2, -1, 0, 1, 1, 2.5}).Draw(t, "signal"),
				Group:  rapid.SampledFrom([]float64{none, 0, 1, 2}).Draw(t, "group"), Volatility: rapid.Float64Range(0, 2).Draw(t, "volatility"),
			}
		}
		r := Rule{
			Long: Side{First, float64(rapid.IntRange(1, 6).Draw(t, "long"))}, Short: Side{Share, rapid.Float64Range(0, 1).Draw(t, "short")},
			Weighting: rapid.SampledFrom([]Weighting{Equal, ByRank, ByValue, ByInverse}).Draw(t, "weighting"),
			GrossLong: 1, GrossShort: 0.7, MaxWeight: rapid.SampledFrom([]float64{0, 0.05, 0.3}).Draw(t, "max"), Within: rapid.Bool().Draw(t, "within"),
		}
		weights, notes := r.Weigh(in)
		var long, short float64
		for i, w := range weights {
			if w != 0 && in[i].Signal != in[i].Signal {
				t.Fatalf("a candidate without a signal has %v", w)
			}
			if r.MaxWeight > 0 && math.Abs(w) > r.MaxWeight+1e-12 {
				t.Fatalf("%v is above the largest weight", w)
			}
			long, short = long+math.Max(w, 0), short+math.Max(-w, 0)
		}
		for _, side := range [][2]float64{{long, 1}, {short, 0.7}} {
			full := math.Abs(side[0]-side[1]) < 1e-9
			if side[0] > side[1]+1e-9 || !full && side[0] > 1e-9 && notes.Uncapped == 0 {
				t.Fatalf("a side adds up to %v, its gross is %v: %v, %+v", side[0], side[1], weights, notes)
			}
		}
	})
}
