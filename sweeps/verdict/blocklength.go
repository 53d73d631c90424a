package verdict

import "math"

// BlockLength is the mean block length, in rows, that the stationary bootstrap should have for one
// series: Politis and White 2004 with the correction of Patton, Politis and White 2009. It is at
// least 1 and at most the least of a third of the rows and three times their root.
func BlockLength(x []float64) float64 {
	n := len(x)
	size := float64(n)
	y := centred(x)
	most := int(math.Ceil(math.Sqrt(size))) + max(5, int(math.Log10(size)))
	most = min(most, n-1)
	lag := lastLag(y, most)
	var slope, level float64 // G and the spectrum at 0, by a flat-top kernel
	for k := -lag; k <= lag; k++ {
		weight := math.Min(1, 2*(1-math.Abs(float64(k))/float64(lag)))
		covariance := lagged(y, max(k, -k)) / size
		slope += weight * math.Abs(float64(k)) * covariance
		level += weight * covariance
	}
	length := math.Cbrt(slope * slope / (level * level) * size)
	bound := math.Ceil(math.Min(3*math.Sqrt(size), size/3))
	if math.IsNaN(length) {
		return 1
	}
	return math.Max(1, math.Min(length, bound))
}

// lastLag is twice the lag after which autocorrelations stay within what chance gives for a while.
func lastLag(y []float64, most int) int {
	size := float64(len(y))
	quiet := max(5, int(math.Log10(size)))
	limit := 2 * math.Sqrt(math.Log10(size)/size)
	found, streak := most-quiet, 0
	for lag := 1; lag <= most; lag++ {
		if math.Abs(correlated(y, lag)) < limit {
			streak++
		} else {
			streak = 0
		}
		if streak == quiet {
			found = lag - quiet
			break
		}
	}
	return max(1, min(2*max(found, 1), most))
}

func centred(x []float64) []float64 {
	mean := meanOf(x)
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v - mean
	}
	return y
}

// lagged is the sum of products of values so many rows apart.
func lagged(y []float64, lag int) float64 {
	var sum float64
	for t := lag; t < len(y); t++ {
		sum += y[t] * y[t-lag]
	}
	return sum
}

// correlated is the correlation of the series with itself, each part scaled by its own squares.
func correlated(y []float64, lag int) float64 {
	early, late := y[:len(y)-lag], y[lag:]
	scale := math.Sqrt(lagged(early, 0) * lagged(late, 0))
	if scale == 0 {
		return 0
	}
	return lagged(y, lag) / scale
}
