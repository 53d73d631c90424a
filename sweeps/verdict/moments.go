package verdict

import "math"

// Moments describe one series of returns.
type Moments struct {
	Rows      int
	Mean      float64
	Deviation float64 // sample, ddof 1
	Skew      float64 // population
	Kurtosis  float64 // population, not in excess: 3 for the normal distribution
}

// Sharpe is the mean over the deviation, a row; 0 for a series that does not move.
func (m Moments) Sharpe() float64 {
	if m.Constant() {
		return 0
	}
	return m.Mean / m.Deviation
}

// Constant says that the deviation is no more than rounding.
func (m Moments) Constant() bool {
	return !(m.Deviation > 8*0x1p-52*(1+math.Abs(m.Mean)))
}

// MomentsOf computes the moments of returns, summed in order.
func MomentsOf(returns []float64) Moments {
	n := float64(len(returns))
	mean := meanOf(returns)
	var m2, m3, m4 float64
	for _, r := range returns {
		d := r - mean
		d2 := d * d
		m2 += d2
		m3 += d2 * d
		m4 += d2 * d2
	}
	out := Moments{Rows: len(returns), Mean: mean, Deviation: math.Sqrt(m2 / (n - 1))}
	if v := m2 / n; v > 0 {
		out.Skew = m3 / n / math.Pow(v, 1.5)
		out.Kurtosis = m4 / n / (v * v)
	}
	return out
}

func meanOf(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// sampleVariance is the variance with ddof 1; 0 for fewer than two values.
func sampleVariance(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	mean := meanOf(x)
	var sum float64
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(x)-1)
}
