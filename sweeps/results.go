package sweeps

import (
	"fmt"

	"github.com/tdlake/tdlake/frame"
)

// Results are what is known of each point of a space: in memory one slot a point and column, filled from disk and by a
// run. A Results is for one goroutine.
type Results struct {
	space   *Space
	metrics []*Metric
	who     *identities // of the points' targets

	done     []bool // the point was evaluated: rows and times are there
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
		space: space, metrics: metrics, who: ids, done: make([]bool, n), warnings: map[int]string{},
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
	whole   bool // the file has the columns of whole points
	inOrder bool // every row is a point of the space, ascending
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
	for _, m := range meta.Metrics {
		used, err := r.absorbMetric(f, m, a.inside, points)
		if err != nil {
			return a, err
		}
		if !used {
			a.unused = append(a.unused, m)
		}
	}
	return a, nil
}

func (r *Results) absorbWhole(f *resultFile, rows, points []int) error {
	targets := map[string]*column{"rows": r.rows, "first_time": r.first, "last_time": r.last}
	for _, name := range []string{"rows", "first_time", "last_time", "warning"} {
		c, err := f.column(name)
		if err != nil {
			return err
		}
		to := targets[name]
		for _, row := range rows {
			switch {
			case to != nil && c.kind == to.kind:
				to.copyFrom(points[row], c, row)
			case to == nil && c.kind == frame.String && c.valid[row]:
				r.warnings[points[row]] = c.strings[row]
			case to != nil:
				return f.damage(fmt.Errorf("column %s holds %s", name, c.kind))
			}
		}
	}
	for _, row := range rows {
		r.done[points[row]] = true
	}
	return nil
}

// absorbMetric reports whether the space's metrics include one of this definition.
func (r *Results) absorbMetric(f *resultFile, stored storedMetric, rows, points []int) (bool, error) {
	for k, m := range r.metrics {
		if m.key() != stored.Key {
			continue
		}
		c, err := f.column(stored.Name)
		if err != nil {
			return false, err
		}
		if r.values[k] == nil {
			r.values[k] = newColumn(c.kind, r.space.Len())
			m.Type = c.kind
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
	return false, nil
}

// What locate says of a row that is no point of the space.
const (
	elsewhere = -1 // its values are not in the space
	gone      = -2 // they are, but make another node today
)

// locate finds the point of each row.
func (r *Results) locate(f *resultFile) ([]int, error) {
	ordinals := make([]int64, f.rows())
	for k, p := range r.space.Parameters {
		c, err := f.column(p.Name)
		if err != nil {
			return nil, err
		}
		last, lastIndex, known := any(nil), int32(0), false
		for row := range ordinals {
			if v := c.at(row); row == 0 || v != last {
				last = v
				lastIndex, known = p.index(v)
			}
			if !known || ordinals[row] < 0 {
				ordinals[row] = -1
				continue
			}
			ordinals[row] += int64(lastIndex) * r.space.stride[k]
		}
	}
	ids, err := f.column(idColumn)
	if err != nil {
		return nil, err
	}
	points := make([]int, len(ordinals))
	var id []byte
	for row, ordinal := range ordinals {
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
	return points, nil
}
