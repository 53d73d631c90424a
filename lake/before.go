package lake

import (
	"context"
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// Before returns the rows by which a node's values as of a time can be told: for each combination of the key without
// time_index the last row before at, and the last one with a value of each column. It returns ErrNotStored where the lake
// does not reach back far enough to know.
func (d *DateRange) Before(ctx context.Context, id string, at int64, columns ...string) (*frame.Frame, error) {
	for try := 0; ; try++ {
		m, err := d.Manifest(id)
		if err != nil {
			return nil, err
		}
		f, err := d.before(ctx, m, at, columns)
		if try < maxTries && !d.current(m) {
			continue // replaced meanwhile
		}
		return f, err
	}
}

func (d *DateRange) before(ctx context.Context, m *Manifest, at int64, columns []string) (*frame.Frame, error) {
	start, file, ok := m.asOf(at)
	if !ok {
		return nil, fmt.Errorf("the rows of %s as of %s: %w", m.ID, showTime(at), ErrNotStored)
	}
	r, err := d.newReading(m, columns)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if file != nil {
		if err := r.add(ctx, beginning, file.At, d.beforeFile(m, *file)); err != nil {
			return nil, err
		}
	}
	if err := r.add(ctx, start, at, d.parts(m, Span{start, at})...); err != nil {
		return nil, err
	}
	f, err := r.frame(ctx)
	if err != nil {
		return nil, err
	}
	return AsOf(f), nil
}

// asOf finds what tells the rows as of a time: the as-of rows of the last boundary that is not after it and from which on
// everything is covered, or everything since the beginning of history, where from is nil. start is where parts begin to
// count.
func (m *Manifest) asOf(at int64) (start int64, from *Before, ok bool) {
	for i := len(m.Before) - 1; i >= 0; i-- {
		b := &m.Before[i]
		if b.At <= at && m.Covered.Covers(Span{b.At, at}) {
			return b.At, b, true
		}
	}
	return beginning, nil, m.Covered.Covers(Span{beginning, at})
}

// AsOf returns, of a frame's rows, those by which values as of its end can be told: for each combination of the key without
// time_index the last row, and the last one with a value of each column.
func AsOf(f *frame.Frame) *frame.Frame {
	key := f.Schema().Key
	fields := len(f.Schema().Fields)
	last := map[string][]int{} // a combination: its last row, and its last row with a value of each column; -1 for none
	var id []byte
	for i := range f.Rows() {
		id = appendIdentifier(id[:0], f, i)
		rows := last[string(id)]
		if rows == nil {
			rows = slices.Repeat([]int{-1}, fields-key+1)
			last[string(id)] = rows
		}
		rows[0] = i
		for k := key; k < fields; k++ {
			if f.Column(k).IsValid(i) {
				rows[k-key+1] = i
			}
		}
	}
	var keep []int
	for _, rows := range last {
		keep = append(keep, rows...)
	}
	slices.Sort(keep)
	keep = slices.Compact(keep)
	if len(keep) > 0 && keep[0] < 0 {
		keep = keep[1:]
	}
	return f.Take(keep)
}
