package sweeps

import (
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// reading is the values of a file that are still to be read, which takes as long as all else that is found out about it.
type reading struct {
	results *Results
	file    *resultFile
	points  []int // of each row of the file, below 0 where it is of no use
	columns []readColumn
	has     uint64 // of each point: see Results.have
}

// readColumn is a column of a file and where its values go.
type readColumn struct {
	name  string
	to    *column // nil: to the warnings
	whole []share // rows that are whole numbers among floats
}

// addWhole adds the columns of whole points, which are there from now on as far as anyone is concerned.
func (r *reading) addWhole() error {
	res := r.results
	for _, c := range []readColumn{{"rows", res.rows, nil}, {"first_time", res.first, nil}, {"last_time", res.last, nil}, {"ruin_time", res.ruin, nil}, {"warning", nil, nil}} {
		kind := frame.String
		if c.to != nil {
			kind = c.to.kind
		}
		if got, ok := r.file.types[c.name]; !ok || got != kind {
			return r.file.damage(fmt.Errorf("it has no column %s of %s", c.name, kind))
		}
		r.columns = append(r.columns, c)
	}
	r.has |= wholePoint
	return nil
}

// addMetrics adds the columns of metrics that the space has, known by their definitions, and returns the others. A column serves every metric of
// its definition.
func (r *reading) addMetrics(stored []storedMetric) (unused []storedMetric, err error) {
	used := map[string]bool{}
	for k, m := range r.results.metrics {
		at := columnOfMetric(stored, m)
		if at < 0 {
			continue
		}
		kind, ok := r.file.types[stored[at].Name]
		if !ok {
			return nil, r.file.damage(fmt.Errorf("it has no column %s", stored[at].Name))
		}
		whole, err := parseRows(stored[at].Whole)
		if err != nil {
			return nil, r.file.damage(err)
		}
		if r.addMetric(k, readColumn{name: stored[at].Name, whole: whole}, kind) {
			used[m.key()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(stored), func(s storedMetric) bool { return used[s.Key] }), nil
}

// columnOfMetric finds the column of a metric's definition, the one of its name where there are several; -1 where there is none.
func columnOfMetric(stored []storedMetric, m *Metric) int {
	found := -1
	for i, s := range stored {
		if s.Key == m.key() && (found < 0 || s.Name == m.Name) {
			found = i
		}
	}
	return found
}

// addMetric adds a column, unless it is not of the metric's type. Floats and whole numbers are floats together.
func (r *reading) addMetric(k int, c readColumn, kind frame.Type) bool {
	res := r.results
	if res.values[k] == nil {
		res.values[k] = &column{kind: kind}
	}
	c.to = res.values[k]
	switch {
	case c.to.kind == kind:
	case numbers(c.to.kind, kind):
		c.to.kind = frame.Float64
	default:
		return false
	}
	r.columns = append(r.columns, c)
	r.has |= 1 << k
	return true
}

// run reads the values, all columns side by side.
func (r *reading) run() error {
	var groups []readGroup
	points := r.points
	for _, g := range r.file.f.RowGroups() {
		n := int(g.NumRows())
		groups = append(groups, readGroup{len(r.points) - len(points), points[:n], followOneAnother(points[:n])})
		points = points[n:]
	}
	return sideBySide(len(r.columns), func(i int) error {
		for k, g := range groups {
			if err := r.read(r.columns[i], k, g); err != nil {
				return err
			}
		}
		return nil
	})
}

// readGroup is a row group's first row and its points, and whether they follow one another.
type readGroup struct {
	first    int
	points   []int
	straight bool
}

// read reads a row group's values of a column: to where they belong at once if that is one stretch.
func (r *reading) read(to readColumn, group int, g readGroup) error {
	if to.to != nil && g.straight && to.whole == nil && to.to.kind == r.file.types[to.name] {
		return r.file.readInto(to.to, g.points[0], group, to.name)
	}
	c, err := r.file.groupColumn(group, to.name)
	if err != nil {
		return err
	}
	if to.whole != nil && c.kind == frame.Float64 {
		c.markWhole(to.whole, g.first)
	}
	for row, point := range g.points {
		switch {
		case point < 0:
		case to.to != nil:
			to.to.copyFrom(point, c, row)
		case c.valid[row]:
			r.results.warnings[point] = c.strings[row]
		}
	}
	return nil
}

func followOneAnother(points []int) bool {
	for i, point := range points {
		if point != points[0]+i {
			return false
		}
	}
	return len(points) > 0 && points[0] >= 0
}
