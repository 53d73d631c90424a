package verdict

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

var portable = Resampling{Resamples: 1000, Block: 10, Seed: 7}

func TestRowsDrawn(t *testing.T) {
	first := portable.draw(504)[0]
	if len(first) < 2 || first[0] != (run{196, 197}) || first[1].from != 453 || first[1].to < 460 {
		t.Errorf("first stretches: %v", first[:2])
	}
	for b, runs := range portable.draw(504) {
		n := 0
		for _, r := range runs {
			n += int(r.to - r.from)
		}
		if n != 504 {
			t.Fatalf("resample %d has %d rows", b, n)
		}
	}
}

// TestRealityOfP compares with the counts of a replay that draws the same rows.
func TestRealityOfP(t *testing.T) {
	r, err := RealityCheck(matrixP(t), portable)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "statistic", r.Statistic, 0.015546683891897022, 1e-12)
	near(t, "studentised", r.Studented, 2.2367114406938606, 1e-12)
	got := []int{r.Check, r.Lower, r.Consistent, r.Upper}
	for i, want := range []int{335, 208, 318, 323} {
		if got[i] != want {
			t.Errorf("check, lower, consistent, upper: %v, want 335, 208, 318, 323", got)
			break
		}
	}
	for column, want := range map[int]int{7: 323, 57: 323, 41: 944, 11: 998, 0: 998} {
		if r.Adjusted[column] != want {
			t.Errorf("point %d: adjusted %d, want %d", column, r.Adjusted[column], want)
		}
	}
	if s := r.Surviving(0.05); len(s) != 0 {
		t.Errorf("%v survive", s)
	}
}

// TestScaleDoesNotMatter guards the studentising: a point's size decides nothing.
func TestScaleDoesNotMatter(t *testing.T) {
	p := matrixP(t)
	before, _ := RealityCheck(p, portable)
	larger := make([]float64, p.Rows)
	for r, v := range p.Columns[0] {
		larger[r] = 64 * v
	}
	p.Columns[0] = larger
	after, _ := RealityCheck(p, portable)
	if after.Consistent != before.Consistent || after.Upper != before.Upper {
		t.Errorf("consistent %d, then %d", before.Consistent, after.Consistent)
	}
	if after.Check == before.Check {
		t.Errorf("the unstudentised check does not see the size: %d", after.Check)
	}
}

func TestConstantPointsAreExcluded(t *testing.T) {
	p := matrixP(t)
	want, _ := RealityCheck(p, portable)
	flat := make([]float64, p.Rows)
	for r := range flat {
		flat[r] = 0.001
	}
	p.Columns = append(p.Columns, make([]float64, p.Rows), flat)
	got, err := RealityCheck(p, portable)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Excluded) != 2 || got.Excluded[0] != 60 || got.Consistent != want.Consistent {
		t.Errorf("excluded %v, consistent %d, want %d", got.Excluded, got.Consistent, want.Consistent)
	}
	if _, err := RealityCheck(Matrix{Rows: p.Rows, Columns: [][]float64{flat}}, portable); err == nil {
		t.Error("a test of constant points alone is no error")
	}
}

// TestLongRunVariance compares the closed form with the double sum over all lags.
func TestLongRunVariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1, 1), 2, 60).Draw(t, "x")
		block := rapid.Float64Range(1, float64(len(x))).Draw(t, "block")
		got, want := longRunVariance(x, block), slowVariance(x, block)
		if math.Abs(got-want) > 1e-10 {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func slowVariance(x []float64, block float64) float64 {
	n := len(x)
	mean, total, keep := meanOf(x), float64(len(x)), 1-1/block
	covariance := func(lag int) float64 {
		var sum float64
		for t := 0; t+lag < n; t++ {
			sum += (x[t] - mean) * (x[t+lag] - mean)
		}
		return sum / total
	}
	out := covariance(0)
	for i := 1; i < n; i++ {
		weight := (total-float64(i))/total*math.Pow(keep, float64(i)) + float64(i)/total*math.Pow(keep, total-float64(i))
		out += 2 * weight * covariance(i)
	}
	return out
}
