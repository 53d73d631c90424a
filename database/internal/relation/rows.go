package relation

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Rows returns a node's rows with from <= time_index < to in batches, strictly ascending by the key. The first error ends
// it.
func (v *View) Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		p, err := v.plan(ctx, t)
		if err != nil {
			yield(nil, err)
			return
		}
		if err := p.read(ctx, from, to, yield); err != nil {
			yield(nil, p.fault(err))
		}
	}
}

// read yields batches; an error is still to be yielded.
func (p *plan) read(ctx context.Context, from, to int64, yield func(*frame.Frame, error) bool) error {
	if err := p.checkKeys(ctx, from, to); err != nil {
		return err
	}
	rows, err := p.db.Query(ctx, p.selectRows(from, to), duck.Refuse)
	if err != nil {
		return err
	}
	defer rows.Close()
	var last *frame.Frame // one row
	for f, err := range rows.Frames(p.table.Key) {
		if err == nil {
			err = ascending(last, f)
		}
		if err != nil {
			return err
		}
		p.sayNaive(f)
		if !yield(f, nil) {
			return nil
		}
		last = f.Slice(f.Rows()-1, f.Rows())
	}
	p.view.warnings.add(p.label, rows.Notes())
	return p.view.catalog.Check()
}

// ascending checks the order of a batch, and that it goes on after the last row of the one before.
func ascending(last, f *frame.Frame) error {
	if err := f.CheckOrder(); err != nil || last == nil {
		return err
	}
	seam, err := frame.Concat(last, f.Slice(0, 1))
	if err != nil {
		return err
	}
	return seam.CheckOrder()
}

// checkKeys refuses rows without a whole key, those without a time wherever they are: they are in no range.
func (p *plan) checkKeys(ctx context.Context, from, to int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lacking == nil {
		all, err := p.countLacking(ctx, beginning, end)
		if err != nil {
			return err
		}
		p.lacking = all
	}
	counts, err := p.lacking, error(nil)
	if counts[0] == 0 && slices.Max(counts) > 0 {
		if counts, err = p.countLacking(ctx, from, to); err != nil {
			return err
		}
	}
	return p.refuseLacking(counts)
}

// countLacking counts the rows of a range that have no value of each column of the key.
func (p *plan) countLacking(ctx context.Context, from, to int64) (all []int64, err error) {
	var counts []string
	for _, c := range p.columns[:p.schema.Key] {
		counts = append(counts, fmt.Sprintf("count(*) filter (where %s is null)", c.ref()))
	}
	rows, err := p.db.Query(ctx, fmt.Sprintf("select %s from %s%s", strings.Join(counts, ", "), p.from, p.where(from, to)), duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		for _, c := range rows.Table().Columns {
			all = append(all, c.(*array.Int64).Value(0))
		}
	}
	return all, rows.Err()
}

func (p *plan) refuseLacking(counts []int64) error {
	for i, n := range counts {
		if n > 0 {
			return p.data("leave them out with a query, or complete them", "%d rows have no %q, which is in the key", n, p.columns[i].Name)
		}
	}
	return nil
}

// At returns a node's rows at some times, sorted by the key.
func (v *View) At(ctx context.Context, t graph.Table, times []int64) (*frame.Frame, error) {
	p, err := v.plan(ctx, t)
	if err != nil {
		return nil, err
	}
	if len(times) == 0 {
		return frame.Empty(p.schema), nil
	}
	return p.frame(ctx, p.selectWhere(p.whereAt(times)))
}

// Before returns the rows that stand for the time before `at`: see selectBefore. They are sorted by the key.
func (v *View) Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error) {
	p, err := v.plan(ctx, t)
	if err != nil {
		return nil, err
	}
	return p.frame(ctx, p.selectBefore(at))
}

// frame returns the rows of a query of the plan's columns, which are few. What lacks the rest of its key is nobody's last row.
func (p *plan) frame(ctx context.Context, sql string) (*frame.Frame, error) {
	if err := p.checkKeys(ctx, 0, 0); err != nil {
		return nil, p.fault(err)
	}
	f, _, err := p.db.QueryFrame(ctx, sql, p.table.Key)
	if err == nil {
		err = p.view.catalog.Check()
	}
	if err != nil {
		return nil, p.fault(err)
	}
	return f, nil
}
