package lanes

import (
	"math"
	"testing"
)

// TestAgainstFormulas computes the same the slow way.
func TestAgainstFormulas(t *testing.T) {
	v := []float64{0.5, 1.25, math.NaN(), 1, 0.75, 2, math.NaN(), 1.5, -1, 3}
	if got := Deepest(v); got != -0.5 {
		t.Errorf("deepest %v", got)
	}
	if got := Deepest([]float64{2, 3, math.NaN(), 4, 5}); got != 1 {
		t.Errorf("where nothing falls, deepest is %v", got)
	}
	if got := Deepest([]float64{-1, math.NaN(), 0.5, 0.5, 0.5}); got != -1 {
		t.Errorf("with a missing value below zero, deepest is %v", got)
	}
	r := []float64{1, -1, 2, -2, 3, 0, math.Copysign(0, -1)}
	if a, b, k := Deviations(r, 1); a != 0+4+1+9+4+1+1 || b != 1+4 || k != 3 {
		t.Errorf("deviations %v, %v, %d", a, b, k)
	}
	if got := Sum([]float64{1, 2, 3, 4, 5, 6}); got != 21 {
		t.Errorf("sum %v", got)
	}
}
