package sweeps

import (
	"fmt"
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

// absorb takes a file's rows. Where a row's local_hash_id isn't the one that its parameters have today, it is passed
// over.
func (r *Results) absorb(f *resultFile, meta fileMeta) (absorbed, error) {
	points, err := r.locate(f)
	if err != nil {
		return absorbed{}, err
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
	if _, a.whole = f.index["rows"]; a.whole {
		if err := r.absorbWhole(f, a.inside, points); err != nil {
			return a, err
		}
	}
	if a.inOrder && a.whole {
		a.groups = f.groups(points)
	}
	a.unused, err = r.absorbMetrics(f, meta.Metrics, a.inside, points)
	return a, err
}

func (r *Results) absorbWhole(f *resultFile, rows, points []int) error {
	names := []string{"rows", "first_time", "last_time", "warning"}
	targets := []*column{r.rows, r.first, r.last, nil}
	err := sideBySide(len(names), func(i int) error {
		c, err := f.column(names[i])
		if err != nil {
			return err
		}
		to := targets[i]
		for _, row := range rows {
			switch {
			case to != nil && c.kind == to.kind:
				to.copyFrom(points[row], c, row)
			case to == nil && c.kind == frame.String && c.valid[row]:
				r.warnings[points[row]] = c.strings[row]
			case to != nil:
				return f.damage(fmt.Errorf("column %s holds %s", names[i], c.kind))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		r.done[points[row]] = true
	}
	return nil
}

// absorbMetrics takes the columns of metrics that the space has, known by their definitions, and returns the others.
func (r *Results) absorbMetrics(f *resultFile, stored []storedMetric, rows, points []int) (unused []storedMetric, err error) {
	of := make([]int, len(stored)) // the metric of each
	columns := make([]string, len(r.metrics))
	for i, s := range stored {
		of[i] = slices.IndexFunc(r.metrics, func(m *Metric) bool { return m.key() == s.Key })
		if of[i] >= 0 {
			columns[of[i]] = s.Name
		}
	}
	fits := make([]bool, len(r.metrics))
	err = sideBySide(len(columns), func(k int) (err error) {
		if columns[k] != "" {
			fits[k], err = r.absorbMetric(f, k, columns[k], rows, points)
		}
		return err
	})
	for i, s := range stored {
		if k := of[i]; k < 0 || !fits[k] {
			unused = append(unused, s)
		}
	}
	return unused, err
}

// absorbMetric reports whether the column is of the metric's type.
func (r *Results) absorbMetric(f *resultFile, k int, name string, rows, points []int) (bool, error) {
	c, err := f.column(name)
	if err != nil {
		return false, err
	}
	if r.values[k] == nil {
		r.values[k] = newColumn(c.kind, r.space.Len())
		r.metrics[k].Type = c.kind
	}
	if r.values[k].kind != c.kind {
		return false, nil
	}
	for _, row := range rows {
		r.values[k].copyFrom(points[row], c, row)
		r.have[k][points[row]] = true
	}
	return true, nil
}

// What locate says of a row that is no point of the space.
const (
	elsewhere = -1 // its values are not in the space
	gone      = -2 // they are, but make another node today
)

// locate finds the point of each row.
func (r *Results) locate(f *resultFile) ([]int, error) {
	names := append(r.space.names(), idColumn)
	columns := make([]*column, len(names))
	err := sideBySide(len(names), func(i int) (err error) {
		columns[i], err = f.column(names[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	points := make([]int, f.rows())
	return points, inShares(split(len(points)), func(_ int, rows share) error {
		r.locateRows(points, columns, rows)
		return nil
	})
}

// locateRows finds the points of some rows, given the columns of parameters and that of ids.
func (r *Results) locateRows(points []int, columns []*column, rows share) {
	ordinals := make([]int64, rows.to-rows.from)
	for k, p := range r.space.Parameters {
		c := columns[k]
		last, known := int32(0), false
		for i := range ordinals {
			if row := rows.from + i; i == 0 || !c.equal(row-1, row) {
				last, known = p.index(c.at(row))
			}
			if !known || ordinals[i] < 0 {
				ordinals[i] = -1
				continue
			}
			ordinals[i] += int64(last) * r.space.stride[k]
		}
	}
	ids := columns[len(columns)-1]
	var id []byte
	for i, ordinal := range ordinals {
		row := rows.from + i
		points[row] = elsewhere
		if ordinal < 0 {
			continue
		}
		if point, ok := r.space.find(ordinal); ok {
			points[row] = point
			if id = r.who.appendID(id[:0], point); ids.strings == nil || ids.strings[row] != string(id) {
				points[row] = gone
			}
		}
	}
}
