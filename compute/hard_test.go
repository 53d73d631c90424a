package compute

import (
	"math"
	"math/big"

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
