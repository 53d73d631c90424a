//go:build !amd64

package regress

func axpy(y []float64, a float64, x []float64) { axpyGo(y, a, x) }

func slide(g []float64, rows int, in, out []float64) { slideGo(g, rows, in, out) }

func gather(g []float64, rows, stride int, x []float64) { gatherGo(g, rows, stride, x) }

func eliminate(l []float64, ld, from, j, n int) { eliminateGo(l, ld, from, j, n) }

func eliminate4(l []float64, ld, j, n int) { eliminate4Go(l, ld, j, n) }

func scale(x []float64, a float64) { scaleGo(x, a) }

func dot(x, y []float64) float64 { return dotGo(x, y) }
