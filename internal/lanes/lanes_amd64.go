package lanes

import (
	"math"

	"golang.org/x/sys/cpu"
)

// vector says whether the assembly can run here.
var vector = cpu.X86.HasAVX2

//go:noescape
func joinAVX2(longEarned, shortEarned, longChange, shortChange, returns, net, values, turnover *float64, n int, value float64) (last, least float64)

//go:noescape
func sumAVX2(v *float64, n int, s *[4]float64)

//go:noescape
func deviationsAVX2(v *float64, n int, mean float64, d *deviations)

//go:noescape
func deepestAVX2(v *float64, n int) (highest, deepest float64)

// groups is how many of n rows the assembly takes.
func groups(n int) int {
	if !vector {
		return 0
	}
	return n &^ 3
}

func joinGroups(p *Portfolio, value float64) (rows int, last, least float64) {
	n := groups(len(p.LongEarned))
	if n == 0 {
		return 0, value, math.Inf(1)
	}
	last, least = joinAVX2(&p.LongEarned[0], &p.ShortEarned[0], &p.LongChange[0], &p.ShortChange[0],
		&p.Returns[0], &p.Net[0], &p.Value[0], &p.Turnover[0], n, value)
	return n, last, least
}

func sumGroups(v []float64, s *[4]float64) (rows int) {
	n := groups(len(v))
	if n > 0 {
		sumAVX2(&v[0], n, s)
	}
	return n
}

func deviationGroups(v []float64, mean float64, d *deviations) (rows int) {
	n := groups(len(v))
	if n > 0 {
		deviationsAVX2(&v[0], n, mean, d)
	}
	return n
}

func deepestGroups(v []float64) (rows int, highest, deepest float64) {
	n := groups(len(v))
	if n == 0 {
		return 0, 1, 1
	}
	highest, deepest = deepestAVX2(&v[0], n)
	return n, highest, deepest
}
