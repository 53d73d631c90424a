package sweeps

// What locate says of a row that is no point of the space.
const (
	elsewhere = -1 // its values are not in the space
	gone      = -2 // they are, but make another node today
)

// locate finds the point of each row of a file. Row groups that say that they are of today's points are believed; of the others, parameters
// and identifiers are read.
func (r *Results) locate(f *resultFile, fingerprints []string) ([]int, error) {
	points := make([]int, f.rows())
	known := r.known(fingerprints)
	var unknown []func() error
	at := 0
	for i, g := range f.f.RowGroups() {
		rows := points[at : at+int(g.NumRows())]
		at += len(rows)
		if k, ok := known[i]; ok && k.to-k.from == len(rows) {
			for j := range rows {
				rows[j] = k.from + j
			}
			continue
		}
		unknown = append(unknown, func() error { return r.locateGroup(f, i, rows) })
	}
	return points, sideBySide(len(unknown), func(i int) error { return unknown[i]() })
}

// locateGroup finds the points of a row group by what is in it.
func (r *Results) locateGroup(f *resultFile, group int, points []int) error {
	names := append(r.space.names(), idColumn)
	columns := make([]*column, len(names))
	for i, name := range names {
		var err error
		if columns[i], err = f.groupColumn(group, name); err != nil {
			return err
		}
	}
	r.locateRows(points, columns)
	return nil
}

// locateRows finds the points of rows, given the columns of parameters and that of ids.
func (r *Results) locateRows(points []int, columns []*column) {
	ordinals := make([]int64, len(points))
	for k, p := range r.space.Parameters {
		c := columns[k]
		last, known := int32(0), false
		for row := range ordinals {
			if row == 0 || !c.equal(row-1, row) {
				last, known = p.index(c.at(row))
			}
			switch {
			case !known || k > 0 && ordinals[row] < 0:
				ordinals[row] = -1
			case k == 0: // written before it is read, for the memory is new
				ordinals[row] = int64(last) * r.space.stride[k]
			default:
				ordinals[row] += int64(last) * r.space.stride[k]
			}
		}
	}
	ids := columns[len(columns)-1]
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
}
