package regress

import "golang.org/x/sys/cpu"

// vector says whether the kernels in kernels_amd64.s can run here. They give the bits of the Go code, sooner.
var vector = cpu.X86.HasAVX2

//go:noescape
func axpyAVX2(y *float64, a float64, x *float64, n int)

//go:noescape
func slideAVX2(gram *float64, stride, rows int, in, out *float64)

//go:noescape
func gatherAVX2(gram *float64, stride, rows int, x *float64, n int)

//go:noescape
func eliminateAVX2(l *float64, ld, from, j, n int)

//go:noescape
func eliminate4AVX2(l *float64, ld, j, n int)

//go:noescape
func scaleAVX2(x *float64, a float64, n int)

//go:noescape
func dotAVX2(x, y *float64, n int) float64

func scale(x []float64, a float64) {
	if !vector || len(x) < 4 {
		scaleGo(x, a)
		return
	}
	scaleAVX2(&x[0], a, len(x))
}

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

func slide(g []float64, rows int, in, out []float64) {
	if !vector || rows == 0 {
		slideGo(g, rows, in, out)
		return
	}
	slideAVX2(&g[0], len(in), rows, &in[0], &out[:len(in)][0])
}

func gather(g []float64, rows, stride int, x []float64) {
	if !vector || rows == 0 || len(x) == 0 {
		gatherGo(g, rows, stride, x)
		return
	}
	gatherAVX2(&g[0], stride, rows, &x[0], len(x)/stride)
}

func eliminate(l []float64, ld, from, j, n int) {
	if !vector || j == from {
		eliminateGo(l, ld, from, j, n)
		return
	}
	_ = l[j*ld+n+2] // the last entry that may be written
	eliminateAVX2(&l[0], ld, from, j, n)
}

func eliminate4(l []float64, ld, j, n int) {
	if !vector || j == 0 {
		eliminate4Go(l, ld, j, n)
		return
	}
	_ = l[(j+3)*ld+n+6] // the last entry that may be written
	eliminate4AVX2(&l[0], ld, j, n)
}
