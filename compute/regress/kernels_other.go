//go:build !amd64

package regress

func axpy(y []float64, a float64, x []float64) { axpyGo(y, a, x) }

func slide(g, in, out []float64) { slideGo(g, in, out) }

func slideRow(g []float64, a float64, in []float64, b float64, out []float64) {
	slideRowGo(g, a, in, b, out)
}

func gather(g []float64, stride int, x []float64) { gatherGo(g, stride, x) }

func pick(l []float64, ld int, g []float64, base []int, active []int32) {
	pickGo(l, ld, g, base, active)
}

func subtractRight(y, g []float64, base []int, active []int32, b []float64) {
	subtractRightGo(y, g, base, active, b)
}

func subtractLeft(y, g []float64, base []int, active []int32, b []float64, inactive []int32) {
	subtractLeftGo(y, g, base, active, b, inactive)
}

func factorize(l []float64, ld, n int, own, inv []float64) int {
	return factorizeGo(l, ld, n, own, inv)
}

func back(l []float64, ld, n int, inv, x []float64) { backGo(l, ld, n, inv, x) }

func dot(x, y []float64) float64 { return dotGo(x, y) }
