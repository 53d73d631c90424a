package lake

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"path/filepath"

	"github.com/tdlake/tdlake/frame"
)

func compareTimes(a, b int64) int { return cmp.Compare(a, b) }

// fetch writes the rows of a gap as parts, as they come.
func (r *stepRun) fetch(ctx context.Context, gap Span) (parts []Part, err error) {
	v, err := r.plan.open(ctx)
	if err != nil {
		return nil, err
	}
	w := &gapWriter{run: r, gap: gap, by: r.by}
	defer func() { w.abort() }()
	check := viewCheck{schema: r.schema, span: gap}
	for f, err := range v.Rows(ctx, r.table, gap.Start, gap.End) {
		if err != nil {
			return nil, err
		}
		if f.Rows() == 0 {
			continue
		}
		if err := check.next(f); err != nil {
			return nil, &DataError{r.node.Name, err}
		}
		if err := w.add(ctx, f); err != nil {
			return nil, err
		}
		r.fetched += int64(f.Rows())
		r.inside += int64(f.Between(r.d.span.Start, r.d.span.End).Rows())
		times := f.Times()
		r.progress(r.fetched, times[len(times)-1], false)
	}
	if err := ctx.Err(); err != nil {
		return nil, err // a view may end where it should have said so
	}
	parts, err = w.close(ctx)
	if err == nil && len(parts) > 0 {
		r.by = w.by
	}
	return parts, err
}

// gapWriter cuts a gap's rows into parts. Where the node has no partitioning yet it begins by year, and turns to months when a
// year has more rows than perYear: the rows so far are read again from the parts, so the choice is a function of the rows.
type gapWriter struct {
	run *stepRun
	gap Span
	by  Partitioning // "" until there are rows

	cutter *cutter
	choose bool  // by is not settled
	year   int64 // the year that is being counted
	rows   int64 // of that year
}

func (w *gapWriter) add(ctx context.Context, f *frame.Frame) error {
	if w.cutter == nil {
		w.choose = w.by == ""
		if w.choose {
			w.by = ByYear
		}
		w.open()
	}
	if w.choose && w.tooMany(f) {
		w.choose = false
		if err := w.toMonths(ctx); err != nil {
			return err
		}
	}
	return w.cutter.add(ctx, f)
}

func (w *gapWriter) open() {
	w.cutter = newCutter(w.run.d.fs, w.run.d.NodeDir(w.run.node.ID()), w.run.schema, w.by, w.gap)
}

// tooMany counts rows by year.
func (w *gapWriter) tooMany(f *frame.Frame) bool {
	for f.Rows() > 0 {
		year := ByYear.span(f.Times()[0])
		if year.Start != w.year {
			w.year, w.rows = year.Start, 0
		}
		n := f.Between(beginning, year.End).Rows()
		f = f.Slice(n, f.Rows())
		if w.rows += int64(n); w.rows > w.run.d.perYear {
			return true
		}
	}
	return false
}

// toMonths cuts anew, by month, what was cut by year.
func (w *gapWriter) toMonths(ctx context.Context) error {
	years, err := w.cutter.close(ctx)
	if err != nil {
		return err
	}
	d := w.run.d
	old, err := newManifest(w.run.node, FromDatabase, w.run.schema, ByYear)
	if err != nil {
		return err
	}
	old.Parts = years
	w.by = ByMonth
	w.open()
	for _, part := range years {
		if err := w.copy(ctx, old, part); err != nil {
			return err
		}
		path := d.partPath(old, part)
		if err := d.fs.RemoveAll(path); err != nil {
			return &WriteError{path, err}
		}
		removeIfEmpty(filepath.Dir(path))
	}
	return nil
}

