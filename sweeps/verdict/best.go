package verdict

// Best returns the point with the largest Sharpe ratio, the first of equals, and all points' ratios.
func Best(m Matrix) (int, []float64) {
	ratios := make([]float64, len(m.Columns))
	best := 0
	for k, c := range m.Columns {
		ratios[k] = MomentsOf(c).Sharpe()
		if ratios[k] > ratios[best] {
			best = k
		}
	}
	return best, ratios
}
