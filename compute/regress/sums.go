package regress

// sums is what a fit needs to know of a set of rows.
type sums struct {
	n          int
	g          []float64 // X'X, a triangle of the design's
	c          []float64 // X'y
	sx         []float64 // column sums
	sy, yy     float64
	gaps       []int32 // a column: how many of the rows miss it
	gapsY      int
	gapChanges int // goes up whenever gaps may have changed
}

func newSums(d *Design) sums {
	s := sums{g: make([]float64, d.triangle.size), c: make([]float64, d.stride), sx: make([]float64, d.stride), gaps: make([]int32, d.cols)}
	s.reset() // memory from the system that is read before it is written is mapped twice, the second time by interrupting all processors
	return s
}

func (s *sums) reset() {
	s.n, s.sy, s.yy, s.gapsY = 0, 0, 0, 0
	clear(s.g)
	clear(s.c)
	clear(s.sx)
	clear(s.gaps)
	s.gapChanges++
}

// add takes rows from..to-1 in, one after the other.
func (s *sums) add(d *Design, from, to int) {
	gather(s.g, d.stride, d.x[from*d.stride:to*d.stride])
	for t := from; t < to; t++ {
		x := d.row(t)
		axpy(s.c, d.y[t], x)
		axpy(s.sx, 1, x)
		s.sy += d.y[t]
		s.yy += float64(d.y[t] * d.y[t])
		s.count(d, t, 1)
	}
	s.n += to - from
}

// join takes a month's sums in.
func (s *sums) join(b *block) {
	axpy(s.g, 1, b.g)
	axpy(s.c, 1, b.c)
	axpy(s.sx, 1, b.sx)
	s.sy += b.sy
	s.yy += b.yy
	for j, n := range b.gaps {
		s.gaps[j] += n
	}
	s.gapChanges++
	s.gapsY += b.gapsY
	s.n += b.n
}

// shift takes row in in and row out out.
func (s *sums) shift(d *Design, in, out int) {
	x, o := d.row(in), d.row(out)
	slide(s.g, x, o)
	slideRow(s.c, d.y[in], x, d.y[out], o)
	slideRow(s.sx, 1, x, 1, o)
	s.sy = s.sy + d.y[in] - d.y[out]
	s.yy = s.yy + float64(d.y[in]*d.y[in]) - float64(d.y[out]*d.y[out])
	s.count(d, in, 1)
	s.count(d, out, -1)
}

func (s *sums) count(d *Design, t int, by int32) {
	if len(d.gaps[t]) > 0 {
		s.gapChanges++
	}
	for _, j := range d.gaps[t] {
		s.gaps[j] += by
	}
	if d.gapY[t] {
		s.gapsY += int(by)
	}
}

// lost is how far a column's square may fall below its peak since its last restart before the rounding left behind by the
// rows that went out would show in the answer.
const lost = 1e-5

// window is the sums over the last rows of a design, rolled forward.
type window struct {
	sums
	d    *Design
	size int
	at   int       // the last row that is in
	peak []float64 // a column: its largest square since it was last gathered; the last is the target's
}

func newWindow(d *Design, size int) *window {
	return &window{sums: newSums(d), d: d, size: size, peak: make([]float64, d.cols+1)}
}

// restart gathers the sums of the window that ends at row t afresh, in the order that the package's manual gives.
func (w *window) restart(t int) {
	w.reset()
	w.at = t
	w.gather(func(from, to int) { w.add(w.d, from, to) }, w.join)
	for j := range w.d.cols {
		w.peak[j] = w.g[w.d.triangle.at(j, j)]
	}
	w.peak[w.d.cols] = w.yy
}

// gather visits the window's rows in the order of a restart: the rows of the first month, whole months strictly inside, the rows of the
// last month.
func (w *window) gather(rows func(from, to int), month func(*block)) {
	d, first := w.d, w.at-w.size+1
	last := max(first, int(d.monthStart[w.at])) // the first row of the last month
	u := first
	for u < last && d.month[u] == d.month[first] {
		u++
	}
	rows(first, u)
	for u < last {
		b := d.blockAt(u)
		month(b)
		u += b.n
	}
	rows(last, w.at+1)
}

// advance moves the window one row on. Columns that have lost too much are gathered afresh, each by itself, so that what
// one column went through never shows in the sums of the others.
func (w *window) advance() {
	w.at++
	w.shift(w.d, w.at, w.at-w.size)
	y := w.d.cols
	fallen := false
	for j := range w.d.cols {
		fallen = w.fallen(j, w.g[w.d.triangle.base[j]+j]) || fallen
	}
	if w.fallen(y, w.yy) {
		w.regatherTarget()
		w.peak[y] = w.yy
	}
	for j := 0; fallen && j < w.d.cols; j++ {
		if own := w.d.triangle.base[j] + j; w.fallen(j, w.g[own]) {
			w.regather(j)
			w.peak[j] = w.g[own]
		}
	}
}

func (w *window) fallen(i int, v float64) bool {
	peak := max(w.peak[i], v)
	w.peak[i] = peak
	return v < lost*peak
}

// regather sums column j's products afresh.
func (w *window) regather(j int) {
	d := w.d
	g, ofMonth := make([]float64, d.stride), make([]float64, d.stride)
	w.c[j], w.sx[j] = 0, 0
	w.gather(func(from, to int) {
		for t := from; t < to; t++ {
			x := d.row(t)
			axpy(g, x[j], x)
			w.c[j] += float64(d.y[t] * x[j])
			w.sx[j] += x[j]
		}
	}, func(b *block) {
		d.triangle.row(ofMonth, b.g, j)
		axpy(g, 1, ofMonth)
		w.c[j] += b.c[j]
		w.sx[j] += b.sx[j]
	})
	d.triangle.setRow(w.g, g, j)
}

// regatherTarget sums the target's products afresh.
func (w *window) regatherTarget() {
	clear(w.c)
	w.sy, w.yy = 0, 0
	w.gather(func(from, to int) {
		for t := from; t < to; t++ {
			y := w.d.y[t]
			axpy(w.c, y, w.d.row(t))
			w.sy += y
			w.yy += float64(y * y)
		}
	}, func(b *block) {
		axpy(w.c, 1, b.c)
		w.sy += b.sy
		w.yy += b.yy
	})
}
