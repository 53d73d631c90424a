package regress

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// market is random regression data on business days.
type market struct {
	times   []int64
	y       []float64
	cols    [][]float64
	members [][]bool
}

func newMarket(rng *rand.Rand, rows, cols int) *market {
	m := &market{cols: make([][]float64, cols)}
	day := time.Date(2021, 1, 4, 5, 0, 0, 0, time.UTC)
	for len(m.times) < rows {
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			m.times = append(m.times, day.UnixMicro())
		}
		day = day.AddDate(0, 0, 1)
	}
	factor := normals(rng, rows, 0.01)
	all := make([]bool, cols)
	for j := range m.cols {
		all[j] = true
		m.cols[j] = normals(rng, rows, 0.012)
		for t := range factor {
			m.cols[j][t] += factor[t]
		}
	}
	m.y = normals(rng, rows, 0.002)
	for t := range m.y {
		for j := 0; j < cols; j += 2 {
			m.y[t] += m.cols[j][t] / float64(cols)
		}
		m.members = append(m.members, all)
	}
	return m
}

func normals(rng *rand.Rand, n int, scale float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = scale * rng.NormFloat64()
	}
	return out
}

func (m *market) design(t testing.TB) *Design {
	d, err := NewDesign(m.times, m.y, m.cols, m.members)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// kept is a Fit that outlives emit.
func roll(t testing.TB, d *Design, size int, specs []Spec, from, to int) [][]Fit {
	out := make([][]Fit, len(specs))
	err := d.Roll(context.Background(), size, specs, from, to, func(i int, f Fit) {
		f.Features, f.Active, f.Weights = slices.Clone(f.Features), slices.Clone(f.Active), slices.Clone(f.Weights)
		out[i] = append(out[i], f)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkOptimal verifies, from the data itself, every optimality condition of a fit to 1e-9 of the largest correlation. Where
// weights are so large that they nearly cancel (an interpolating fit of a target that is off by a thousand), the check's own
// rounding is allowed for.
func checkOptimal(t testing.TB, m *market, size int, spec Spec, f Fit) {
	t.Helper()
	first, n := f.Row-size+1, float64(size)
	y := slices.Clone(m.y[first : f.Row+1])
	x := map[int32][]float64{}
	for _, j := range f.Features {
		x[j] = slices.Clone(m.cols[j][first : f.Row+1])
		if slices.ContainsFunc(x[j], math.IsNaN) || !m.members[f.Row][j] {
			t.Fatalf("row %d: column %d cannot be a feature", f.Row, j)
		}
		if spec.Intercept {
			subtractMean(x[j])
		}
	}
	for j, in := range m.members[f.Row] {
		if in && !slices.ContainsFunc(m.cols[j][first:f.Row+1], math.IsNaN) && !slices.Contains(f.Features, int32(j)) {
			t.Fatalf("row %d: column %d is no feature", f.Row, j)
		}
	}
	if spec.Intercept {
		subtractMean(y)
	}
	residual, scale := slices.Clone(y), 0.0
	terms := make([]float64, len(y)) // the sizes of what a residual is the sum of
	for i := range y {
		terms[i] = math.Abs(y[i])
	}
	weight := map[int32]float64{}
	for k, j := range f.Active {
		weight[j] = f.Weights[k]
		for i := range residual {
			residual[i] -= f.Weights[k] * x[j][i]
			terms[i] += math.Abs(f.Weights[k] * x[j][i])
		}
	}
	for _, j := range f.Features {
		scale = max(scale, math.Abs(inner(x[j], y)))
	}
	lambda, ridge := n*spec.Alpha*spec.L1Ratio, n*spec.Alpha*(1-spec.L1Ratio)
	for _, j := range f.Features {
		w := weight[j]
		g := inner(x[j], residual) - ridge*w
		slack := 1e-9 * scale
		for i := range y {
			slack += 1e-15 * math.Abs(x[j][i]) * terms[i]
		}
		switch {
		case w < 0 && spec.Positive:
			t.Fatalf("row %d: weight %g of column %d is negative", f.Row, w, j)
		case w != 0 && math.Abs(g-math.Copysign(lambda, w)) > slack:
			t.Fatalf("row %d: active column %d pulls %g, not %g (scale %g)", f.Row, j, g, math.Copysign(lambda, w), scale)
		case w == 0 && (g > lambda+slack || !spec.Positive && g < -lambda-slack):
			t.Fatalf("row %d: column %d is left out but pulls %g of %g (scale %g)", f.Row, j, g, lambda, scale)
		}
	}
}

func inner(a, b []float64) (s float64) {
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func subtractMean(v []float64) {
	mean := 0.0
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for i := range v {
		v[i] -= mean
	}
}

// hardships are what real data does; each spoils a market in its way.
var hardships = map[string]func(rng *rand.Rand, m *market){
	"none":     func(*rand.Rand, *market) {},
	"constant": func(_ *rand.Rand, m *market) { fill(m.cols[0], 0.01); fill(m.cols[1][40:], 0) },
	"collinear": func(_ *rand.Rand, m *market) {
		for t := range m.y {
			m.cols[1][t] = m.cols[0][t]
			m.cols[2][t] = 2*m.cols[0][t] + m.cols[3][t]
		}
	},
	"gaps": func(rng *rand.Rand, m *market) {
		fill(m.cols[0][:70], math.NaN())
		fill(m.cols[1][90:], math.NaN())
		for range 20 {
			m.cols[rng.IntN(len(m.cols))][rng.IntN(len(m.y))] = math.NaN()
		}
		m.y[100] = math.NaN()
	},
	"outliers": func(_ *rand.Rand, m *market) {
		m.cols[0][30], m.cols[2][31], m.y[33] = 1e4, 300, -1e3
		m.cols[1][60] = 1e6
	},
	"members": func(rng *rand.Rand, m *market) {
		for t := range m.members {
			if t%30 == 0 {
				set := make([]bool, len(m.cols))
				for j := range set {
					set[j] = rng.IntN(3) > 0
				}
				for u := t; u < min(t+30, len(m.members)); u++ {
					m.members[u] = set
				}
			}
		}
	},
	"levels": func(_ *rand.Rand, m *market) {
		for j := range m.cols {
			for t := range m.cols[j] {
				m.cols[j][t] += 100
			}
		}
		for t := range m.y {
			m.y[t] += 50
		}
	},
	"zero": func(_ *rand.Rand, m *market) {
		fill(m.y, 0)
	},
}

func fill(v []float64, x float64) {
	for i := range v {
		v[i] = x
	}
}

func TestEveryFitIsOptimal(t *testing.T) {
	specs := []Spec{
		{Alpha: 1, L1Ratio: 1, Positive: true}, {Alpha: 1e-4, L1Ratio: 1, Positive: true}, {Alpha: 1e-6, L1Ratio: 1, Positive: true},
		{Alpha: 0, L1Ratio: 1, Positive: true}, {Alpha: 1e-5, L1Ratio: 1}, {Alpha: 1e-7, L1Ratio: 1}, {Alpha: 1e-4, L1Ratio: 0.5},
		{Alpha: 1e-5, L1Ratio: 1, Positive: true, Intercept: true}, {Alpha: 1e-5, L1Ratio: 0.7, Intercept: true},
	}
	for name, spoil := range hardships {
		for _, size := range []int{2, 8, 15, 60} {
			t.Run(fmt.Sprintf("%s/%d", name, size), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(1, uint64(size)))
				m := newMarket(rng, 150, 12)
				spoil(rng, m)
				for i, fits := range roll(t, m.design(t), size, specs, 0, 150) {
					for _, f := range fits {
						checkOptimal(t, m, size, specs[i], f)
					}
				}
			})
		}
	}
}

func TestRandomFitsAreOptimal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		rows, cols := rapid.IntRange(20, 120).Draw(rt, "rows"), rapid.IntRange(4, 40).Draw(rt, "columns")
		size := rapid.IntRange(2, rows).Draw(rt, "size")
		m := newMarket(rng, max(rows, 110), cols)
		hardships[rapid.SampledFrom([]string{"none", "constant", "collinear", "gaps", "outliers", "members"}).Draw(rt, "hardship")](rng, m)
		spec := Spec{
			Alpha: math.Pow(10, rapid.Float64Range(-8, 0).Draw(rt, "log alpha")), L1Ratio: rapid.SampledFrom([]float64{1, 0.5}).Draw(rt, "ratio"),
			Positive: rapid.Bool().Draw(rt, "positive"), Intercept: rapid.Bool().Draw(rt, "intercept"),
		}
		for _, f := range roll(t, m.design(t), size, []Spec{spec}, 0, len(m.y))[0] {
			checkOptimal(t, m, size, spec, f)
		}
	})
}

