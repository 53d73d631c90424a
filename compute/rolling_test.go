package compute

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// rolled evaluates a statistic over one identifier's values, a day each from the first of January on.
func rolled(t interface{ Fatal(...any) }, node *graph.Node, values []float64) []float64 {
	panel := frame.NewPanel(make([]int64, len(values)), []string{"A", "B"}, "v")
	for i := range panel.Times {
		panel.Times[i] = micros("2022-01-01") + int64(i)*86400e6
		panel.Data[0][0][i], panel.Data[0][1][i] = values[i], 1 // B keeps every time
	}
	res, err := rolling(&Result{panel: panel}, node.Params, span{from: math.MinInt64, end: math.MaxInt64})
	if err != nil {
		t.Fatal(err)
	}
	out, err := res.Panel()
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Repeat([]float64{math.NaN()}, len(values))
	for i, at := range out.Times {
		got[(at-micros("2022-01-01"))/86400e6] = out.Data[0][0][i]
	}
	return got
}

func rollingNode(t testing.TB, function string, window, least int, more string) *graph.Node {
	p := pipeline(t, fmt.Sprintf("it: {kind: rolling, input: returns, function: %s, in_window: %d, min_periods: %d%s}", function, window, least, more))
	return node(t, p, "it", nil)
}

func TestRollingByHand(t *testing.T) {
	nan := math.NaN()
	zeros := make([]float64, 40)
	flags := make([]float64, 60)
	for i := range flags {
		flags[i] = float64(i % 3 % 2)
	}
	tenths := slices.Repeat([]float64{0.1}, 20)
	for _, c := range []struct {
		name, function string
		window         int
		values, want   []float64 // want: the last of what comes out
	}{
		{"flags", "sum", 9, flags, []float64{3, 3, 3}},
		{"flags", "mean", 6, flags, []float64{1. / 3, 1. / 3}},
		{"flags", "std", 9, flags, []float64{0.5, 0.5}},
		{"after a huge one", "sum", 3, []float64{1e16, 0.1, 0.2, 0.3}, []float64{0.6}},
		{"beside a huge one", "sum", 3, []float64{1e300, 1, -1e300}, []float64{1}},
		{"the largest", "sum", 3, []float64{0, math.MaxFloat64, math.MaxFloat64, 0.25, 0.25, 0.5}, []float64{nan, math.MaxFloat64, 1}},
		{"the largest", "mean", 2, []float64{math.MaxFloat64, math.MaxFloat64, 1, 2}, []float64{math.MaxFloat64, math.MaxFloat64 / 2, 1.5}},
		{"the largest", "std", 2, []float64{-1e200, 1e200, 1, 2, 4}, []float64{math.Sqrt2 * 1e200, 1e200 / math.Sqrt2, math.Sqrt(0.5), math.Sqrt2}},
		{"the smallest", "std", 2, []float64{1, 1e-200, 3e-200}, []float64{math.Sqrt2 * 1e-200}},
		{"the largest", "zscore", 3, []float64{1e300, -1e300, 0, 1, 2}, []float64{0, 1 / math.Sqrt(3), 1}},
		{"a constant", "std", 4, append([]float64{5, 7, 1e9}, tenths...), []float64{0, 0, 0, 0}},
		{"a constant", "zscore", 4, append([]float64{5, 7, 1e9}, tenths...), []float64{nan, nan}},
		{"a constant", "mean", 3, tenths, []float64{0.1, 0.1, 0.1}},
		{"nothing after much", "ewm, halflife: 5", 10, append([]float64{9.5e8, 1e16, 3e7}, zeros...), []float64{0, 0, 0}},
		{"the largest", "ewm, halflife: 1", 2, []float64{math.MaxFloat64, math.MaxFloat64, 3, 6}, []float64{5}},
	} {
		t.Run(c.function+" of "+c.name, func(t *testing.T) {
			got := rolled(t, rollingNode(t, c.function, c.window, c.window, ""), c.values)
			got = got[len(got)-len(c.want):]
			for i, want := range c.want {
				if !(got[i] == want || got[i] != got[i] && want != want || c.function == "zscore" && math.Abs(got[i]-want) < 1e-15) {
					t.Fatalf("%v, not %v", got, c.want)
				}
			}
		})
	}
}

