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
		y, x, a := wild(n), wild(n), rng.NormFloat64()
		got, want := slices.Clone(y), slices.Clone(y)
		axpy(got, a, x)
		axpyGo(want, a, x)
		sameBits(t, "axpy", n, want, got)

		sameBits(t, "dot", n, []float64{dotGo(x, y)}, []float64{dot(x, y)})
		got, want = slices.Clone(y), slices.Clone(y)
		scale(got, a)
		scaleGo(want, a)
		sameBits(t, "scale", n, want, got)

		stride := (n + 3) &^ 3
		g, in, out := wild(newTriangle(n, stride).size), wild(stride), wild(stride)
		got, want = slices.Clone(g), slices.Clone(g)
		slide(got, n, in, out)
		slideGo(want, n, in, out)
		sameBits(t, "slide", n, want, got)

		for rows := range 4 {
			x := wild(rows * stride)
			got, want = slices.Clone(g), slices.Clone(g)
			gather(got, n, stride, x)
			gatherGo(want, n, stride, x)
			sameBits(t, "gather", n, want, got)
		}

		ld := n + 8
		for j := range n {
			l := wild(n * ld)
			for from := 0; from <= j; from += 1 + j/3 {
				got, want = slices.Clone(l), slices.Clone(l)
				eliminate(got, ld, from, j, n)
				eliminateGo(want, ld, from, j, n)
				sameBits(t, "eliminate", n, want[j*ld+j:j*ld+n], got[j*ld+j:j*ld+n])
			}
			if j+4 > n {
				continue
			}
			got, want = slices.Clone(l), slices.Clone(l)
			eliminate4(got, ld, j, n)
			eliminate4Go(want, ld, j, n)
			for c := j; c < j+4; c++ {
				sameBits(t, "eliminate4", n, want[c*ld+c:c*ld+n], got[c*ld+c:c*ld+n])
			}
		}
	}
}

func sameBits(t *testing.T, what string, n int, want, got []float64) {
	t.Helper()
	for i := range want {
		if math.Float64bits(want[i]) != math.Float64bits(got[i]) {
			t.Fatalf("%s of %d: entry %d is %v, not %v", what, n, i, got[i], want[i])
		}
	}
}