func TestWithoutColumnsThereIsNoFit(t *testing.T) {
	m := newMarket(rand.New(rand.NewPCG(1, 2)), 60, 0)
	if fits := roll(t, m.design(t), 20, []Spec{{Alpha: 1e-5, L1Ratio: 1, Positive: true}}, 0, len(m.times)); len(fits[0]) > 0 {
		t.Errorf("%d fits of no column", len(fits[0]))
	}
}

func TestBitsDependOnTheWindowAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	m := newMarket(rng, 260, 10)
	hardships["gaps"](rng, m)
	hardships["outliers"](rng, m)
	specs := []Spec{{Alpha: 1e-5, L1Ratio: 1, Positive: true}, {Alpha: 1e-4, L1Ratio: 1, Positive: true}, {Alpha: 1e-5, L1Ratio: 0.9, Intercept: true}}
	d := m.design(t)
	whole := roll(t, d, 50, specs, 0, 260)

	t.Run("alone", func(t *testing.T) {
		for i, s := range specs {
			same(t, whole[i], roll(t, d, 50, []Spec{s}, 0, 260)[0])
		}
	})
	t.Run("parts", func(t *testing.T) {
		for _, cut := range []int{49, 77, 130, 255} {
			for i := range specs {
				same(t, whole[i], append(roll(t, d, 50, specs, 0, cut)[i], roll(t, d, 50, specs, cut, 260)[i]...))
			}
		}
	})
	t.Run("later rows unknown", func(t *testing.T) {
		for _, end := range []int{120, 147, 200} {
			short := &market{times: m.times[:end], y: m.y[:end], members: m.members[:end]}
			for _, c := range m.cols {
				short.cols = append(short.cols, c[:end])
			}
			for i := range specs {
				got := roll(t, short.design(t), 50, specs, 0, end)[i]
				same(t, whole[i][:len(got)], got)
			}
		}
	})
	t.Run("earlier rows unknown", func(t *testing.T) {
		// Rows from the anchor's window on are all that a row may read.
		from := 150
		first := int(d.monthStart[from]) - 49
		late := &market{times: m.times[first:], y: m.y[first:], members: m.members[first:]}
		for _, c := range m.cols {
			late.cols = append(late.cols, c[first:])
		}
		for i := range specs {
			got := roll(t, late.design(t), 50, specs, from-first, 260-first)[i]
			want := whole[i][len(whole[i])-len(got):]
			for k := range got {
				got[k].Row += first
			}
			same(t, want, got)
		}
	})
	t.Run("members told anew each row", func(t *testing.T) {
		shared := *m
		shared.members = slices.Clone(m.members)
		hardships["members"](rng, &shared)
		told := shared
		told.members = nil
		for _, in := range shared.members {
			told.members = append(told.members, slices.Clone(in))
		}
		for i, want := range roll(t, shared.design(t), 50, specs, 0, 260) {
			same(t, want, roll(t, told.design(t), 50, specs, 0, 260)[i])
		}
	})
	t.Run("other columns beside", func(t *testing.T) {
		more := *m
		more.cols = append(slices.Clone(m.cols), normals(rng, 260, 0.01), normals(rng, 260, 1e3))
		more.cols[11][70] = 1e9
		in := append(slices.Repeat([]bool{true}, 10), false, false)
		more.members = slices.Repeat([][]bool{in}, 260)
		for i, got := range roll(t, more.design(t), 50, specs, 0, 260) {
			same(t, whole[i], got)
		}
	})
}

func same(t *testing.T, want, got []Fit) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d fits, not %d", len(got), len(want))
	}
	for k := range want {
		if fmt.Sprintf("%v", want[k]) != fmt.Sprintf("%v", got[k]) {
			t.Fatalf("row %d: %v, not %v", want[k].Row, got[k], want[k])
		}
	}
}

func BenchmarkRoll(b *testing.B) {
	for _, size := range []int{60, 400} {
		for _, alpha := range []float64{1e-5, 1e-4} {
			b.Run(fmt.Sprintf("window=%d/alpha=%g", size, alpha), func(b *testing.B) {
				m := newMarket(rand.New(rand.NewPCG(1, 2)), 925, 66)
				d := m.design(b)
				fits, active := 0, 0
				for b.Loop() {
					_ = d.Roll(context.Background(), size, []Spec{{Alpha: alpha, L1Ratio: 1, Positive: true}}, 400, 925, func(_ int, f Fit) {
						fits++
						active += len(f.Active)
					})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(fits), "ns/fit")
				b.ReportMetric(float64(active)/float64(fits), "active")
			})
		}
	}
}