func (w *gapWriter) copy(ctx context.Context, m *Manifest, part Part) error {
	r, err := w.run.d.newReading(m, nil)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.add(ctx, part.Span.Start, part.Span.End, w.run.d.parts(m, part.Span)...); err != nil {
		return err
	}
	for f, err := range r.each(ctx) {
		if err != nil {
			return err
		}
		if err := w.cutter.add(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (w *gapWriter) close(ctx context.Context) ([]Part, error) {
	if w.cutter == nil {
		return nil, nil
	}
	return w.cutter.close(ctx)
}

// abort ends the cutter's goroutine, whatever happened.
func (w *gapWriter) abort() {
	if w.cutter != nil {
		w.cutter.abort()
	}
}

// viewCheck holds a view to its promise: rows of the columns it named, within the range that was asked for, ascending
// strictly by the key across batches.
type viewCheck struct {
	schema frame.Schema
	span   Span
	last   *frame.Frame // the last row so far
}

func (c *viewCheck) next(f *frame.Frame) error {
	if !f.Schema().Equal(c.schema) {
		return fmt.Errorf("rows came with the columns (%s), not (%s)", f.Schema(), c.schema)
	}
	if err := f.CheckOrder(); err != nil {
		return err
	}
	if c.last != nil && frame.Compare(c.last, 0, f, 0) >= 0 {
		seam, err := frame.Concat(c.last, f.Slice(0, 1))
		if err != nil {
			return err
		}
		return seam.CheckOrder()
	}
	times := f.Times()
	first, last := times[0], times[len(times)-1]
	if first < max(c.span.Start, minTime) || last >= min(c.span.End, maxTime) {
		return fmt.Errorf("rows from %s to %s came where %s was asked for", showTime(first), showTime(last), c.span)
	}
	c.last = f.Slice(len(times)-1, len(times))
	return nil
}

// fetchBefore stores the as-of rows before a time. Where there are none the history begins there, which is worth knowing: then
// all before is covered, and no file is needed to say so.
func (r *stepRun) fetchBefore(ctx context.Context, at int64) error {
	v, err := r.plan.open(ctx)
	if err != nil {
		return err
	}
	f, err := v.Before(ctx, r.table, at)
	if err != nil {
		return err
	}
	if f == nil || f.Rows() == 0 {
		r.since = r.since || at == r.covered().start()
		return nil
	}
	check := viewCheck{schema: r.schema, span: Span{beginning, at}}
	if err := check.next(f); err != nil {
		return &DataError{r.node.Name, fmt.Errorf("the last rows before %s: %w", showTime(at), err)}
	}
	b := Before{Name: stamp(at) + parquetExt, At: at, Rows: int64(f.Rows())}
	if b.Bytes, b.SHA256, err = writeFrame(r.d.fs, r.d.beforeDir(r.node.ID()), b.Name, f); err != nil {
		return err
	}
	r.before = append(r.before, b)
	return ctx.Err()
}

// checkRows refuses a node without rows: without any, or, where its times are what something is computed at, without any in
// the date range.
func (r *stepRun) checkRows(ctx context.Context, m *Manifest) error {
	if !r.plan.grids[r.node.Hash] {
		if m.Rows > 0 || len(m.Before) > 0 {
			return nil
		}
		return r.empty(ctx, "before "+showTime(r.want.End))
	}
	if r.inside > 0 {
		return nil
	}
	n, err := r.d.distinct(ctx, m, r.d.span)
	if err != nil || n > 0 {
		return err
	}
	return r.empty(ctx, "from "+r.d.span.String())
}

// empty says that a table has no rows where they are needed, and where it has some.
func (r *stepRun) empty(ctx context.Context, asked string) error {
	e := &EmptyError{Node: r.node.Name, Table: r.table.Name, Where: asked}
	if e.Table == "" {
		e.Table = "its query"
	}
	v, err := r.plan.open(ctx)
	if err != nil {
		return err
	}
	at, short, err := v.Back(ctx, r.table, r.d.span.Start, 1)
	if err != nil {
		return err
	}
	if !short {
		e.Where += "; the last one is at " + showTime(at)
		return e
	}
	for f, err := range v.Rows(ctx, r.table, r.d.span.End, math.MaxInt64) {
		if err != nil {
			return err
		}
		if f.Rows() > 0 {
			e.Where += "; the first one is at " + showTime(f.Times()[0])
			return e
		}
	}
	e.Where += ", nor any others"
	return e
}
