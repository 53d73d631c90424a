package sweeps

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// A row is encoded once where it can be: points that come in canonical order fill the row groups of the final file one after
// the other, and a chunk that holds one of these, whole, has its very bytes. Such chunks are committed as their points are
// finished, and the final file is made of them: compressed bytes are copied, and of a million points no more than a group
// is in memory as a table.

// groups says how far the row groups of a file of all points are.
type groups struct {
	points   int
	finished map[int]int    // points that are finished and in no chunk, by row group
	whole    []int          // row groups all of whose points are
	chunks   map[int]string // the chunk of a row group that has one
}

// finish counts a point with all its columns.
func (g *groups) finish(point int) {
	k := point / groupRows
	g.finished[k]++
	if from, to := g.bounds(k); g.finished[k] == to-from {
		g.whole = append(g.whole, k)
	}
}

// bounds returns the points of a row group.
func (g *groups) bounds(k int) (from, to int) {
	return k * groupRows, min((k+1)*groupRows, g.points)
}

// forget gives up the row groups that are under way: some of their points go to another chunk.
func (g *groups) forget() {
	clear(g.finished)
	g.whole = nil
}

// everything is the set of all a point can have.
func (p *Plan) everything() uint64 { return wholePoint | allBits(len(p.Metrics)) }

// commitGroups commits the row groups that are whole, each as a chunk. One that is all there is left of a sweep is not worth
// it: the final file is next.
func (r *run) commitGroups(ctx context.Context) error {
	for len(r.groups.whole) > 0 && r.done < r.total {
		k := r.groups.whole[0]
		if err := r.commitTarget(ctx); err != nil {
			return err
		}
		from, to := r.groups.bounds(k)
		for set, points := range r.pending {
			rest := slices.DeleteFunc(points, func(point int) bool { return from <= point && point < to })
			r.waiting -= len(points) - len(rest)
			r.pending[set] = rest
		}
		group := make([]int, to-from)
		for i := range group {
			group[i] = from + i
		}
		name, err := r.commitPoints(ctx, group, true, allBits(len(r.plan.Metrics)))
		if err != nil {
			return err
		}
		r.groups.chunks[k] = name
		r.groups.whole = r.groups.whole[1:]
		r.committed = time.Now()
	}
	return nil
}

// encodePoints writes the final file, row group by row group, from the chunks that hold one where there are any.
func (p *Plan) encodePoints(ctx context.Context, w io.Writer, points []int, meta fileMeta, groups map[int]string) error {
	all := allBits(len(p.Metrics))
	s, err := shapeOf(p.Results.table(nil, true, all))
	if err != nil {
		return err
	}
	e := newEncoder(w, s)
	for from := 0; from < len(points); from += groupRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if name, ok := groups[from/groupRows]; ok {
			copied, err := e.copyGroup(filepath.Join(p.Dir, name))
			if err != nil {
				return err
			}
			if copied {
				continue
			}
		}
		if err := e.append(p.Results.table(points[from:min(from+groupRows, len(points))], true, all)); err != nil {
			return err
		}
	}
	return e.end(meta)
}

// copyGroup copies the one row group of a file of the same columns as it is, where that gives what encoding it would.
func (e *encoder) copyGroup(path string) (bool, error) {
	f, err := openResults(path)
	if err != nil {
		return false, err
	}
	defer f.close()
	groups := f.f.RowGroups()
	if e.rows > 0 || len(groups) != 1 || slices.ContainsFunc(f.f.Metadata().RowGroups[0].Columns, mixed) {
		return false, nil
	}
	_, err = e.w.WriteRowGroup(groups[0])
	return true, err
}

// mixed reports whether a column went on without its dictionary: the Parquet library would not copy such a column, but
// divide it into other pages.
func mixed(c format.ColumnChunk) bool {
	dictionary, plain := false, false
	for _, s := range c.MetaData.EncodingStats {
		dictionary = dictionary || s.PageType == format.DictionaryPage
		plain = plain || s.PageType == format.DataPage && s.Encoding != format.RLEDictionary
	}
	return dictionary && plain
}
