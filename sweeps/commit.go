package sweeps

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
)

// gather takes blocks as they come, commits chunks and reports progress. Blocks may come in any order: a chunk holds
// whatever is finished, in canonical order.
func (r *run) gather(ctx context.Context, blocks <-chan *block) error {
	tick := time.NewTicker(r.options.chunkEvery)
	defer tick.Stop()
	for {
		select {
		case b, ok := <-blocks:
			if !ok {
				r.report(true)
				return nil
			}
			r.take(b)
			r.report(false)
			if err := r.commitGroups(ctx); err != nil {
				return err
			}
		case <-tick.C:
		}
		due := r.waiting >= r.options.chunkPoints || r.rows >= chunkRows
		if due || r.waiting > 0 && time.Since(r.committed) >= r.options.chunkEvery {
			if err := r.commit(ctx); err != nil {
				return err
			}
		}
	}
}

// take puts a block's values into the results.
func (r *run) take(b *block) {
	res := r.plan.Results
	r.done += len(b.points)
	r.settleTypes(b)
	for i, point := range b.points {
		if b.errs[i] != nil {
			r.failed[point] = b.errs[i]
			continue
		}
		res.touched[point] = true
		r.pending[b.lacks] = append(r.pending[b.lacks], point)
		r.waiting++
		if b.lacks&^targetRows == r.plan.everything() {
			r.groups.finish(point)
		}
		res.have[point] |= b.lacks &^ targetRows
		if b.wants(wholePoint) {
			res.setWhole(point, b, i)
		}
		if b.wants(targetRows) {
			r.frames[point] = b.frames[i]
			r.rows += b.frames[i].Rows()
			r.places[point].file = 0 // wherever: it is done
		}
		next := 0
		for k := range r.plan.Metrics {
			if b.lacks>>k&1 == 1 {
				res.values[k].copyFrom(point, b.values[next], i)
				next++
			}
		}
	}
}

// settleTypes gives metrics columns that hold what a block has of them, and what it would have of the others.
func (r *run) settleTypes(b *block) {
	for _, f := range b.distinctFits() {
		for k, m := range f.metrics {
			r.plan.Results.settle(k, m.Type)
		}
	}
	for k, m := range r.plan.Metrics {
		if b.wants(1<<k) && m.builtin != nil {
			r.plan.Results.settle(k, frame.Float64)
		}
	}
}

// setWhole takes over what is known of the i-th point of a block.
func (r *Results) setWhole(point int, b *block, i int) {
	r.rows.setInt(point, b.rows[i])
	r.first.valid[point], r.last.valid[point], r.ruin.valid[point] = false, false, false
	if b.rows[i] > 0 {
		r.first.setInt(point, b.first[i])
		r.last.setInt(point, b.last[i])
	}
	if b.ruins[i] != never {
		r.ruin.setInt(point, b.ruins[i])
	}
	delete(r.warnings, point)
	if b.warnings[i] != "" {
		r.warnings[point] = b.warnings[i]
	}
}

// commit writes what is pending as chunks, one a set of columns, the target's rows before the points that need them.
func (r *run) commit(ctx context.Context) error {
	if err := r.commitTarget(ctx); err != nil {
		return err
	}
	sets := make([]uint64, 0, len(r.pending))
	for set := range r.pending {
		sets = append(sets, set)
	}
	slices.Sort(sets)
	r.groups.forget()
	for _, set := range sets {
		points := r.pending[set]
		metrics := set & allBits(len(r.plan.Metrics))
		if set&wholePoint != 0 || metrics != 0 {
			if _, err := r.commitPoints(ctx, points, set&wholePoint != 0, metrics); err != nil {
				return err
			}
		}
		delete(r.pending, set)
		r.waiting -= len(points)
	}
	r.committed = time.Now()
	if len(r.failed) > 0 {
		return r.writeFailures(ctx)
	}
	return nil
}

// commitPoints commits points as one chunk and returns its name.
func (r *run) commitPoints(ctx context.Context, points []int, whole bool, metrics uint64) (string, error) {
	slices.Sort(points)
	number, err := nextNumber(r.plan.Dir, chunkPrefix)
	if err != nil {
		return "", err
	}
	res := r.plan.Results
	meta := fileMeta{Metrics: res.storedMetrics(metrics, points), Sources: r.plan.sources}
	name := fmt.Sprintf("%s%06d%s", chunkPrefix, number, extension)
	return name, lake.WriteFile(ctx, r.plan.Dir, name, func(w io.Writer) error {
		return r.plan.encodePoints(ctx, w, points, whole, metrics, meta, nil)
	})
}

func (r *run) commitTarget(ctx context.Context) error {
	if len(r.frames) == 0 {
		return nil
	}
	meta := fileMeta{Format: formatVersion, Sources: r.plan.sources}
	points := make([]int, 0, len(r.frames))
	for point := range r.frames {
		points = append(points, point)
	}
	slices.Sort(points)
	floats := map[string]bool{}
	for _, f := range r.frames {
		for _, name := range columnsOfType(f.Schema(), frame.Float64) {
			floats[name] = true
		}
	}
	for _, point := range points {
		f := r.frames[point]
		meta.Points = append(meta.Points, r.plan.storedPoint(point, f.Rows(), columnsOfType(f.Schema(), frame.Int64), floats))
	}
	number, err := nextNumber(r.plan.Dir, targetChunkPrefix)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s%06d%s", targetChunkPrefix, number, extension)
	err = r.plan.writeTarget(ctx, name, points, meta, floats, func(point int) (duck.Table, error) { return duck.TableOf(r.frames[point]), nil })
	if err != nil {
		return err
	}
	clear(r.frames)
	r.rows = 0
	return nil
}

// finish gives the folder its final shape, if it hasn't it.
func (r *run) finish(ctx context.Context) error {
	computed := r.done > len(r.failed)
	if err := r.finishTarget(ctx, computed); err != nil {
		return err
	}
	if computed || !r.plan.tidy() {
		if err := r.plan.compact(ctx, computed, r.groups.written); err != nil {
			return err
		}
	}
	if len(r.failed) > 0 {
		return r.writeFailures(ctx)
	}
	return remove(r.plan.Dir, failedName)
}

// finishTarget compacts the target's rows where they were asked for, and removes stale ones. Rows that were stored
// before and aren't asked for now stay as they are.
func (r *run) finishTarget(ctx context.Context, computed bool) error {
	if err := r.commitTarget(ctx); err != nil {
		return err
	}
	if !r.options.StoreTarget {
		return remove(r.plan.Dir, r.plan.staleTarget...)
	}
	if !computed && r.plan.targetTidy() {
		return nil
	}
	var err error
	if r.plan.target, err = r.plan.loadTarget(); err != nil {
		return err
	}
	return r.plan.compactTarget(ctx, computed)
}

// report calls Options.Progress, not too often.
func (r *run) report(last bool) {
	const every = 100 * time.Millisecond
	if r.options.Progress == nil || !last && time.Since(r.reported) < every {
		return
	}
	r.reported = time.Now()
	p := Progress{Done: r.done, Total: r.total, Failed: len(r.failed)}
	if spent := time.Since(r.begin).Seconds(); spent > 0 && r.done > 0 {
		p.Rate = float64(r.done) / spent
		p.Left = time.Duration(float64(r.total-r.done) / p.Rate * float64(time.Second))
	}
	r.options.Progress(p)
}
