package verdict

import (
	"os"
	"strconv"
	"testing"
)

// TestNoiseIsSeldomTakenForSkill judges sweeps of points without any skill, half of whose movement
// is common to all. VERDICT_SWEEPS takes another number of sweeps: docs/verdict.md has that of 400.
func TestNoiseIsSeldomTakenForSkill(t *testing.T) {
	sweeps := 60
	if n, err := strconv.Atoi(os.Getenv("VERDICT_SWEEPS")); err == nil {
		sweeps = n
	}
	spa, check, survived, deflated, pbo := 0, 0, 0, 0, 0.0
	for seed := range sweeps {
		m := correlatedNoise(uint64(seed), 252, 50)
		r, err := RealityCheck(m, Resampling{Resamples: 499, Block: 2, Seed: uint64(seed)})
		if err != nil {
			t.Fatal(err)
		}
		best, ratios := Best(m)
		o, err := Overfitting(m, 8, Uneven)
		if err != nil {
			t.Fatal(err)
		}
		spa += one(r.P(r.Consistent) < 0.05)
		check += one(r.P(r.Check) < 0.05)
		survived += one(len(r.Surviving(0.05)) > 0)
		deflated += one(DeflatedSharpe(MomentsOf(m.Columns[best]), max(sampleVariance(ratios), 1.0/251), 50) > 0.95)
		pbo += o.PBO()
	}
	n := float64(sweeps)
	t.Logf("%d sweeps: SPA %.3f, reality check %.3f, Romano-Wolf %.3f, deflated %.3f, PBO %.2f on average",
		sweeps, float64(spa)/n, float64(check)/n, float64(survived)/n, float64(deflated)/n, pbo/n)
	if limit := sweeps / 6; spa > limit || survived > limit || deflated > limit {
		t.Errorf("of %d sweeps of noise SPA believes %d, Romano-Wolf %d, the deflated ratio %d", sweeps, spa, survived, deflated)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func correlatedNoise(seed uint64, rows, points int) Matrix {
	s := splitmix(seed)
	columns := make([][]float64, points)
	for k := range columns {
		columns[k] = make([]float64, rows)
	}
	for r := range rows {
		common := irwinHall(&s)
		for k := range columns {
			columns[k][r] = 0.01 * (0.5*common + 0.5*irwinHall(&s))
		}
	}
	return Matrix{Rows: rows, Columns: columns}
}
