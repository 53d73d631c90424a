package duck

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/frame"
)

// QueryFrame runs one statement and returns its rows as a frame with the given key, sorted by it, the key's columns
// first, and what values lost on the way. A date that stands for time_index becomes midnight UTC. A missing value in the
// key and duplicate keys (*frame.DuplicateError) are errors.
func (d *DB) QueryFrame(ctx context.Context, sql string, key []string) (*frame.Frame, []Note, error) {
	return queryFrame(ctx, d, sql, key)
}

func queryFrame(ctx context.Context, s Session, sql string, key []string) (*frame.Frame, []Note, error) {
	rows, err := s.Query(ctx, sql, Refuse)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	var all []*frame.Frame
	for f, err := range rows.Frames(key) {
		if err != nil {
			return nil, nil, err
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		s, _, err := frameSchema(rows.columns, key)
		if err != nil {
			return nil, nil, err
		}
		return frame.Empty(s), rows.Notes(), nil
	}
	f, err := frame.Concat(all...)
	if err != nil {
		return nil, nil, err
	}
	f, err = f.Sorted()
	return f, rows.Notes(), err
}

// Frames returns the batches as frames with the given key, the key's columns first. Rows come as the query orders
// them; nothing checks that order. The first error ends it.
func (r *Rows) Frames(key []string) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		schema, order, err := frameSchema(r.columns, key)
		if err != nil {
			yield(nil, err)
			return
		}
		for r.Next() {
			f, err := toFrame(r.batch, schema, order)
			if !yield(f, err) || err != nil {
				return
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
	}
}

// FrameSchema returns the schema that a frame of these columns has with the given key.
func FrameSchema(columns []Column, key []string) (frame.Schema, error) {
	s, _, err := frameSchema(columns, key)
	return s, err
}

// frameSchema also returns which column stands at each place.
func frameSchema(columns []Column, key []string) (s frame.Schema, order []int, err error) {
	s.Key = len(key)
	for _, k := range key {
		i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == k })
		if j := slices.IndexFunc(columns, func(c Column) bool { return strings.EqualFold(c.Name, k) }); i < 0 && j >= 0 {
			return s, nil, fmt.Errorf("the result has no column %q, which is in the key, but %q: write it as the key has it", k, columns[j].Name)
		}
		if i < 0 {
			return s, nil, fmt.Errorf("the result has no column %q, which is in the key", k)
		}
		order = append(order, i)
	}
	for i := range columns {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	for k, i := range order {
		c := columns[i]
		if c.Type == 0 {
			return s, nil, &TypeError{c.Name, c.SQL}
		}
		if k == 0 && c.Type == frame.Date {
			c.Type = frame.Timestamp
		}
		s.Fields = append(s.Fields, frame.Field{Name: c.Name, Type: c.Type})
	}
	return s, order, s.Check()
}

func toFrame(t Table, s frame.Schema, order []int) (*frame.Frame, error) {
	cols := make([]arrow.Array, len(order))
	for k, i := range order {
		cols[k] = t.Columns[i]
		if k < s.Key && cols[k].NullN() > 0 {
			return nil, &RefusedError{fmt.Sprintf("column %q is in the key and has missing values, or infinite times", t.Names[i]), "leave such rows out with a query, or complete them"}
		}
	}
	if days, ok := cols[0].(*array.Date32); ok {
		cols[0] = midnights(days)
	}
	return frame.New(s, cols)
}

// midnights returns the times at which days begin, in UTC. No day is missing.
func midnights(days *array.Date32) arrow.Array {
	us := make([]int64, days.Len())
	for i := range us {
		us[i] = int64(days.Value(i)) * 86_400_000_000
	}
	return frame.TimeColumn(us)
}
