package laketest

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// view is a database as it was when the view began.
type view struct {
	db     *Database
	tables map[string]*frame.Frame
	closed bool
}

// table returns the rows that a table description asks for. Renames and queries are beyond this package.
func (v *view) table(t graph.Table) (*frame.Frame, error) {
	f, ok := v.tables[t.Name]
	if !ok {
		return nil, fmt.Errorf("%s: no table %q", v.db.name, t.Name)
	}
	if !slices.Equal(f.Schema().KeyNames(), t.Key) {
		return nil, fmt.Errorf("%s: table %q has the key %v, not %v", v.db.name, t.Name, f.Schema().KeyNames(), t.Key)
	}
	if t.Columns != nil {
		var err error
		if f, err = f.Select(t.Columns...); err != nil {
			return nil, fmt.Errorf("%s: table %q: %w", v.db.name, t.Name, err)
		}
	}
	if len(t.Identifiers) == 0 {
		return f, nil
	}
	var rows []int
	ids := f.Named(frame.UniqueIdentifier).(*array.String)
	for i := range f.Rows() {
		if slices.Contains(t.Identifiers, ids.Value(i)) {
			rows = append(rows, i)
		}
	}
	return f.Take(rows), nil
}

// ask is table, unless the test wants an error.
func (v *view) ask(ctx context.Context, method string, t graph.Table) (*frame.Frame, error) {
	if v.closed {
		return nil, fmt.Errorf("%s: the view is closed", v.db.name)
	}
	if err := v.db.ask(ctx, Call{Method: method, Table: t.Name}); err != nil {
		return nil, err
	}
	return v.table(t)
}

// Schema implements lake.View.
func (v *view) Schema(ctx context.Context, t graph.Table) (frame.Schema, error) {
	f, err := v.ask(ctx, "Schema", t)
	if err != nil {
		return frame.Schema{}, err
	}
	return f.Schema(), nil
}

// Back implements lake.View.
func (v *view) Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error) {
	f, err := v.ask(ctx, "Back", t)
	if err != nil {
		return 0, false, err
	}
	at = before
	times := f.Between(graph.Beginning, before).Times()
	for i := len(times) - 1; i >= 0 && n > 0; i-- {
		if times[i] != at {
			at = times[i]
			n--
		}
	}
	return at, n > 0, nil
}

// Rows implements lake.View.
func (v *view) Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		f, err := v.ask(ctx, "Schema", t)
		if err != nil {
			yield(nil, err)
			return
		}
		f = f.Between(from, to)
		for at := 0; at < f.Rows(); {
			if err := v.db.ask(ctx, Call{"Rows", t.Name, at}); err != nil {
				yield(nil, err)
				return
			}
			end := min(at+v.batch(f.Rows()-at), f.Rows())
			if !yield(f.Slice(at, end), nil) {
				return
			}
			at = end
		}
	}
}

func (v *view) batch(left int) int {
	if v.db.Batch == nil {
		return 1000
	}
	return max(v.db.Batch(left), 1)
}

// At implements lake.View.
func (v *view) At(ctx context.Context, t graph.Table, times []int64) (*frame.Frame, error) {
	f, err := v.ask(ctx, "At", t)
	if err != nil {
		return nil, err
	}
	var rows []int
	for i, at := range f.Times() {
		if slices.Contains(times, at) {
			rows = append(rows, i)
		}
	}
	return f.Take(rows), nil
}

// Before implements lake.View.
func (v *view) Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error) {
	f, err := v.ask(ctx, "Before", t)
	if err != nil {
		return nil, err
	}
	return lake.AsOf(f.Between(graph.Beginning, at)), nil
}

// Own implements lake.View.
func (v *view) Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error) {
	f, err := v.ask(ctx, "Own", t)
	if err != nil {
		return nil, err
	}
	return graph.TailsOf(f.Between(graph.Beginning, end), from, n), nil
}

// Hold implements lake.View: nobody else has the tables.
func (v *view) Hold(ctx context.Context, tables []graph.Table) error { return ctx.Err() }

// Warnings implements lake.View.
func (v *view) Warnings() []string { return v.db.Say }

// Close implements lake.View.
func (v *view) Close() error {
	if !v.closed {
		v.closed = true
		v.db.mu.Lock()
		v.db.open--
		v.db.mu.Unlock()
	}
	return nil
}
