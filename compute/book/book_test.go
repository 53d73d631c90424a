package book

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
		return
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 || (got[i] == got[i]) != (want[i] == want[i]) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

var none = math.NaN()

const day = 86400e6

func days(n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i) * day
	}
	return out
}

// TestDrift holds half of each of two, bought once: worked out by hand.
func TestDrift(t *testing.T) {
	h := Holder{Factor: 1, Sets: [][]float64{{0.5, 0.5}}, Held: []int{-1, 0, 0, 0}}
	returns := [][]float64{{0, 0.10, 0}, {0, 0, 0.2}}
	p := Run([]Holder{h}, returns, days(3), 0, Rules{Drift: true, Cost: 0.01})
	if p.First != 1 {
		t.Fatalf("first row is %d", p.First)
	}
	b := 0.5 / 1.05
	near(t, "return", p.Return, []float64{0.05, 0.2 * b})
	near(t, "net", p.Net, []float64{0.05 - 0.01, 0.2 * b}) // the opening trade of 1, then none
	near(t, "turnover", p.Turnover, []float64{0, 0})
	near(t, "value", p.Value, []float64{1.04, 1.04 * (1 + 0.2*b)})
	near(t, "gross", p.Gross, []float64{1, 1})
}

// TestRestored restores the weights at every row, and that trade counts.
func TestRestored(t *testing.T) {
	h := Holder{Factor: 1, Sets: [][]float64{{0.5, 0.5}}, Held: []int{0, 0, 0}}
	returns := [][]float64{{0.10, 0}, {0, 0.2}}
	p := Run([]Holder{h}, returns, days(2), 0, Rules{Cost: 0.01})
	first := 2 * math.Abs(0.5-0.55/1.05)
	near(t, "return", p.Return, []float64{0.05, 0.1})
	near(t, "turnover", p.Turnover, []float64{first, 2 * math.Abs(0.5-0.5/1.1)})
	near(t, "net", p.Net, []float64{0.05 - 0.01, 0.1 - 0.01*first})
	stamped := Run([]Holder{h}, returns, days(2), 0, Rules{Stamped: true})
	near(t, "stamped", stamped.Turnover, []float64{0, 0})
}

// TestRebalance takes a new set at the third row; the trade is paid there.
func TestRebalance(t *testing.T) {
	h := Holder{Factor: 1, Sets: [][]float64{{1, 0}, {0, 1}}, Held: []int{0, 0, 1, 1}}
	returns := [][]float64{{0.1, 0.1, 0.1}, {0, 0, 0.5}}
	p := Run([]Holder{h}, returns, days(3), 0, Rules{Drift: true, Cost: 0.1})
	near(t, "return", p.Return, []float64{0.1, 0.1, 0.5})
	near(t, "turnover", p.Turnover, []float64{0, 2, 0})
	near(t, "net", p.Net, []float64{0, 0.1, 0.5 - 0.2})
}

// TestLegs mixes two holders by factors, and drifts each by itself.
func TestLegs(t *testing.T) {
	long := Holder{Factor: 1, Sets: [][]float64{{1, 0}}, Held: []int{0, 0, 0}}
	short := Holder{Factor: -1, Sets: [][]float64{{0, 1}}, Held: []int{0, 0, 0}}
	returns := [][]float64{{0.1, 0.1}, {0.2, 0}}
	p := Run([]Holder{long, short}, returns, days(2), 0, Rules{Drift: true})
	near(t, "return", p.Return, []float64{-0.1, 0.1})
	near(t, "net weight", p.Sum, []float64{0, 0})
	// Each leg is worth its whole again; mixing them back is a trade.
	near(t, "turnover", p.Turnover, []float64{math.Abs(1-1.1/0.9) + math.Abs(-1+1.2/0.9), math.Abs(-1 + 1/1.1)})
}

func TestCashAndBorrow(t *testing.T) {
	h := Holder{Factor: 1, Sets: [][]float64{{0.5, -0.25}}, Held: []int{0, 0, 0}}
	returns := [][]float64{{0, 0}, {0, 0}}
	p := Run([]Holder{h}, returns, days(2), 1, Rules{Cash: 0.365, Borrow: 0.73})
	near(t, "return", p.Return, []float64{0.75*0.001 - 0.25*0.002})
}

// TestRuin ends where nothing is left, whatever comes after.
func TestRuin(t *testing.T) {
	h := Holder{Factor: 1, Sets: [][]float64{{2}}, Held: []int{0, 0, 0, 0}}
	p := Run([]Holder{h}, [][]float64{{0.1, -0.6, 0.5}}, days(3), 0, Rules{})
	near(t, "value", p.Value, []float64{1.2, 0, none})
	near(t, "return", p.Return, []float64{0.2, -1.2, none})
	near(t, "gross", p.Gross, []float64{2, 2, none})
	if !p.Ruined {
		t.Error("the ruin is not told")
	}
}

func TestMissing(t *testing.T) {
	h := Holder{Factor: 1, Sets: [][]float64{{0.5, 0.5}}, Held: []int{-1, -1, 0, 0}}
	p := Run([]Holder{h}, [][]float64{{0, 0, none}, {0, 0, 0.1}}, days(3), 0, Rules{})
	near(t, "return", p.Return, []float64{0.05})
	if p.First != 2 || len(p.Unpriced[0]) != 1 || len(p.Unpriced) != 1 {
		t.Errorf("first %d, held without a return: %v", p.First, p.Unpriced)
	}
	if p := Run([]Holder{{Held: []int{-1, -1}}}, nil, days(1), 0, Rules{}); len(p.Value) != 0 {
		t.Errorf("a portfolio that never begins has %v", p.Value)
	}
}
