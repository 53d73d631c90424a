//go:build !amd64

package regress

func axpy(y []float64, a float64, x []float64) { axpyGo(y, a, x) }

func slide(g []float64, stride int, in, out []float64) { slideGo(g, stride, in, out) }

func eliminate(l []float64, ld, j, n int) { eliminateGo(l, ld, j, n) }

func scale(x []float64, a float64) { scaleGo(x, a) }

func dot(x, y []float64) float64 { return dotGo(x, y) }
