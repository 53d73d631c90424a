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

	done     []bool // the point was evaluated: rows and times are there
	touched  []bool // something of it was computed since this was read
	rows     *column
	first    *column
	last     *column
	warnings map[int]string
	values   []*column // one a metric; nil until its type is known
	have     [][]bool  // one a metric: the point has it, be it a missing value

	today map[string]share // the row groups of a file of all points, by fingerprint; nil until asked for
}

func newResults(space *Space, metrics []*Metric, ids *identities) *Results {
	n := space.Len()
	r := &Results{
		space: space, metrics: metrics, who: ids, done: make([]bool, n), touched: make([]bool, n), warnings: map[int]string{},
		rows: newColumn(frame.Int64, n), first: newColumn(frame.Timestamp, n), last: newColumn(frame.Timestamp, n),
		values: make([]*column, len(metrics)), have: make([][]bool, len(metrics)),
	}
	for k := range metrics {
		r.have[k] = make([]bool, n)
	}
	return r
}

// settle gives a metric the column of its type. Stored values of another type are forgotten: they were computed from a target with
// other columns.
func (r *Results) settle(k int) {
	t := r.metrics[k].Type
	if r.values[k] != nil && r.values[k].kind == t {
		return
	}
	r.values[k] = newColumn(t, r.space.Len())
	clear(r.have[k])
}

// lacks returns what a point still needs: a bit a metric, and wholePoint where it was never evaluated.
func (r *Results) lacks(point int) uint64 {
	if !r.done[point] {
		return wholePoint | 1<<len(r.metrics) - 1
	}
	var set uint64
	for k := range r.metrics {
		if !r.have[k][point] {
			set |= 1 << k
		}
	}
	return set
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
	for i := range r.done {
		if r.lacks(i) == 0 {
			n++
		}
	}
	return n
}

// absorbed says what of a file was of use, so that the rest can be kept when files are rewritten.
type absorbed struct {
	inside  []int // rows whose points are in the space
	outside []int // rows whose points are not
	unused  []storedMetric
	whole   bool          // the file has the columns of whole points
	inOrder bool          // every row is a point of the space, ascending
	groups  []storedGroup // where inOrder and whole
}

// absorb finds out what a file has of the points, and returns what reads it: the values are not needed to know what is left to do. Where a row's
// local_hash_id isn't the one that its parameters have today, it is passed over.
func (r *Results) absorb(f *resultFile, meta fileMeta) (absorbed, *reading, error) {
	points, err := r.locate(f, meta.Groups)
	if err != nil {
		return absorbed{}, nil, err
	}
	a := absorbed{inOrder: true}
	last := -1
	for row, point := range points {
		switch {
		case point == gone:
			a.inOrder = false
			continue
		case point < 0:
			a.outside = append(a.outside, row)
			a.inOrder = false
			continue
		}
		a.inside = append(a.inside, row)
		a.inOrder = a.inOrder && point > last
		last = point
	}
	read := &reading{results: r, file: f, rows: a.inside, points: points}
	if _, a.whole = f.index["rows"]; a.whole {
		if err := read.addWhole(); err != nil {
			return a, nil, err
		}
	}
	if a.inOrder && a.whole {
		a.groups = f.groups(points)
	}
	a.unused, err = read.addMetrics(meta.Metrics)
	return a, read, err
}
