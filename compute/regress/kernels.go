package regress

import "math"

// The kernels below fix, for each number they produce, the order of the additions behind it. The explicit float64
// conversions forbid the compiler to fuse a product into an addition. axpy, slide, eliminate, scale and dot are these or their equals
// in assembly.

// axpyGo adds a*x to y, entry by entry.
func axpyGo(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += float64(a * x[i])
	}
}

// slideGo moves the products of a window on by one row: g[i][j] = (g[i][j] + in[i]*in[j]) - out[i]*out[j].
func slideGo(g []float64, stride int, in, out []float64) {
	for i := range len(g) / stride {
		row, a, b := g[i*stride:(i+1)*stride], in[i], out[i]
		for j := range row {
			row[j] = row[j] + float64(a*in[j]) - float64(b*out[j])
		}
	}
}

// eliminateGo takes from entries j..n-1 of column j of a factor what the columns before it explain, column by column.
func eliminateGo(l []float64, ld, j, n int) {
	c := l[j*ld+j : j*ld+n]
	for k := range j {
		src := l[k*ld+j : k*ld+n]
		axpyGo(c, -src[0], src)
	}
}

// scaleGo multiplies x by a, entry by entry.
func scaleGo(x []float64, a float64) {
	for i := range x {
		x[i] *= a
	}
}

// dotGo sums x[i]*y[i] in four lanes, i modulo 4, the last group filled up with zeros; the lanes are joined as (0+2)+(1+3).
func dotGo(x, y []float64) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	for len(x) >= 4 && len(y) >= 4 {
		s0 += float64(x[0] * y[0])
		s1 += float64(x[1] * y[1])
		s2 += float64(x[2] * y[2])
		s3 += float64(x[3] * y[3])
		x, y = x[4:], y[4:]
	}
	if len(x) > 0 {
		var p [4]float64
		for i := range x {
			p[i] = float64(x[i] * y[i])
		}
		s0, s1, s2, s3 = s0+p[0], s1+p[1], s2+p[2], s3+p[3]
	}
	return (s0 + s2) + (s1 + s3)
}

// dependent is the share of a column's own square that must remain once what the columns before it explain is taken
// away. Below it the column counts as a combination of them.
const dependent = 1e-11

// factor is a Cholesky factor H = LL', stored by columns: entry (i, k) at l[k*ld+i]. inv holds 1/L(k,k). Columns are
// longer than they need to be by a few entries that kernels may write and nothing reads.
type factor struct {
	ld  int
	l   []float64
	inv []float64
}

func newFactor(max int) *factor {
	ld := max + 3
	return &factor{ld: ld, l: make([]float64, max*ld), inv: make([]float64, max)}
}

// column factors column j, whose entries j.. were stored in place, against the columns before it. It reports false where
// it depends on them; the columns before j stay good.
func (f *factor) column(j, n int) bool {
	c := f.l[j*f.ld+j : j*f.ld+n]
	own := c[0]
	eliminate(f.l, f.ld, j, n)
	if !(c[0] > dependent*own) {
		return false
	}
	f.inv[j] = 1 / math.Sqrt(c[0])
	scale(c, f.inv[j])
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
