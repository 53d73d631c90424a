package lanes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"
)

// inBoth runs a test with the Go code alone and as the machine has it, and compares what both return, to the bit.
func inBoth(t *testing.T, name string, do func() []float64) {
	t.Helper()
	got := do()
	defer withoutAssembly()()
	want := do()
	same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b }
	if !slices.EqualFunc(got, want, same) {
		t.Fatalf("%s: %v, in Go %v", name, got, want)
	}
}

// wild are returns and values around 1, some of them missing, none, or beyond all others, as few or many as asked for.
func wild(rng *rand.Rand, n int, odd bool) []float64 {
	out := make([]float64, n)
	strange := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), -3, 5e-324, 1e300}
	for i := range out {
		out[i] = rng.NormFloat64() * math.Exp(3*rng.NormFloat64())
		if odd && rng.IntN(6) == 0 {
			out[i] = strange[rng.IntN(len(strange))]
		}
	}
	return out
}

func TestAssemblyGivesTheBitsOfGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 70 {
		for _, odd := range []bool{false, true} {
			at := fmt.Sprintf("%d rows, odd ones: %v", n, odd)
			v, walk := wild(rng, n, odd), wild(rng, n, odd)
			for i := range walk {
				walk[i] = 1 + walk[i]/100
			}
			inBoth(t, "sum of "+at, func() []float64 { return []float64{Sum(v)} })
			inBoth(t, "deepest of "+at, func() []float64 { return []float64{Deepest(walk), Deepest(v)} })
			p := Portfolio{LongEarned: v, ShortEarned: wild(rng, n, odd), LongChange: walk, ShortChange: wild(rng, n, odd)}
			inBoth(t, "join of "+at, func() []float64 {
				p.Returns, p.Net, p.Value, p.Turnover = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
				last, least := Join(&p, 1.5)
				return slices.Concat([]float64{last, least}, p.Returns, p.Net, p.Value, p.Turnover)
			})
			there := slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return x != x })
			inBoth(t, "deviations of "+at, func() []float64 {
				a, b, k := Deviations(there, 0.3)
				return []float64{a, b, float64(k)}
			})
		}
	}
}

// withoutAssembly switches it off, where there is any, and returns what switches it on again.
func withoutAssembly() func() {
	before := vector
	vector = false
	return func() { vector = before }
}

func TestAssemblyRunsWhereItCan(t *testing.T) {
	if n := sumGroups(make([]float64, 9), &[4]float64{}); cpu.X86.HasAVX2 && n != 8 {
		t.Errorf("%d of 9 rows", n)
	}
}

func BenchmarkPoint(b *testing.B) {
	const n = 525
	rng := rand.New(rand.NewPCG(1, 2))
	p := Portfolio{LongEarned: wild(rng, n, false), ShortEarned: wild(rng, n, false), LongChange: wild(rng, n, false), ShortChange: wild(rng, n, false)}
	for i := range n {
		p.LongEarned[i] /= 1000
		p.ShortEarned[i] /= 1000
	}
	p.Returns, p.Net, p.Value, p.Turnover = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for _, assembly := range []bool{true, false} {
		again := func() {}
		if !assembly {
			again = withoutAssembly()
		}
		for name, do := range map[string]func(){
			"Join": func() { Join(&p, 1) }, "Sum": func() { Sum(p.Returns) }, "Deepest": func() { Deepest(p.Value) }, "Deviations": func() { Deviations(p.Returns, 1e-4) },
		} {
			b.Run(fmt.Sprintf("%s/assembly=%v", name, assembly), func(b *testing.B) {
				for b.Loop() {
					do()
				}
			})
		}
		again()
	}
}
