package regress

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// likenesses make columns nearly others; which of them may be left out is the answer.
var likenesses = map[string]func(m *market, noise [][]float64) []Twin{
	"one price twice": func(m *market, noise [][]float64) []Twin {
		return like(m, noise, Twin{1, 0})
	},
	"far apart": func(m *market, noise [][]float64) []Twin {
		return like(m, noise, Twin{7, 2})
	},
	"three of one": func(m *market, noise [][]float64) []Twin {
		return like(m, noise, Twin{1, 0}, Twin{5, 0})
	},
	"two pairs": func(m *market, noise [][]float64) []Twin {
		return like(m, noise, Twin{1, 0}, Twin{6, 4})
	},
	"short": func(m *market, noise [][]float64) []Twin {
		twins := like(m, noise, Twin{1, 0})
		for t := range m.y {
			m.cols[1][t] *= -3
		}
		return twins
	},
	"a fund of three": func(m *market, noise [][]float64) []Twin {
		for t := range m.y {
			m.cols[6][t] = (m.cols[0][t]+m.cols[3][t]+m.cols[5][t])/3 + noise[6][t]
		}
		return []Twin{{6, -1}}
	},
}

func like(m *market, noise [][]float64, twins ...Twin) []Twin {
	for _, w := range twins {
		for t := range m.y {
			m.cols[w.Column][t] = m.cols[w.Like][t] + noise[w.Column][t]
		}
	}
	return twins
}

// TestNearlyEqualColumnsHaveAnAnswer: at every size of the difference each window has a fit that meets the conditions among the columns that are not
// left out, and no column is left out but one that is nearly another.
func TestNearlyEqualColumnsHaveAnAnswer(t *testing.T) {
	const rows, size = 90, 40
	specs := []Spec{
		{Alpha: 0, L1Ratio: 1}, {Alpha: 1e-14, L1Ratio: 1}, {Alpha: 1e-12, L1Ratio: 1}, {Alpha: 0, L1Ratio: 1, Intercept: true},
		{Alpha: 0, L1Ratio: 1, Positive: true}, {Alpha: 1e-13, L1Ratio: 0.5},
	}
	left := 0
	for name, spoil := range likenesses {
		for digits := 3; digits <= 11; digits++ {
			t.Run(fmt.Sprint(name, "/", digits), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(5, uint64(digits)))
				m := newMarket(rng, rows, 8)
				noise := make([][]float64, 8)
				for j := range noise {
					noise[j] = normals(rng, rows, 0.015*math.Pow(10, -float64(digits)))
				}
				allowed := spoil(m, noise)
				for i, fits := range roll(t, m.design(t), size, specs, size-1, rows) {
					if len(fits) != rows-size+1 {
						t.Fatalf("%+v: %d fits", specs[i], len(fits))
					}
					for _, f := range fits {
						left += len(f.Twins)
						checkTwins(t, f, allowed)
						f.Features = slices.DeleteFunc(slices.Clone(f.Features), func(j int32) bool {
							return slices.ContainsFunc(f.Twins, func(w Twin) bool { return w.Column == j })
						})
						whole := m.members[f.Row]
						m.members[f.Row] = slices.Clone(whole)
						for _, w := range f.Twins {
							m.members[f.Row][w.Column] = false
						}
						checkOptimal(t, m, size, specs[i], f)
						m.members[f.Row] = whole
					}
				}
			})
		}
	}
	if left < 100 {
		t.Errorf("only %d columns were left out: the test tries nothing", left)
	}
}

func checkTwins(t *testing.T, f Fit, allowed []Twin) {
	t.Helper()
	for _, w := range f.Twins {
		if !slices.ContainsFunc(allowed, func(a Twin) bool { return a.Column == w.Column && (a.Like == w.Like || a.Like < 0) }) || w.Like >= w.Column {
			t.Fatalf("row %d: column %d is left out for %d", f.Row, w.Column, w.Like)
		}
		if slices.Contains(f.Active, w.Column) || !slices.Contains(f.Features, w.Column) {
			t.Fatalf("row %d: %+v", f.Row, f)
		}
	}
}

// TestTwinsDependOnTheWindowAlone: fits with columns left out are the same in parts, alone, and with members told anew each row.
func TestTwinsDependOnTheWindowAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	m := newMarket(rng, 200, 8)
	noise := [][]float64{nil, normals(rng, 200, 1.5e-9)}
	like(m, noise, Twin{1, 0})
	for _, at := range []int{20, 95, 130} { // with a gap the earlier column is no feature, and the later one is
		m.cols[0][at] = math.NaN()
	}
	specs := []Spec{{Alpha: 0, L1Ratio: 1}, {Alpha: 1e-14, L1Ratio: 1}}
	d := m.design(t)
	whole := roll(t, d, 25, specs, 0, 200)
	used, leftOut := 0, 0
	for _, f := range whole[0] {
		leftOut += len(f.Twins)
		if !slices.Contains(f.Features, 0) && slices.Contains(f.Active, 1) {
			used++
		}
	}
	if used == 0 || leftOut == 0 {
		t.Fatalf("the later column has a weight %d times without the earlier one, and is left out %d times", used, leftOut)
	}
	told := *m
	told.members = nil
	for _, in := range m.members {
		told.members = append(told.members, slices.Clone(in))
	}
	for i := range specs {
		for _, cut := range []int{30, 77, 130} {
			same(t, whole[i], append(roll(t, d, 25, specs, 0, cut)[i], roll(t, d, 25, specs, cut, 200)[i]...))
		}
		same(t, whole[i], roll(t, d, 25, specs[i:i+1], 0, 200)[0])
		same(t, whole[i], roll(t, told.design(t), 25, specs, 0, 200)[i])
	}
}
