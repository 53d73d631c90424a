package regress

import "math"

// The kernels below fix, for each number they produce, the order of the additions behind it. The explicit float64
// conversions forbid the compiler to fuse a product into an addition. axpy, slide, slideRow, gather, pick,
// subtractRight, subtractLeft, factorize, back and dot are these or their equals in assembly.

// axpyGo adds a*x to y, entry by entry.
func axpyGo(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += float64(a * x[i])
	}
}

// slideGo moves the products of a window, a triangle, on by one row of the data: g[i][j] = (g[i][j] + in[i]*in[j]) - out[i]*out[j].
func slideGo(g, in, out []float64) {
	for i := range in {
		n := len(in) - i&^3
		slideRowGo(g[:n], in[i], in[i&^3:], out[i], out[i&^3:])
		g = g[n:]
	}
}

// slideRowGo moves one row on: g[j] = (g[j] + a*in[j]) - b*out[j].
func slideRowGo(g []float64, a float64, in []float64, b float64, out []float64) {
	in, out = in[:len(g)], out[:len(g)]
	for j := range g {
		g[j] = g[j] + float64(a*in[j]) - float64(b*out[j])
	}
}

// gatherGo adds to a triangle the products of the data's rows in x, of stride entries each, one after the other.
func gatherGo(g []float64, stride int, x []float64) {
	for i := range stride {
		n := stride - i&^3
		for t := 0; t < len(x); t += stride {
			axpyGo(g[:n], x[t+i], x[t+i&^3:t+stride])
		}
		g = g[n:]
	}
}

// pickGo copies the lower triangle over the columns in active to columns of a factor: entry (i, k) of it to l[k*ld+i].
func pickGo(l []float64, ld int, g []float64, base []int, active []int32) {
	for k, j := range active {
		row := g[base[j]:]
		for i := k; i < len(active); i++ {
			l[k*ld+i] = row[active[i]]
		}
	}
}

// subtractRightGo takes from y, for each active column in turn, b times what its row of a triangle holds from the diagonal on.
func subtractRightGo(y, g []float64, base []int, active []int32, b []float64) {
	for k, j := range active {
		axpyGo(y[j:], -b[k], g[base[j]+int(j):base[j]+len(y)])
	}
}

// subtractLeftGo takes from entry i of y, for each inactive column i, what its row of a triangle holds of the active columns to its right,
// times b, one after the other.
func subtractLeftGo(y, g []float64, base []int, active []int32, b []float64, inactive []int32) {
	k := 0
	for _, i := range inactive {
		for k < len(active) && active[k] < i {
			k++
		}
		for a := k; a < len(active); a++ {
			y[i] -= float64(b[a] * g[base[i]+int(active[a])])
		}
	}
}

// factorizeGo is factor.factorize: it returns how many columns it factored before one that depends on those before it. An entry loses what
// the columns before explain of it column by column, and is then scaled.
func factorizeGo(l []float64, ld, n int, own, inv []float64) int {
	for k := range n {
		c := l[k*ld+k : k*ld+n+1]
		for m := range k {
			src := l[m*ld+k : m*ld+n+1]
			axpyGo(c, -src[0], src)
		}
		if !(c[0] > dependent*own[k]) {
			return k
		}
		inv[k] = 1 / math.Sqrt(c[0])
		for i := range c {
			c[i] *= inv[k]
		}
	}
	return n
}

// backGo solves L'x = y for a factor of n columns, entry n of each being y's.
func backGo(l []float64, ld, n int, inv, x []float64) {
	for k := n - 1; k >= 0; k-- {
		c := l[k*ld+k : k*ld+n+1]
		x[k] = (c[n-k] - dotGo(c[1:n-k], x[k+1:n])) * inv[k]
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

// factorize turns the lower triangle of H, in the place of the factor's, into the factor; own is H's diagonal. Entry n of each column is a
// right-hand side's, and becomes that of Ly = b on the way. It reports false where a column depends on those before it.
func (f *factor) factorize(n int) bool { return factorize(f.l, f.ld, n, f.own, f.inv) == n }

// back solves L'x = y, y being what factorize left.
func (f *factor) back(x []float64) { back(f.l, f.ld, len(x), f.inv, x) }

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
