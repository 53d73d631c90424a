package duck

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/frame"
)

// Filter returns the rows of f for which a condition over its columns holds, in their order. Rows for which it is
// missing are left out. The condition is one SQL expression about each row alone (see CheckRow).
func (d *DB) Filter(ctx context.Context, f *frame.Frame, where string) (*frame.Frame, error) {
	keep, err := d.Evaluate(ctx, TableOf(f), where)
	if err != nil {
		return nil, err
	}
	return pick(f, keep)
}

// pick returns the rows that are to be kept.
func pick(f *frame.Frame, keep []bool) (*frame.Frame, error) {
	var parts []*frame.Frame
	for i := 0; i < len(keep); i++ {
		if !keep[i] {
			continue
		}
		from := i
		for i < len(keep) && keep[i] {
			i++
		}
		parts = append(parts, f.Slice(from, i))
	}
	if len(parts) == 0 {
		return f.Slice(0, 0), nil
	}
	return frame.Concat(parts...)
}

// Evaluate returns, for each row of t, whether a condition over its columns holds; missing counts as no.
func (d *DB) Evaluate(ctx context.Context, t Table, where string) ([]bool, error) {
	if err := d.CheckRow(ctx, where); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("tdlake rows %d", d.unique.Add(1))
	if err := d.RegisterTable(name, t); err != nil {
		return nil, err
	}
	defer d.Unregister(name)
	rows, err := d.Query(ctx, fmt.Sprintf("select coalesce(cast((%s\n) as boolean), false) from %s", where, Quote(name)), Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if len(rows.Columns()) != 1 {
		return nil, &RefusedError{"a condition gives one answer a row; this one is about several columns at once", "name them one by one, with and or or between"}
	}
	keep := make([]bool, 0, t.Rows())
	for rows.Next() {
		c := rows.Table().Columns[0].(*array.Boolean)
		for i := range c.Len() {
			keep = append(keep, c.Value(i))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(keep) != t.Rows() {
		return nil, &RefusedError{"a condition gives one answer a row; this one has another number of them", ""}
	}
	return keep, nil
}
