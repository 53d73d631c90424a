package sweeps

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/lanes"
)

// worker evaluates points, one after the other.
type worker struct {
	*run
	at     *tracker
	reader SeriesReader // nil: the engine has none
	node   graph.Node   // of the point, for the reader: filled again for the next
	sum    Summary      // likewise
	direct bool         // points may be read directly: the target's columns are checked
}

func (r *run) newWorker() *worker {
	w := &worker{run: r, at: newTracker(r.plan.Space, r.plan.targets)}
	if e, ok := r.engine.(SeriesEngine); ok {
		w.reader = e.NewSeries()
	}
	return w
}

// work does a piece, in one block or several.
func (w *worker) work(ctx context.Context, p piece, blocks chan<- *block) error {
	for rest := p.points; len(rest) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, left, err := w.evaluate(ctx, p.set, rest)
		if err != nil {
			return err
		}
		blocks <- b // it is always received, so nothing finished is lost
		rest = left
	}
	return nil
}

// evaluate does the first points of a block, as many as fit the time a worker may keep to itself, at least one, and
// returns them as a block and the rest.
func (w *worker) evaluate(ctx context.Context, lacks uint64, points []int) (*block, []int, error) {
	begin := time.Now()
	b := &block{lacks: lacks}
	built, written := w.metricsOf(lacks)
	n := len(points)
	b.rows, b.first, b.last, b.ruins = make([]int64, n), make([]int64, n), make([]int64, n), slices.Repeat([]int64{never}, n)
	b.errs, b.warnings, b.frames, b.fits = make([]error, n), make([]string, n), make([]*frame.Frame, n), make([]*fit, n)
	for range built {
		b.values = append(b.values, newColumn(frame.Float64, n))
	}
	keep := len(written) > 0 || b.wants(targetRows)
	for i, point := range points {
		if w.looksAtClock(i, keep) && time.Since(begin) > blockTime {
			n = i
			break
		}
		err := w.one(ctx, b, i, point, built, keep)
		if err == nil {
			continue
		}
		if fatal(ctx, err) || w.problems() != nil {
			return nil, nil, err
		}
		b.errs[i] = err
	}
	b.points = points[:n]
	if len(written) > 0 {
		if err := w.querySQL(ctx, b, written); err != nil {
			return nil, nil, err
		}
	}
	b.values = w.inOrder(lacks, b.values, len(built))
	if !b.wants(targetRows) {
		b.frames = nil // not kept longer than need be
	}
	return b, points[n:], nil
}

// looksAtClock reports whether it is time to see how late it is before the i-th point. Points that are read directly take less time than the clock
// of some machines does, so it is asked before every eighth.
func (w *worker) looksAtClock(i int, keep bool) bool { return i%8 == 7 || i > 0 && (keep || !w.direct) }

// one evaluates a point: its rows, its times, its built-in metrics. With keep its rows are needed further on.
func (w *worker) one(ctx context.Context, b *block, i, point int, built []*Metric, keep bool) error {
	if _, _, err := w.at.to(point); err != nil {
		return err
	}
	var series Series
	var times []int64
	ok, err := false, error(nil)
	if !keep && w.readsDirectly() {
		w.at.cursor.Fill(&w.node, w.plan.ids.hashes[point])
		if series, times, ok, err = w.reader.Read(ctx, &w.node); ok {
			b.warnings[i] = w.reader.Warning()
		}
	}
	if err == nil && !ok {
		series, times, err = w.eval(ctx, b, i, point, len(built) > 0 || b.wants(wholePoint))
	}
	if err != nil {
		return err
	}
	if n := len(times); n > 0 {
		b.rows[i], b.first[i], b.last[i] = int64(n), times[0], times[n-1]
	}
	ruin := -1
	switch {
	case len(built) > 0:
		w.sum = Summarize(series, len(times))
		ruin = w.sum.Ruin
	case lanes.Deepest(series.Portfolio) <= 0:
		ruin = series.ruin()
	}
	if ruin >= 0 {
		b.ruins[i] = times[ruin]
		b.warnings[i] = addWarning(b.warnings[i], compute.RuinWarning(times[ruin]))
	}
	for k, m := range built {
		b.values[k].floats[i] = finite(m.builtin.value(&w.sum, m.PeriodsPerYear))
	}
	return nil
}

// addWarning adds one that isn't among them.
func addWarning(all, text string) string {
	switch {
	case all == "":
		return text
	case strings.Contains(all, text):
		return all
	}
	return all + "; " + text
}

// readsDirectly reports whether the engine may read points as plain series. The first point of a run goes the long way: its columns are checked.
func (w *worker) readsDirectly() bool {
	w.direct = w.direct || w.reader != nil && w.isChecked()
	return w.direct
}

// eval goes the long way, by a frame, which it leaves in the block.
func (w *worker) eval(ctx context.Context, b *block, i, point int, wantSeries bool) (series Series, times []int64, err error) {
	res, err := w.engine.Eval(ctx, w.lasting(point))
	if err != nil {
		return series, nil, err
	}
	f := res.Frame()
	if b.fits[i], err = w.check(ctx, f.Schema()); err != nil {
		return series, nil, err
	}
	b.frames[i] = f
	if wantSeries {
		series = seriesOf(f)
	}
	if warner, ok := res.(Warner); ok {
		b.warnings[i] = warner.Warning()
	}
	return series, f.Times(), nil
}

// lasting returns the target of the point that the worker is at, for whoever may keep it.
func (w *worker) lasting(point int) *graph.Node {
	if !w.plan.targets.Alike() {
		return w.plan.Node(point)
	}
	n := &graph.Node{}
	w.at.cursor.Fill(n, w.plan.ids.hashes[point])
	return n
}
