package regress

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestVectorKernelsGiveTheSameBits compares the assembly with the Go code on every length up to a few vectors, with values
// whose sums depend on the order and the rounding of every step.
func TestVectorKernelsGiveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	wild := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = rng.NormFloat64() * math.Exp(8*rng.NormFloat64())
		}
		return out
	}
	for n := range 70 {
		y, x, a, x0 := wild(n), wild(n), rng.NormFloat64(), rng.NormFloat64()
		got, want := slices.Clone(y), slices.Clone(y)
		axpy(got, a, x)
		axpyGo(want, a, x)
		sameBits(t, "axpy", n, want, got)

		sameBits(t, "dot", n, []float64{dotGo(x, y)}, []float64{dot(x, y)})
		stride := (n + 3) &^ 3
		g, in, out := wild(newTriangle(stride).size), wild(stride), wild(stride)
		got, want = slices.Clone(g), slices.Clone(g)
		slide(got, in, out)
		slideGo(want, in, out)
		sameBits(t, "slide", n, want, got)

		got, want = slices.Clone(in), slices.Clone(in)
		slideRow(got, a, out, x0, in)
		slideRowGo(want, a, out, x0, in)
		sameBits(t, "slideRow", n, want, got)

		active, inactive := []int32{}, []int32{}
		for j := range n {
			switch rng.IntN(5) {
			case 0, 1, 2:
				active = append(active, int32(j))
			case 3:
				inactive = append(inactive, int32(j))
			}
		}
		base := newTriangle(stride).base
		got, want = wild(stride), nil
		want = slices.Clone(got)
		subtractRight(got, g, base, active, y)
		subtractRightGo(want, g, base, active, y)
		sameBits(t, "subtractRight", n, want, got)
		subtractLeft(got, g, base, active, y, inactive)
		subtractLeftGo(want, g, base, active, y, inactive)
		sameBits(t, "subtractLeft", n, want, got)
		got, want = make([]float64, n*n), make([]float64, n*n)
		pick(got, n, g, base, active)
		pickGo(want, n, g, base, active)
		sameBits(t, "pick", n, want, got)

		for rows := range 5 {
			x := wild(rows * stride)
			got, want = slices.Clone(g), slices.Clone(g)
			gather(got, stride, x)
			gatherGo(want, stride, x)
			sameBits(t, "gather", n, want, got)
		}

	}
}

// TestFactorKernelsGiveTheSameBits also holds a column that depends on those before it, at every place.
func TestFactorKernelsGiveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for n := range 50 {
		for same := -1; same < n; same++ { // a column that is the one before it
			h := lowerTriangle(rng, n, same)
			ld, l := n+9, make([]float64, n*(n+9))
			own := make([]float64, n)
			for k := range n {
				copy(l[k*ld+k:], h[k])
				own[k] = h[k][0]
			}
			want, inv, invGo := slices.Clone(l), make([]float64, n), make([]float64, n)
			good, goodGo := factorize(l, ld, n, own, inv), factorizeGo(want, ld, n, own, invGo)
			if good != goodGo || same > 0 && good != same || same <= 0 && good != n {
				t.Fatalf("%d columns, the same twice at %d: %d good ones, in Go %d", n, same, good, goodGo)
			}
			sameBits(t, "inv", n, invGo[:good], inv[:good])
			for k := range good {
				sameBits(t, "factor", n, want[k*ld+k:k*ld+n+1], l[k*ld+k:k*ld+n+1])
			}
			if good == n {
				x, xGo := make([]float64, n), make([]float64, n)
				back(l, ld, n, inv, x)
				backGo(want, ld, n, invGo, xGo)
				sameBits(t, "back", n, xGo, x)
			}
		}
	}
}

// lowerTriangle returns, for each column of X'X for a random X, its entries from the diagonal down and one of a right-hand side.
func lowerTriangle(rng *rand.Rand, n, same int) [][]float64 {
	x := make([][]float64, n)
	for j := range x {
		x[j] = make([]float64, 2*n)
		for t := range x[j] {
			x[j][t] = rng.NormFloat64()
		}
		if j == same && j > 0 {
			x[j] = x[j-1]
		}
	}
	h := make([][]float64, n)
	for k := range h {
		for i := k; i < n; i++ {
			h[k] = append(h[k], dotGo(x[i], x[k]))
		}
		h[k] = append(h[k], rng.NormFloat64())
	}
	return h
}

func sameBits(t *testing.T, what string, n int, want, got []float64) {
	t.Helper()
	for i := range want {
		if math.Float64bits(want[i]) != math.Float64bits(got[i]) {
			t.Fatalf("%s of %d: entry %d is %v, not %v", what, n, i, got[i], want[i])
		}
	}
}