// TestRollingIsItsDefinition compares with the definition, window by window, in arithmetic of thousands of bits.
func TestRollingIsItsDefinition(t *testing.T) {
	type stat struct {
		name string
		node *graph.Node
	}
	const least, halflife = 3, 4
	stats := map[int][]stat{}
	for _, window := range []int{3, 8, 40} {
		for _, function := range []string{"sum", "mean", "std", "zscore", "min", "max", "ewm"} {
			more := map[string]string{"ewm": fmt.Sprint(", halflife: ", halflife), "std": ", ddof: 0"}[function]
			stats[window] = append(stats[window], stat{function, rollingNode(t, function, window, least, more)})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(hard(), rapid.Just(math.NaN()), rapid.Float64Range(99, 101)), 1, 120).Draw(t, "values")
		window := rapid.SampledFrom([]int{3, 8, 40}).Draw(t, "window")
		for _, s := range stats[window] {
			got := rolled(t, s.node, values)
			for i := range values {
				want, size := math.NaN(), 0.0
				if i >= window-1 {
					want, size = defined(s.name, values[i-window+1:i+1], least, halflife)
				}
				if !agrees(s.name, got[i], want, size) {
					t.Fatalf("%s of %v: %v, not %v", s.name, values[max(0, i-window+1):i+1], got[i], want)
				}
			}
		}
	})
}

// agrees allows what rounding does to values of a size.
func agrees(function string, got, want, size float64) bool {
	switch {
	case got != got || want != want:
		return got != got && want != want
	case function == "sum" || function == "min" || function == "max":
		return got == want
	case function == "mean":
		return math.Abs(got-want) <= 0x1p-52*math.Abs(want)
	}
	return math.Abs(got-want) <= 1e-12*size
}

// defined is a statistic of a window, computed without rounding and rounded once, and the size of what rounding may be relative to.
func defined(function string, window []float64, least int, halflife float64) (value, size float64) {
	sum, squares, weights, weighted, absolute := precise(0), precise(0), precise(0), precise(0), precise(0)
	lowest, highest, n := math.Inf(1), math.Inf(-1), 0
	for i, v := range window {
		if v != v {
			continue
		}
		n++
		w := precise(math.Pow(0.5, float64(len(window)-1-i)/halflife))
		x := precise(v)
		sum.Add(sum, x)
		squares.Add(squares, precise(0).Mul(x, x))
		weights.Add(weights, w)
		weighted.Add(weighted, precise(0).Mul(w, x))
		absolute.Add(absolute, precise(0).Mul(w, precise(math.Abs(v))))
		lowest, highest = min(lowest, v), max(highest, v)
	}
	if n < least {
		return math.NaN(), 0
	}
	mean := precise(0).Quo(sum, precise(float64(n)))
	centred := precise(0).Sub(squares, precise(0).Mul(mean, sum))
	ddof := 0
	if function == "zscore" {
		ddof = 1
	}
	std := precise(0)
	if lowest < highest {
		std.Sqrt(precise(0).Quo(centred, precise(float64(n-ddof))))
	}
	last := window[len(window)-1]
	switch function {
	case "sum":
		return rounded(sum), 0
	case "mean":
		return rounded(mean), 0
	case "min":
		return lowest, 0
	case "max":
		return highest, 0
	case "std":
		return rounded(std), rounded(std)
	case "zscore":
		if std.Sign() == 0 || last != last {
			return math.NaN(), 0
		}
		z := rounded(precise(0).Quo(precise(0).Sub(precise(last), mean), std))
		return z, max(1, math.Abs(z))
	}
	return rounded(precise(0).Quo(weighted, weights)), rounded(precise(0).Quo(absolute, weights))
}

func rounded(x *big.Float) float64 {
	f, _ := x.Float64()
	return finite(f)
}
