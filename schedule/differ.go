package schedule

import (
	"slices"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
)

// narrow leaves in the batch of an update that catches up what has to be written: rows after what the node had and, of those
// that it had, the ones of identifiers of which some differ now. These are the late ones, and others where late rows are of
// times at which nobody had any, or where more has changed in those months.
func narrow(b *database.Batch, differ []string, had int64) {
	b.Only = differ
	ids, times := b.Rows.Identifiers(), b.Rows.Times()
	var keep []int
	for i, at := range times {
		if _, ok := slices.BinarySearch(b.Only, ids[i]); ok || at >= had {
			keep = append(keep, i)
		}
	}
	b.Rows = b.Rows.Take(keep)
}

// differing returns the identifiers of which two frames do not have the same rows, ascending; never nil.
func differing(a, b *frame.Frame) []string {
	x, y := byIdentifier(a), byIdentifier(b)
	ids := []string{}
	for id := range x {
		if x[id] != y[id] {
			ids = append(ids, id)
		}
	}
	for id := range y {
		if _, ok := x[id]; !ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// byIdentifier returns a digest of the rows of each identifier.
func byIdentifier(f *frame.Frame) map[string][32]byte {
	rows := map[string][]int{}
	for i, id := range f.Identifiers() {
		rows[id] = append(rows[id], i)
	}
	out := make(map[string][32]byte, len(rows))
	for id, order := range rows {
		out[id] = f.Take(order).Digest()
	}
	return out
}
