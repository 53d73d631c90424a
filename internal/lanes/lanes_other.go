//go:build !amd64

package lanes

import "math"

func joinGroups(_ *Portfolio, value float64) (rows int, last, least float64) {
	return 0, value, math.Inf(1)
}

func sumGroups([]float64, *[4]float64) (rows int) { return 0 }

func deviationGroups([]float64, float64, *deviations) (rows int) { return 0 }

func deepestGroups([]float64) (rows int, highest, deepest float64) { return 0, 1, 1 }
