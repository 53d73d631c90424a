package sweeps

import (
	"context"
	"io"
	"slices"
	"sort"
	"time"
)

// A row is encoded once where it can be: points that come in canonical order fill the row groups of the final file one after
// the other, and a chunk that holds some of these, whole, has their very bytes. Such chunks are committed as their points are
// finished, and the final file is made of them: compressed bytes are copied, and of a million points no more than a group
// is in memory as a table. So it is with the row groups of a file from before that has not changed.

// groups says how far the row groups of a file of all points are.
type groups struct {
	ends     []int // where segments end: points from one to the next are whole row groups, enough of them for a chunk
	finished []int // points that are finished and in no chunk, by segment
	whole    []int // segments all of whose points are
	written  []storedGroup
}

// segmentRows is how many points a segment has at least, the last one excepted: fewer are not worth a chunk.
const segmentRows = groupMost / 2

func (p *Plan) newGroups() groups {
	var g groups
	from := 0
	for _, group := range p.ids.rowGroups(everyPoint(p.Points())) {
		if end := group[len(group)-1] + 1; end-from >= segmentRows || end == p.Points() {
			g.ends = append(g.ends, end)
			from = end
		}
	}
	g.finished = make([]int, len(g.ends))
	return g
}

// finish counts a point with all its columns.
func (g *groups) finish(point int) {
	k := sort.SearchInts(g.ends, point+1)
	g.finished[k]++
	if from, to := g.bounds(k); g.finished[k] == to-from {
		g.whole = append(g.whole, k)
	}
}

// bounds returns the points of a segment.
func (g *groups) bounds(k int) (from, to int) {
	if k > 0 {
		from = g.ends[k-1]
	}
	return from, g.ends[k]
}

// forget gives up the segments that are under way: some of their points go to another chunk.
func (g *groups) forget() {
	clear(g.finished)
	g.whole = nil
}

// everything is the set of all a point can have.
func (p *Plan) everything() uint64 { return wholePoint | allBits(len(p.Metrics)) }

// commitGroups commits the segments that are whole, each as a chunk. One that is all there is left of a sweep is not worth
// it: the final file is next.
func (r *run) commitGroups(ctx context.Context) error {
	for len(r.groups.whole) > 0 && r.done < r.total {
		if err := r.commitTarget(ctx); err != nil {
			return err
		}
		from, to := r.groups.bounds(r.groups.whole[0])
		for set, points := range r.pending {
			rest := slices.DeleteFunc(points, func(point int) bool { return from <= point && point < to })
			r.waiting -= len(points) - len(rest)
			r.pending[set] = rest
		}
		segment := make([]int, to-from)
		for i := range segment {
			segment[i] = from + i
		}
		name, err := r.commitPoints(ctx, segment, true, allBits(len(r.plan.Metrics)))
		if err != nil {
			return err
		}
		r.groups.written = append(r.groups.written, groupsOf(name, r.plan.ids.rowGroups(segment))...)
		r.groups.whole = r.groups.whole[1:]
		r.committed = time.Now()
	}
	return nil
}

// encodePoints writes points with some of their columns, row group by row group: as they lie on disk where there is one that stored knows of.
func (p *Plan) encodePoints(ctx context.Context, w io.Writer, points []int, whole bool, metrics uint64, meta fileMeta, stored []storedGroup) error {
	kinds := p.Results.kinds(points)
	s, err := shapeOf(p.Results.tableAs(nil, kinds, whole, metrics))
	if err != nil {
		return err
	}
	e := newEncoder(w, s)
	from := newCopier(p.Dir, stored)
	defer from.close()
	groups := p.ids.rowGroups(points)
	for _, group := range groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		copied, err := from.copy(e, group)
		if err != nil {
			return err
		}
		if copied {
			continue
		}
		if err := e.append(p.Results.tableAs(group, kinds, whole, metrics)); err != nil {
			return err
		}
		if err := e.flush(); err != nil {
			return err
		}
	}
	meta.Encoding, meta.Groups = encodingVersion, p.Results.fingerprintsOf(groups)
	return e.end(meta)
}
