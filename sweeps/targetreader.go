package sweeps

import (
	"errors"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/duck"
)

// targetReader reads rows of points from the stored files, keeping one row group of each in memory.
type targetReader struct {
	plan   *Plan
	places []targetPlace
	files  map[int]*openTarget
}

type openTarget struct {
	*resultFile
	group   int // in memory; -1: none
	first   int // its first row
	columns []*column
}

func (r *targetReader) close() {
	for _, f := range r.files {
		f.close()
	}
}

// rows returns a point's rows, without its parameters.
func (r *targetReader) rows(point int) (duck.Table, error) {
	place := r.places[point]
	f, ok := r.files[place.file]
	if !ok {
		opened, err := openResults(filepath.Join(r.plan.Dir, r.plan.target[place.file].name))
		if err != nil {
			return duck.Table{}, err
		}
		f = &openTarget{resultFile: opened, group: -1}
		if r.files == nil {
			r.files = map[int]*openTarget{}
		}
		r.files[place.file] = f
	}
	names := f.names[len(r.plan.Space.Parameters):]
	t := duck.Table{Names: names, Columns: make([]arrow.Array, len(names))}
	parts := make([][]arrow.Array, len(names))
	for at, end := place.first, place.first+place.rows; at < end || parts[0] == nil; {
		upTo, err := f.load(at, len(r.plan.Space.Parameters))
		if err != nil {
			return t, err
		}
		upTo = min(upTo, end)
		index := make([]int, upTo-at)
		for i := range index {
			index[i] = at - f.first + i
		}
		for i := range names {
			parts[i] = append(parts[i], f.columns[i].arrow(index))
		}
		at = upTo
	}
	for i := range names {
		joined, err := array.Concatenate(parts[i], memory.DefaultAllocator)
		if err != nil {
			return t, err
		}
		t.Columns[i] = joined
	}
	return toWhole(t, r.plan.target[place.file].meta.Points[place.index].Whole), nil
}

// load brings the row group of a row into memory, without the first columns, and returns the row after its last.
func (f *openTarget) load(row, skip int) (int, error) {
	first := 0
	groups := f.f.RowGroups()
	if len(groups) == 0 { // none of its points has rows
		f.columns = nil
		for _, name := range f.names[skip:] {
			f.columns = append(f.columns, newColumn(f.types[name], 0))
		}
		return row, nil
	}
	for g, group := range groups {
		n := int(group.NumRows())
		if row >= first+n && g < len(groups)-1 {
			first += n
			continue
		}
		if g != f.group {
			f.group, f.first, f.columns = g, first, nil
			for _, name := range f.names[skip:] {
				c, err := f.groupColumn(g, name)
				if err != nil {
					return 0, err
				}
				f.columns = append(f.columns, c)
			}
		}
		return first + n, nil
	}
	return 0, f.damage(errors.New("it holds fewer rows than it says"))
}
