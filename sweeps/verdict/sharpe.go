package verdict

import "math"

// euler is the Euler-Mascheroni constant.
const euler = 0.57721566490153286060651209008240243

// normalCDF is the distribution function of the standard normal distribution.
func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// normalQuantile is its inverse.
func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// spread is the squared standard error of a Sharpe ratio times T-1 (Mertens 2002), at the ratio itself.
func (m Moments) spread() float64 {
	sr := m.Sharpe()
	return 1 - m.Skew*sr + (m.Kurtosis-1)/4*sr*sr
}

// ProbabilisticSharpe is the probability that the true Sharpe ratio, a row, lies above threshold.
// Bailey and Lopez de Prado 2012, "The Sharpe ratio efficient frontier".
func ProbabilisticSharpe(m Moments, threshold float64) float64 {
	return normalCDF((m.Sharpe() - threshold) * math.Sqrt(float64(m.Rows-1)) / math.Sqrt(m.spread()))
}

// DeflatedThreshold is the best Sharpe ratio, a row, to be expected of trials without skill whose
// ratios have the given variance. Bailey and Lopez de Prado 2014, "The deflated Sharpe ratio".
func DeflatedThreshold(variance float64, trials int) float64 {
	return math.Sqrt(variance) * ApproximateMaximum(trials)
}

// DeflatedSharpe is the probability that the true Sharpe ratio lies above DeflatedThreshold.
func DeflatedSharpe(m Moments, variance float64, trials int) float64 {
	return ProbabilisticSharpe(m, DeflatedThreshold(variance, trials))
}

// MinTrackRecord is the number of rows after which the Sharpe ratio would be above threshold with
// the given confidence (0.95); infinite where it is not above threshold at all.
func MinTrackRecord(m Moments, threshold, confidence float64) float64 {
	if m.Sharpe() <= threshold {
		return math.Inf(1)
	}
	z := normalQuantile(confidence) / (m.Sharpe() - threshold)
	return 1 + m.spread()*z*z
}

// ApproximateMaximum is the expected largest of n standard normal values, by the formula of Bailey
// and Lopez de Prado 2014; it is 8 % too low for two values and 0.2 % too high for 27,225.
func ApproximateMaximum(n int) float64 {
	if n < 2 {
		return 0
	}
	return (1-euler)*normalQuantile(1-1/float64(n)) + euler*normalQuantile(1-1/(float64(n)*math.E))
}

// ExpectedMaximum is the expected largest of n standard normal values: the integral of
// x n phi(x) Phi(x)^(n-1), by the trapezoidal rule, which converges exponentially here.
func ExpectedMaximum(n int) float64 {
	if n < 2 {
		return 0
	}
	const from, to, steps = -12.0, 12.0, 4800
	h := (to - from) / steps
	var sum float64
	for i := 0; i <= steps; i++ {
		x := from + float64(i)*h
		logCDF := math.Log(normalCDF(x))
		sum += x * float64(n) * math.Exp(-x*x/2+float64(n-1)*logCDF)
	}
	return sum * h / math.Sqrt(2*math.Pi)
}

// MinBacktestYears is the number of years below which the best of trials without skill is expected
// to show an annual Sharpe ratio of target or more. Bailey, Borwein, Lopez de Prado and Zhu 2014,
// "Pseudo-mathematics and financial charlatanism".
func MinBacktestYears(trials int, target float64) float64 {
	z := ApproximateMaximum(trials) / target
	return z * z
}

// LuckBar is the best annual Sharpe ratio to be expected of independent trials without skill over
// so many rows.
func LuckBar(trials, rows int, rowsPerYear float64) float64 {
	return ExpectedMaximum(trials) * math.Sqrt(rowsPerYear/float64(rows-1))
}
