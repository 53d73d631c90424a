package verdict

import "testing"

// noise makes points without skill, as many as the largest sweep of the demonstration has.
func noise(rows, points int) Matrix {
	s := splitmix(1)
	columns := make([][]float64, points)
	for k := range columns {
		columns[k] = make([]float64, rows)
		for r := range columns[k] {
			columns[k][r] = 0.01 * (s.uniform() + s.uniform() - 1)
		}
	}
	return Matrix{Rows: rows, Columns: columns}
}

func BenchmarkOverfitting(b *testing.B) {
	m := noise(525, 27225)
	for b.Loop() {
		if _, err := Overfitting(m, 16, Uneven); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRealityCheck(b *testing.B) {
	m := noise(525, 27225)
	for b.Loop() {
		if _, err := RealityCheck(m, portable); err != nil {
			b.Fatal(err)
		}
	}
}
