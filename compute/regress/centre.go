package regress

// centred holds the products of columns and target less their means over the window, for fits with an intercept.
type centred struct {
	g, c []float64
	at   int // the row it was made for, plus one
	mean []float64
	x    []float64
}

// shifted is the share of a column's square that must remain once its mean is taken away; below it the subtraction has
// lost too many digits, and the column's products are summed again from centred values.
const shifted = 1e-4

// centre fills in the products for the window's current rows.
func (z *centred) centre(w *window, features []int32) {
	d := w.d
	if z.g == nil {
		z.g, z.c = make([]float64, len(w.g)), make([]float64, len(w.c))
		z.mean, z.x = make([]float64, d.stride), make([]float64, d.stride)
	}
	if z.at == w.at+1 {
		return
	}
	z.at = w.at + 1
	n := float64(w.size)
	copy(z.c, w.c)
	meanY := w.sy / n
	for k, i := range features {
		z.mean[i] = w.sx[i] / n
		for _, j := range features[k:] {
			at := d.triangle.at(int(i), int(j))
			z.g[at] = w.g[at] - float64(w.sx[i]*w.sx[j])/n
		}
	}
	axpy(z.c, -meanY, w.sx)
	steepY := w.yy-float64(w.sy*meanY) < shifted*w.yy
	for _, j := range features {
		at := d.triangle.at(int(j), int(j))
		if z.g[at] < shifted*w.g[at] {
			z.again(w, features, j)
		} else if steepY {
			z.c[j] = z.target(w, j)
		}
	}
}

// again sums the products of column j with the other features and the target from centred values. Each entry's bits
// depend on the two columns in it alone.
func (z *centred) again(w *window, features []int32, j int32) {
	d := w.d
	for _, i := range features {
		sum := 0.0
		for t := w.at - w.size + 1; t <= w.at; t++ {
			x := d.row(t)
			sum += float64((x[i] - z.mean[i]) * (x[j] - z.mean[j]))
		}
		z.g[w.d.triangle.at(int(i), int(j))] = sum
	}
	z.c[j] = z.target(w, j)
}

func (z *centred) target(w *window, j int32) float64 {
	sum, meanY := 0.0, w.sy/float64(w.size)
	for t := w.at - w.size + 1; t <= w.at; t++ {
		sum += float64((w.d.row(t)[j] - z.mean[j]) * (w.d.y[t] - meanY))
	}
	return sum
}
