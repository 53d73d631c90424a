package regress

import "golang.org/x/sys/cpu"

// vector says whether the kernels in kernels_amd64.s can run here. They give the bits of the Go code, sooner.
var vector = cpu.X86.HasAVX2

//go:noescape
func axpyAVX2(y *float64, a float64, x *float64, n int)

//go:noescape
func slideAVX2(gram *float64, stride int, in, out *float64)

//go:noescape
func slideRowAVX2(y *float64, n int, a float64, in *float64, b float64, out *float64)

//go:noescape
func gatherAVX2(gram *float64, stride int, x *float64, n int)

//go:noescape
func pickAVX2(l *float64, ld int, gram *float64, base *int, active *int32, n int)

//go:noescape
func subtractRightAVX2(y *float64, stride int, gram *float64, base *int, active *int32, b *float64, n int)

//go:noescape
func subtractLeftAVX2(y *float64, gram *float64, base *int, active *int32, b *float64, n int, inactive *int32, m int)

//go:noescape
func factorizeAVX2(l *float64, ld, n int, own, inv *float64, dependent float64) int

//go:noescape
func backAVX2(l *float64, ld, n int, inv, x *float64)

//go:noescape
func dotAVX2(x, y *float64, n int) float64

func dot(x, y []float64) float64 {
	if !vector || len(x) < 4 {
		return dotGo(x, y)
	}
	return dotAVX2(&x[0], &y[:len(x)][0], len(x))
}

func axpy(y []float64, a float64, x []float64) {
	if !vector || len(y) < 4 {
		axpyGo(y, a, x)
		return
	}
	axpyAVX2(&y[0], a, &x[:len(y)][0], len(y))
}

func slide(g, in, out []float64) {
	if !vector || len(in) == 0 {
		slideGo(g, in, out)
		return
	}
	slideAVX2(&g[0], len(in), &in[0], &out[:len(in)][0])
}

// slideRow's rows are whole groups of four.
func slideRow(g []float64, a float64, in []float64, b float64, out []float64) {
	if !vector || len(g) == 0 {
		slideRowGo(g, a, in, b, out)
		return
	}
	slideRowAVX2(&g[0], len(g), a, &in[:len(g)][0], b, &out[:len(g)][0])
}

func gather(g []float64, stride int, x []float64) {
	if !vector || len(x) == 0 {
		gatherGo(g, stride, x)
		return
	}
	gatherAVX2(&g[0], stride, &x[0], len(x)/stride)
}

func pick(l []float64, ld int, g []float64, base []int, active []int32) {
	n := len(active)
	if !vector || n == 0 {
		pickGo(l, ld, g, base, active)
		return
	}
	_, _ = l[(n-1)*ld+n-1], base[active[n-1]] // the columns are ascending
	pickAVX2(&l[0], ld, &g[0], &base[0], &active[0], n)
}

func subtractRight(y, g []float64, base []int, active []int32, b []float64) {
	n := len(active)
	if !vector || n == 0 {
		subtractRightGo(y, g, base, active, b)
		return
	}
	_, _ = base[active[n-1]], b[n-1]
	subtractRightAVX2(&y[0], len(y), &g[0], &base[0], &active[0], &b[0], n)
}

func subtractLeft(y, g []float64, base []int, active []int32, b []float64, inactive []int32) {
	n, m := len(active), len(inactive)
	if n == 0 || m == 0 {
		return
	}
	if !vector {
		subtractLeftGo(y, g, base, active, b, inactive)
		return
	}
	_, _, _ = y[inactive[m-1]], base[inactive[m-1]], b[n-1]
	subtractLeftAVX2(&y[0], &g[0], &base[0], &active[0], &b[0], n, &inactive[0], m)
}

func factorize(l []float64, ld, n int, own, inv []float64) int {
	if !vector || n == 0 {
		return factorizeGo(l, ld, n, own, inv)
	}
	_ = l[(n-1)*ld+n+7] // the last entry that may be written
	return factorizeAVX2(&l[0], ld, n, &own[:n][0], &inv[:n][0], dependent)
}

func back(l []float64, ld, n int, inv, x []float64) {
	if !vector || n == 0 {
		backGo(l, ld, n, inv, x)
		return
	}
	_ = l[(n-1)*ld+n]
	backAVX2(&l[0], ld, n, &inv[:n][0], &x[:n][0])
}
