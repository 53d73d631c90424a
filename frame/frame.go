package frame

import (
	"fmt"
	"math"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Frame is an immutable table in long form. The zero Frame has no columns; make others with New or a Builder.
// A Frame may be shared between goroutines.
type Frame struct {
	schema Schema
	cols   []arrow.Array
	rows   int
}

// New makes a frame of columns that already satisfy the package's invariants: equal lengths, the schema's types, keys
// without nulls, NaN exactly where null. It checks shapes, not values: see CheckOrder for the order of rows.
func New(schema Schema, cols []arrow.Array) (*Frame, error) {
	if err := schema.Check(); err != nil {
		return nil, err
	}
	if len(cols) != len(schema.Fields) {
		return nil, fmt.Errorf("%d columns for %d fields", len(cols), len(schema.Fields))
	}
	f := &Frame{schema: schema, cols: cols, rows: cols[0].Len()}
	for i, c := range cols {
		field := schema.Fields[i]
		if !arrow.TypeEqual(c.DataType(), field.Type.Arrow()) {
			return nil, fmt.Errorf("column %q is %s, not %s", field.Name, c.DataType(), field.Type)
		}
		if c.Len() != f.rows {
			return nil, fmt.Errorf("column %q has %d rows, not %d", field.Name, c.Len(), f.rows)
		}
		if i < schema.Key && c.NullN() > 0 {
			return nil, fmt.Errorf("key column %q has missing values", field.Name)
		}
	}
	return f, nil
}

// must is for columns that this package made itself.
func must(f *Frame, err error) *Frame {
	if err != nil {
		panic("frame: " + err.Error())
	}
	return f
}

// Empty returns a frame without rows.
func Empty(schema Schema) *Frame { return NewBuilder(schema).Frame() }

// Schema returns the frame's columns and key.
func (f *Frame) Schema() Schema { return f.schema }

// Rows returns the number of rows.
func (f *Frame) Rows() int { return f.rows }

// Column returns the i-th column.
func (f *Frame) Column(i int) arrow.Array { return f.cols[i] }

// Named returns the named column, or nil.
func (f *Frame) Named(name string) arrow.Array {
	if i := f.schema.Index(name); i >= 0 {
		return f.cols[i]
	}
	return nil
}

// Times returns time_index in microseconds since the epoch, one a row, not to be written to.
func (f *Frame) Times() []int64 { return timestamps(f.cols[0]) }

func timestamps(a arrow.Array) []int64 {
	return arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.(*array.Timestamp).Values()))
}

// Floats returns a numeric column as floats, NaN where missing. A float column is not copied.
func (f *Frame) Floats(name string) ([]float64, error) {
	switch c := f.Named(name).(type) {
	case nil:
		return nil, fmt.Errorf("no column %q (columns: %s)", name, f.schema)
	case *array.Float64:
		return c.Values(), nil
	case *array.Int64:
		out := make([]float64, c.Len())
		for i := range out {
			out[i] = math.NaN()
			if c.IsValid(i) {
				out[i] = float64(c.Value(i))
			}
		}
		return out, nil
	default:
		return nil, fmt.Errorf("column %q is %s, not a number", name, f.schema.Fields[f.schema.Index(name)].Type)
	}
}

// Identifiers returns the unique_identifier of each row. The frame must have that column.
func (f *Frame) Identifiers() []string {
	c := f.Named(UniqueIdentifier).(*array.String)
	out := make([]string, f.rows)
	for i := range out {
		out[i] = c.Value(i)
	}
	return out
}

// Slice returns rows i to j-1.
func (f *Frame) Slice(i, j int) *Frame {
	if i == 0 && j == f.rows {
		return f
	}
	cols := make([]arrow.Array, len(f.cols))
	for k, c := range f.cols {
		cols[k] = array.NewSlice(c, int64(i), int64(j))
	}
	return &Frame{schema: f.schema, cols: cols, rows: j - i}
}

// Between returns the rows with from <= time_index < to, in microseconds. Rows must be in order.
func (f *Frame) Between(from, to int64) *Frame {
	t := f.Times()
	i := sort.Search(len(t), func(k int) bool { return t[k] >= from })
	j := i + sort.Search(len(t)-i, func(k int) bool { return t[i+k] >= to })
	return f.Slice(i, j)
}

// Select returns the key and the named value columns, in the order named.
func (f *Frame) Select(values ...string) (*Frame, error) {
	s := Schema{Key: f.schema.Key, Fields: append([]Field(nil), f.schema.Fields[:f.schema.Key]...)}
	cols := append([]arrow.Array(nil), f.cols[:f.schema.Key]...)
	for _, name := range values {
		i := f.schema.Index(name)
		if i < 0 {
			return nil, fmt.Errorf("no column %q (columns: %s)", name, f.schema)
		}
		if i < f.schema.Key {
			continue
		}
		s.Fields = append(s.Fields, f.schema.Fields[i])
		cols = append(cols, f.cols[i])
	}
	return New(s, cols)
}

// Record returns the frame as one Arrow record batch, without copying.
func (f *Frame) Record() arrow.RecordBatch {
	return array.NewRecordBatch(f.schema.Arrow(), f.cols, int64(f.rows))
}

// FromRecord makes a frame of a record batch whose columns are already of a lake's types, the key's columns first.
// Values are made canonical: NaN and infinities become nulls (the number of infinities is returned).
func FromRecord(rec arrow.RecordBatch, schema Schema) (*Frame, int, error) {
	cols := make([]arrow.Array, len(schema.Fields))
	infinities := 0
	for i, field := range schema.Fields {
		at := rec.Schema().FieldIndices(field.Name)
		if len(at) != 1 {
			return nil, 0, fmt.Errorf("no column %q", field.Name)
		}
		cols[i] = rec.Column(at[0])
		if c, ok := cols[i].(*array.Float64); ok {
			var n int
			cols[i], n = canonical(c)
			infinities += n
		}
	}
	f, err := New(schema, cols)
	return f, infinities, err
}

// canonical returns c with NaN under every null and null over every NaN and infinity.
func canonical(c *array.Float64) (arrow.Array, int) {
	vals, infinities, clean := c.Values(), 0, true
	for i, v := range vals {
		if c.IsNull(i) != math.IsNaN(v) || math.IsInf(v, 0) {
			clean = false
			break
		}
	}
	if clean {
		return c, 0
	}
	out := make([]float64, len(vals))
	for i, v := range vals {
		switch {
		case c.IsNull(i):
			v = math.NaN()
		case math.IsInf(v, 0):
			infinities++
			v = math.NaN()
		}
		out[i] = v
	}
	return FloatColumn(out), infinities
}

// Concat joins frames of one schema end to end.
func Concat(frames ...*Frame) (*Frame, error) {
	switch len(frames) {
	case 0:
		return nil, fmt.Errorf("nothing to join")
	case 1:
		return frames[0], nil
	}
	out := &Frame{schema: frames[0].schema, cols: make([]arrow.Array, len(frames[0].cols))}
	parts := make([]arrow.Array, len(frames))
	for k := range out.cols {
		for i, f := range frames {
			if !f.schema.Equal(out.schema) {
				return nil, fmt.Errorf("cannot join (%s) to (%s)", f.schema, out.schema)
			}
			parts[i] = f.cols[k]
		}
		c, err := array.Concatenate(parts, allocator)
		if err != nil {
			return nil, err
		}
		out.cols[k] = c
	}
	for _, f := range frames {
		out.rows += f.rows
	}
	return out, nil
}
