package sweeps

import (
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// Results are what is known of each point of a space: in memory one slot a point and column, filled from disk and by a
// run. A Results is for one goroutine.
type Results struct {
	space   *Space
	metrics []*Metric
	who     *identities // of the points' targets

	have     []uint64 // of each point, what it has: a bit a metric, be it a missing value, and wholePoint where it was evaluated: rows and times are there
	touched  []bool   // something of it was computed since this was read
	rows     *column
	first    *column
	last     *column
	ruin     *column // when the portfolio came to its end; missing where it didn't
	warnings map[int]string
	values   []*column // one a metric; nil until its type is known

	today *fingerprints // nil until asked for
}

func newResults(space *Space, metrics []*Metric, ids *identities) *Results {
	n := space.Len()
	return &Results{
		space: space, metrics: metrics, who: ids, have: make([]uint64, n), touched: make([]bool, n), warnings: map[int]string{},
		rows: &column{kind: frame.Int64}, first: &column{kind: frame.Timestamp}, last: &column{kind: frame.Timestamp}, ruin: &column{kind: frame.Timestamp},
		values: make([]*column, len(metrics)),
	}
}

// makeRoom makes the memory of the values, which plans that need none are spared.
func (r *Results) makeRoom() {
	columns := append([]*column{r.rows, r.first, r.last, r.ruin}, r.values...)
	sideBySide(len(columns), func(i int) error {
		if c := columns[i]; c != nil && c.rows() == 0 {
			*c = *newColumn(c.kind, r.space.Len())
		}
		return nil
	})
}

// settle gives a metric a column that holds values of a type. Stored values of another one are forgotten, unless both are numbers: they were
// computed from a target with other columns.
func (r *Results) settle(k int, t frame.Type) {
	c := r.values[k]
	switch {
	case c != nil && (c.kind == t || c.kind == frame.Float64 && t == frame.Int64):
	case c != nil && numbers(c.kind, t):
		c.widen()
	default:
		r.values[k] = newColumn(t, r.space.Len())
		for point := range r.have {
			r.have[point] &^= 1 << k
		}
	}
}

// lacks returns what a point still needs: a bit a metric, and wholePoint where it was never evaluated.
func (r *Results) lacks(point int) uint64 {
	everything := wholePoint | allBits(len(r.metrics))
	if r.have[point]&wholePoint == 0 {
		return everything
	}
	return everything &^ r.have[point]
}

// Bits beside those of the metrics.
const (
	wholePoint = 1 << 63
	targetRows = 1 << 62
)

// anyTouched reports whether anything was computed of the points from first to last.
func (r *Results) anyTouched(first, last int) bool {
	return slices.Contains(r.touched[first:last+1], true)
}

// Done returns how many points have everything.
func (r *Results) Done() int {
	n := 0
	for i := range r.have {
		if r.lacks(i) == 0 {
			n++
		}
	}
	return n
}

// absorbed says what of a file was of use, so that the rest can be kept when files are rewritten.
type absorbed struct {
	points  []int // of each row; below 0: see locate
	inside  int   // rows whose points are in the space
	outside int   // rows whose points are not
	unused  []storedMetric
	whole   bool          // the file has the columns of whole points
	inOrder bool          // every row is a point of the space, ascending
	groups  []storedGroup // where inOrder and whole
}

// absorb finds out what a file has of the points, and returns what reads it: the values are not needed to know what is left to do. Where a row's
// local_hash_id isn't the one that its parameters have today, it is passed over. believed are the fingerprints of its row groups, if they are believed.
func (r *Results) absorb(f *resultFile, meta fileMeta, believed []string) (absorbed, *reading, error) {
	points, err := r.locate(f, believed)
	if err != nil {
		return absorbed{}, nil, err
	}
	a := absorbed{points: points, inOrder: true}
	last := -1
	for _, point := range points {
		switch {
		case point >= 0:
			a.inside++
		case point == elsewhere:
			a.outside++
		}
		a.inOrder = a.inOrder && point > last
		last = point
	}
	read := &reading{results: r, file: f, points: points}
	// Files from before portfolios came to an end have no ruin_time: their points are evaluated again.
	if _, a.whole = f.index["ruin_time"]; a.whole {
		if err := read.addWhole(); err != nil {
			return a, nil, err
		}
	}
	if a.inOrder && a.whole {
		a.groups = f.groups(points)
	}
	if a.inside == 0 {
		return a, read, nil // its metrics' types are other points'
	}
	if a.unused, err = read.addMetrics(meta.Metrics); err != nil {
		return a, nil, err
	}
	for _, point := range points {
		if point >= 0 {
			r.have[point] |= read.has
		}
	}
	return a, read, nil
}
