package regress

import "math"

// The kernels below fix, for each number they produce, the order of the additions behind it. The explicit float64
// conversions forbid the compiler to fuse a product into an addition. axpy, slide, gather, eliminate, eliminate4, scale and dot are these
// or their equals in assembly.

// axpyGo adds a*x to y, entry by entry.
func axpyGo(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += float64(a * x[i])
	}
}

// slideGo moves the products of a window, a triangle of rows rows, on by one row of the data: g[i][j] = (g[i][j] + in[i]*in[j]) -
// out[i]*out[j].
func slideGo(g []float64, rows int, in, out []float64) {
	for i := range rows {
		x, o := in[i&^3:], out[i&^3:]
		a, b := in[i], out[i]
		row := g[:len(x)]
		for j := range row {
			row[j] = row[j] + float64(a*x[j]) - float64(b*o[j])
		}
		g = g[len(x):]
	}
}

// gatherGo adds to a triangle of rows rows the products of the data's rows in x, of stride entries each, one after the other.
func gatherGo(g []float64, rows, stride int, x []float64) {
	for i := range rows {
		n := stride - i&^3
		for t := 0; t < len(x); t += stride {
			axpyGo(g[:n], x[t+i], x[t+i&^3:t+stride])
		}
		g = g[n:]
	}
}

// eliminateGo takes from entries j..n-1 of column j of a factor what the columns from..j-1 explain, column by column.
func eliminateGo(l []float64, ld, from, j, n int) {
	c := l[j*ld+j : j*ld+n]
	for k := from; k < j; k++ {
		src := l[k*ld+j : k*ld+n]
		axpyGo(c, -src[0], src)
	}
}

// eliminate4Go is eliminateGo with the columns 0..j-1 for the four columns from j on.
func eliminate4Go(l []float64, ld, j, n int) {
	for c := j; c < j+4; c++ {
		for k := range j {
			axpyGo(l[c*ld+c:c*ld+n], -l[k*ld+c], l[k*ld+c:k*ld+n])
		}
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
	own []float64 // H(k,k), while it is being factored
}

func newFactor(max int) *factor {
	ld := max + 9
	return &factor{ld: ld, l: make([]float64, max*ld), inv: make([]float64, max), own: make([]float64, max)}
}

// at returns entries k..n of column k.
func (f *factor) at(k, n int) []float64 { return f.l[k*f.ld+k : k*f.ld+n+1] }

// factorize turns the lower triangle of H, which at gives access to, into its factor. Entry n of each column is a right-hand side's, and
// becomes that of Ly = b on the way. It reports false where a column depends on those before it.
func (f *factor) factorize(n int) bool {
	for k := range n {
		f.own[k] = f.l[k*f.ld+k]
	}
	j := 0
	for ; j+4 <= n; j += 4 {
		if j > 0 {
			eliminate4(f.l, f.ld, j, n+1)
		}
		for k := j; k < j+4; k++ {
			if !f.column(j, k, n) {
				return false
			}
		}
	}
	for k := j; k < n; k++ {
		if !f.column(0, k, n) {
			return false
		}
	}
	return true
}

// column factors column k, from which what the columns before from explain is gone already.
func (f *factor) column(from, k, n int) bool {
	eliminate(f.l, f.ld, from, k, n+1)
	c := f.at(k, n)
	if !(c[0] > dependent*f.own[k]) {
		return false
	}
	f.inv[k] = 1 / math.Sqrt(c[0])
	scale(c, f.inv[k])
	return true
}

// back solves L'x = y, y being what factorize left.
func (f *factor) back(x []float64) {
	n := len(x)
	for k := n - 1; k >= 0; k-- {
		c := f.at(k, n)
		x[k] = (c[n-k] - dot(c[1:n-k], x[k+1:])) * f.inv[k]
	}
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
