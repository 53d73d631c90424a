package regress

import "math"

// The kernels below fix, for each number they produce, the order of the additions behind it. The explicit float64
// conversions forbid the compiler to fuse a product into an addition.

// axpy adds a*x to y, entry by entry.
func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for len(y) >= 4 && len(x) >= 4 {
		y[0] += float64(a * x[0])
		y[1] += float64(a * x[1])
		y[2] += float64(a * x[2])
		y[3] += float64(a * x[3])
		y, x = y[4:], x[4:]
	}
	for i := range y {
		y[i] += float64(a * x[i])
	}
}

// slide adds the row in and takes away the row out: y[i] = (y[i] + a*in[i]) - b*out[i].
func slide(y []float64, a float64, in []float64, b float64, out []float64) {
	in, out = in[:len(y)], out[:len(y)]
	for i := range y {
		y[i] = y[i] + float64(a*in[i]) - float64(b*out[i])
	}
}

// dot sums x[i]*y[i] in four lanes, i modulo 4, joined as (0+2)+(1+3).
func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	for len(x) >= 4 && len(y) >= 4 {
		s0 += float64(x[0] * y[0])
		s1 += float64(x[1] * y[1])
		s2 += float64(x[2] * y[2])
		s3 += float64(x[3] * y[3])
		x, y = x[4:], y[4:]
	}
	switch len(x) {
	case 3:
		s2 += float64(x[2] * y[2])
		fallthrough
	case 2:
		s1 += float64(x[1] * y[1])
		fallthrough
	case 1:
		s0 += float64(x[0] * y[0])
	}
	return (s0 + s2) + (s1 + s3)
}

// dependent is the share of a column's own square that must remain once what the columns before it explain is taken
// away. Below it the column counts as a combination of them.
const dependent = 1e-11

// factor is a Cholesky factor H = LL', stored by columns: entry (i, k) at l[k*ld+i]. inv holds 1/L(k,k).
type factor struct {
	ld  int
	l   []float64
	inv []float64
}

func newFactor(max int) *factor {
	return &factor{ld: max, l: make([]float64, max*max), inv: make([]float64, max)}
}

// column factors column j, whose entries j.. were stored in place, against the columns before it. It reports false where
// it depends on them; the columns before j stay good.
func (f *factor) column(j, n int) bool {
	ld := f.ld
	c := f.l[j*ld+j : j*ld+n]
	own := c[0]
	for k := range j {
		src := f.l[k*ld+j : k*ld+n]
		axpy(c, -src[0], src)
	}
	if !(c[0] > dependent*own) {
		return false
	}
	f.inv[j] = 1 / math.Sqrt(c[0])
	for i := range c {
		c[i] *= f.inv[j]
	}
	return true
}

// solve overwrites b with the solution of LL'x = b.
func (f *factor) solve(b []float64) {
	n, ld := len(b), f.ld
	for k := range n {
		b[k] *= f.inv[k]
		axpy(b[k+1:], -b[k], f.l[k*ld+k+1:k*ld+n])
	}
	for k := n - 1; k >= 0; k-- {
		b[k] = (b[k] - dot(f.l[k*ld+k+1:k*ld+n], b[k+1:])) * f.inv[k]
	}
}

// row appends row j to the factor of the j rows before it: h holds H(j, 0..j). It reports false, leaving the rest as it
// was, where column j depends on those before it.
func (f *factor) row(j int, h []float64) bool {
	ld, sum := f.ld, h[j]
	for k := range j {
		v := h[k]
		for i := range k {
			v -= float64(f.l[i*ld+k] * f.l[i*ld+j])
		}
		v *= f.inv[k]
		f.l[k*ld+j] = v
		sum -= float64(v * v)
	}
	if !(sum > dependent*h[j]) {
		return false
	}
	f.l[j*ld+j] = math.Sqrt(sum)
	f.inv[j] = 1 / f.l[j*ld+j]
	return true
}
