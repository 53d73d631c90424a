package frame

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Builder gathers rows, column by column: append one value or one missing value to each column, row after row.
// It is not safe for concurrent use.
type Builder struct {
	schema     Schema
	cols       []array.Builder
	infinities int
}

// NewBuilder returns an empty builder. The schema must be valid.
func NewBuilder(schema Schema) *Builder {
	b := &Builder{schema: schema, cols: make([]array.Builder, len(schema.Fields))}
	for i, f := range schema.Fields {
		b.cols[i] = array.NewBuilder(allocator, f.Type.Arrow())
	}
	return b
}

// Float appends to a float column; NaN and infinities become missing values.
func (b *Builder) Float(col int, v float64) {
	c := b.cols[col].(*array.Float64Builder)
	if math.IsInf(v, 0) {
		b.infinities++
		v = math.NaN()
	}
	// The NaN is stored under the null: see the package's invariant.
	c.AppendValues([]float64{v}, []bool{v == v})
}

// Int appends to an int column.
func (b *Builder) Int(col int, v int64) { b.cols[col].(*array.Int64Builder).Append(v) }

// Bool appends to a bool column.
func (b *Builder) Bool(col int, v bool) { b.cols[col].(*array.BooleanBuilder).Append(v) }

// String appends to a string column.
func (b *Builder) String(col int, v string) { b.cols[col].(*array.StringBuilder).Append(v) }

// Bytes appends UTF-8 bytes to a string column, without making a string of them.
func (b *Builder) Bytes(col int, v []byte) {
	b.cols[col].(*array.StringBuilder).BinaryBuilder.Append(v)
}

// Time appends to a timestamp column: microseconds since the epoch.
func (b *Builder) Time(col int, us int64) {
	b.cols[col].(*array.TimestampBuilder).Append(arrow.Timestamp(us))
}

// Date appends to a date column: days since the epoch.
func (b *Builder) Date(col int, days int32) {
	b.cols[col].(*array.Date32Builder).Append(arrow.Date32(days))
}

// Missing appends a missing value to any column.
func (b *Builder) Missing(col int) {
	if b.schema.Fields[col].Type == Float64 {
		b.Float(col, math.NaN())
		return
	}
	b.cols[col].AppendNull()
}

// Rows returns the number of rows that are complete so far: the last column's length.
func (b *Builder) Rows() int { return b.cols[len(b.cols)-1].Len() }

// Infinities returns how many infinities became missing values since the builder was made.
func (b *Builder) Infinities() int { return b.infinities }

// Frame returns what was gathered and empties the builder for the next rows. It panics where columns differ in length;
// a missing value in a key is for the caller to refuse: use Take where that can happen.
func (b *Builder) Frame() *Frame { return must(b.Take()) }

// Take is Frame with an error instead of a panic.
func (b *Builder) Take() (*Frame, error) {
	cols := make([]arrow.Array, len(b.cols))
	for i, c := range b.cols {
		cols[i] = c.NewArray()
	}
	f, err := New(b.schema, cols)
	if err != nil {
		return nil, fmt.Errorf("building a frame: %w", err)
	}
	return f, nil
}

// copier returns a function that appends row i of src to column col.
func (b *Builder) copier(col int, src arrow.Array) func(i int) {
	copyValue := func(int) {}
	switch c := src.(type) {
	case *array.Float64:
		return func(i int) { b.Float(col, c.Value(i)) }
	case *array.Timestamp:
		copyValue = func(i int) { b.Time(col, int64(c.Value(i))) }
	case *array.Int64:
		copyValue = func(i int) { b.Int(col, c.Value(i)) }
	case *array.String:
		copyValue = func(i int) { b.String(col, c.Value(i)) }
	case *array.Date32:
		copyValue = func(i int) { b.Date(col, int32(c.Value(i))) }
	case *array.Boolean:
		copyValue = func(i int) { b.Bool(col, c.Value(i)) }
	}
	return func(i int) {
		if src.IsNull(i) {
			b.Missing(col)
			return
		}
		copyValue(i)
	}
}
