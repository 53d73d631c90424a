package formula

import "math"

// windowOf are the functions that are computed anew for every window: its rows, oldest first, and how
// many of its rows lie before the table.
var windowOf = map[string]func(window []float64, before int) float64{
	"std":       func(w []float64, _ int) float64 { return math.Sqrt(variance(w)) },
	"var":       func(w []float64, _ int) float64 { return variance(w) },
	"skew":      skew,
	"kurt":      kurtosis,
	"rank_over": rankOver,
	"product":   product,
	"slope":     func(w []float64, b int) float64 { return fitLine(w, b).slope },
	"intercept": func(w []float64, b int) float64 { return fitLine(w, b).intercept },
	"rsquare":   func(w []float64, b int) float64 { return fitLine(w, b).explained },
	"residual":  residual,
}

// central are the number of values of a window and the sums of powers of their distance from the mean.
type central struct{ n, m2, m3, m4 float64 }

func centralOf(window []float64) central {
	var c central
	var sum float64
	for _, v := range window {
		if !missing(v) {
			c.n++
			sum += v
		}
	}
	mean := sum / c.n
	for _, v := range window {
		if !missing(v) {
			d := v - mean
			d2 := float64(d * d)
			c.m2 += d2
			c.m3 += float64(d2 * d)
			c.m4 += float64(d2 * d2)
		}
	}
	return c
}

// variance has ddof 1; that of equal values is exactly 0.
func variance(window []float64) float64 {
	c := centralOf(window)
	switch {
	case c.n < 2:
		return math.NaN()
	case constant(window):
		return 0
	}
	return c.m2 / (c.n - 1)
}

// skew is the unbiased G1 of Joanes and Gill 1998, as in pandas.
func skew(window []float64, _ int) float64 {
	c := centralOf(window)
	if c.n < 3 || constant(window) {
		return math.NaN()
	}
	g := c.m3 / c.n / math.Pow(c.m2/c.n, 1.5)
	return g * math.Sqrt(c.n*(c.n-1)) / (c.n - 2)
}

// kurtosis is the unbiased excess G2 of the same authors, as in pandas.
func kurtosis(window []float64, _ int) float64 {
	c := centralOf(window)
	if c.n < 4 || constant(window) {
		return math.NaN()
	}
	g := c.n*c.m4/float64(c.m2*c.m2) - 3
	return (c.n - 1) / ((c.n - 2) * (c.n - 3)) * (float64((c.n+1)*g) + 6)
}

// rankOver is the mean rank of the newest value over the number of values.
func rankOver(window []float64, _ int) float64 {
	newest := window[len(window)-1]
	if missing(newest) {
		return math.NaN()
	}
	less, equal, n := 0, 0, 0
	for _, v := range window {
		if missing(v) {
			continue
		}
		n++
		if v < newest {
			less++
		} else if v == newest {
			equal++
		}
	}
	return (float64(less) + float64(equal+1)/2) / float64(n)
}

func product(window []float64, _ int) float64 {
	p := 1.0
	for _, v := range window {
		if !missing(v) {
			p *= v
		}
	}
	return p
}

// line is a straight line through a window's values at 1, 2, ... from its oldest row on.
type line struct{ slope, intercept, explained float64 }

// fitLine fits by least squares; rows that are missing do not count. explained is the squared
// correlation, missing where all values are equal.
func fitLine(window []float64, before int) line {
	var n, sx, sy float64
	for i, v := range window {
		if !missing(v) {
			n++
			sx += float64(before + i + 1)
			sy += v
		}
	}
	mx, my := sx/n, sy/n
	var xx, xy, yy float64
	for i, v := range window {
		if !missing(v) {
			dx, dy := float64(before+i+1)-mx, v-my
			xx += float64(dx * dx)
			xy += float64(dx * dy)
			yy += float64(dy * dy)
		}
	}
	if n < 2 {
		return line{math.NaN(), math.NaN(), math.NaN()}
	}
	if constant(window) {
		return line{0, firstOf(window), math.NaN()}
	}
	slope := xy / xx
	return line{slope, my - float64(slope*mx), float64(xy*xy) / float64(xx*yy)}
}

// residual is the newest value less the line there.
func residual(window []float64, before int) float64 {
	l := fitLine(window, before)
	at := float64(before + len(window))
	return window[len(window)-1] - (l.intercept + float64(l.slope*at))
}

// pairs evaluates a statistic of two columns over the rows of each window that have both.
func (r *row) pairs(code string, x, y []float64, n int, out []float64) {
	least := r.least(n)
	count := 0
	both := func(i int) bool { return !missing(x[i]) && !missing(y[i]) }
	for i := range x {
		if both(i) {
			count++
		}
		if i >= n && both(i-n) {
			count--
		}
		out[i] = math.NaN()
		if count >= least && count >= 2 {
			from := max(0, i-n+1)
			out[i] = finite(joint(code, x[from:i+1], y[from:i+1]))
		}
	}
}

// joint is the covariance, correlation, or slope of x on y, of one window. Columns that are constant
// over the rows that have both give no correlation and no slope.
func joint(code string, x, y []float64) float64 {
	var n, sx, sy float64
	var firstX, firstY float64
	sameX, sameY := true, true
	for i, a := range x {
		b := y[i]
		if missing(a) || missing(b) {
			continue
		}
		if n == 0 {
			firstX, firstY = a, b
		}
		sameX, sameY = sameX && a == firstX, sameY && b == firstY
		n++
		sx += a
		sy += b
	}
	mx, my := sx/n, sy/n
	var xx, xy, yy float64
	for i, a := range x {
		b := y[i]
		if missing(a) || missing(b) {
			continue
		}
		dx, dy := a-mx, b-my
		xx += float64(dx * dx)
		xy += float64(dx * dy)
		yy += float64(dy * dy)
	}
	switch {
	case code == "cov" && (sameX || sameY):
		return 0
	case code == "cov":
		return xy / (n - 1)
	case sameY || code == "corr" && sameX:
		return math.NaN()
	case code == "corr":
		return math.Max(-1, math.Min(1, xy/math.Sqrt(float64(xx*yy))))
	case sameX:
		return 0
	}
	return xy / yy // beta(y, x): the first argument on the second
}
