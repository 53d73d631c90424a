package regress

// triangle is how a symmetric matrix over a design's columns lies in memory: row after row, each from its diagonal to the right. A row
// begins on a whole group of four columns, and there are whole groups of four rows, equally long; the up to three entries left of a
// diagonal repeat others, and nothing reads them.
type triangle struct {
	stride int
	base   []int // row i's entry j, j >= i, is at base[i]+j
	size   int
}

// newTriangle wants a multiple of four columns.
func newTriangle(stride int) triangle {
	t := triangle{stride: stride, base: make([]int, stride)}
	for i := range t.base {
		t.base[i] = t.size - i&^3
		t.size += stride - i&^3
	}
	return t
}

// at returns where entry (i, j) is, whichever is larger.
func (t *triangle) at(i, j int) int { return t.base[min(i, j)] + max(i, j) }

// right returns entries j.. of row j.
func (t *triangle) right(g []float64, j int) []float64 {
	return g[t.base[j]+j : t.base[j]+t.stride]
}

// row fills dst with the whole of row j.
func (t *triangle) row(dst, g []float64, j int) {
	for i := range j {
		dst[i] = g[t.base[i]+j]
	}
	copy(dst[j:], t.right(g, j))
}

// setRow makes src row j, and column j.
func (t *triangle) setRow(g, src []float64, j int) {
	for i := range j {
		g[t.base[i]+j] = src[i]
	}
	copy(t.right(g, j), src[j:])
}
