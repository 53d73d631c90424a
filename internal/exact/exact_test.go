package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// hard draws numbers that sums go wrong over: whole ones, of any size, of any sign, nearly equal ones.
func hard() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-3, 3), func(n int) float64 { return float64(n) }),
		rapid.Float64Range(-1, 1),
		rapid.Custom(func(t *rapid.T) float64 {
			return math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, "digits"), rapid.IntRange(-1040, 1023).Draw(t, "exponent"))
		}),
		rapid.SampledFrom([]float64{math.MaxFloat64, -math.MaxFloat64, 0x1p950, -0x1p949, 0x1p960, math.SmallestNonzeroFloat64, 0.1, 1e16, -1e16}),
	)
}

// precise holds any sum of the test's numbers, and products of two, without rounding.
func precise(x float64) *big.Float { return new(big.Float).SetPrec(8000).SetFloat64(x) }

// TestSumsAreExact takes numbers in and out in any order and compares with arithmetic without rounding.
func TestSumsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Sum
		var in []float64
		want := precise(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if len(in) > 0 && rapid.IntRange(0, 2).Draw(t, "out") == 0 {
				i := rapid.IntRange(0, len(in)-1).Draw(t, "which")
				s.Add(-in[i])
				want.Sub(want, precise(in[i]))
				in = append(in[:i], in[i+1:]...)
			} else {
				x := hard().Draw(t, "x")
				s.Add(x)
				want.Add(want, precise(x))
				in = append(in, x)
			}
			rounded, _ := want.Float64()
			if got := s.Value(); got != rounded {
				t.Fatalf("the sum of %v is %v, not %v", in, got, rounded)
			}
			if len(in) > 0 {
				mean, _ := new(big.Float).Quo(want, precise(float64(len(in)))).Float64()
				if got := s.Over(len(in)); math.Abs(got-mean) > 0x1p-52*math.Abs(mean) {
					t.Fatalf("the mean of %v is %v, not %v", in, got, mean)
				}
			}
		}
		for _, x := range in {
			s.Add(-x)
		}
		if s.Value() != 0 {
			t.Fatalf("%v is left of nothing", s.Value())
		}
	})
}

// TestLargeNumbersThatCancelLeaveSmallOnes has sums that were split at the scale of large numbers before they cancelled.
func TestLargeNumbersThatCancelLeaveSmallOnes(t *testing.T) {
	var s Sum
	for _, x := range []float64{math.MaxFloat64, 1, 0x1p950, -0x1p949, -math.MaxFloat64, -1, -0x1p950, 0x1p949, math.SmallestNonzeroFloat64} {
		s.Add(x)
	}
	if got := s.Value(); got != math.SmallestNonzeroFloat64 {
		t.Errorf("%v, not %v", got, math.SmallestNonzeroFloat64)
	}
}

// TestTheMeanOfEqualNumbersIsTheNumber also where their sum is no double.
func TestTheMeanOfEqualNumbersIsTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := rapid.Float64Range(-1e6, 1e6).Draw(t, "x"), rapid.IntRange(1, 300).Draw(t, "n")
		var s Sum
		for range n {
			s.Add(x)
		}
		if got := s.Over(n); got != x {
			t.Fatalf("%v, not %v", got, x)
		}
	})
}
