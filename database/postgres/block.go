package postgres

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/frame"
)

// A block is rows as they were decoded, column by column. One goroutine fills it and gives it away.
type block struct {
	rows int
	size int // bytes that came over the wire for it
	cols []values
}

// values is one column of a block. Which slice is used follows from its type.
type values struct {
	floats []float64 // float; NaN where missing
	ints   []int64   // int, timestamp in microseconds since 1970, date in days since 1970, bool as 0 and 1
	bytes  []byte    // string: all of them, end to end
	ends   []int32   // string: where each ends; ends[0] is 0
	nulls  []bool    // nil as long as nothing is missing; not kept for floats
}

func newBlock(cols []column, rows int) *block {
	b := &block{cols: make([]values, len(cols))}
	for i, c := range cols {
		switch c.field.Type {
		case frame.Float64:
			b.cols[i].floats = make([]float64, 0, rows)
		case frame.String:
			b.cols[i].ends = append(make([]int32, 0, rows+1), 0)
			b.cols[i].bytes = make([]byte, 0, 8*rows)
		default:
			b.cols[i].ints = make([]int64, 0, rows)
		}
	}
	return b
}

func (b *block) times() []int64 { return b.cols[0].ints }

// missing appends a missing value as row number row.
func (v *values) missing(t frame.Type, row int) {
	switch t {
	case frame.String:
		v.ends = append(v.ends, int32(len(v.bytes)))
	default:
		v.ints = append(v.ints, 0)
	}
	if v.nulls == nil {
		v.nulls = make([]bool, row, max(row, 1024)*2)
	}
	for len(v.nulls) < row {
		v.nulls = append(v.nulls, false)
	}
	v.nulls = append(v.nulls, true)
}

// isNull reports whether the value of a row is missing. Behind the last missing value nulls may be too short.
func (v *values) isNull(row int) bool { return row < len(v.nulls) && v.nulls[row] }

func (v *values) text(row int) []byte { return v.bytes[v.ends[row]:v.ends[row+1]] }

// take returns the rows at the given positions as a column of a frame; a nil order means all rows as they are, whose
// memory the column then shares.
func (v *values) take(t frame.Type, rows int, order []int32) arrow.Array {
	switch t {
	case frame.Float64:
		return frame.FloatColumn(pick(v.floats, order))
	case frame.String:
		return v.takeText(rows, order)
	}
	nums := pick(v.ints, order)
	valid, nulls := v.bitmap(rows, order)
	var data []byte
	switch t {
	case frame.Bool:
		data = make([]byte, bitutil.BytesForBits(int64(rows)))
		for i, n := range nums {
			bitutil.SetBitTo(data, i, n != 0)
		}
	case frame.Date:
		days := make([]int32, rows)
		for i, n := range nums {
			days[i] = int32(n)
		}
		data = arrow.Int32Traits.CastToBytes(days)
	default:
		data = arrow.Int64Traits.CastToBytes(nums)
	}
	return array.MakeFromData(array.NewData(t.Arrow(), rows, []*memory.Buffer{valid, memory.NewBufferBytes(data)}, nil, nulls, 0))
}

func (v *values) takeText(rows int, order []int32) arrow.Array {
	text, ends := v.bytes, v.ends
	if order != nil {
		text, ends = make([]byte, 0, len(v.bytes)), make([]int32, 1, rows+1)
		for _, k := range order {
			text = append(text, v.text(int(k))...)
			ends = append(ends, int32(len(text)))
		}
	}
	valid, nulls := v.bitmap(rows, order)
	return array.MakeFromData(array.NewData(arrow.BinaryTypes.String, rows,
		[]*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(ends)), memory.NewBufferBytes(text)}, nil, nulls, 0))
}

func pick[T any](vals []T, order []int32) []T {
	if order == nil {
		return vals
	}
	out := make([]T, len(order))
	for i, k := range order {
		out[i] = vals[k]
	}
	return out
}

// bitmap is Arrow's validity, nil where nothing is missing.
func (v *values) bitmap(rows int, order []int32) (*memory.Buffer, int) {
	if v.nulls == nil {
		return nil, 0
	}
	bits, nulls := make([]byte, bitutil.BytesForBits(int64(rows))), 0
	for i := range rows {
		row := i
		if order != nil {
			row = int(order[i])
		}
		if v.isNull(row) {
			nulls++
		} else {
			bitutil.SetBit(bits, i)
		}
	}
	return memory.NewBufferBytes(bits), nulls
}

// frame returns the block's rows in an order.
func (b *block) frame(schema frame.Schema, order []int32) (*frame.Frame, error) {
	rows := b.rows
	if order != nil {
		rows = len(order)
	}
	cols := make([]arrow.Array, len(b.cols))
	for i := range b.cols {
		cols[i] = b.cols[i].take(schema.Fields[i].Type, rows, order)
	}
	return frame.New(schema, cols)
}

// cut moves the rows from row on to a new block.
func (b *block) cut(cols []column, row int) *block {
	tail := newBlock(cols, max(b.rows, 1024))
	for i := range b.cols {
		b.cols[i].moveTo(&tail.cols[i], row)
	}
	tail.rows = b.rows - row
	tail.size = b.size / max(b.rows, 1) * tail.rows
	b.rows, b.size = row, b.size-tail.size
	return tail
}

func (v *values) moveTo(to *values, row int) {
	switch {
	case v.floats != nil:
		to.floats = append(to.floats, v.floats[row:]...)
		v.floats = v.floats[:row]
	case v.ends != nil:
		from := v.ends[row]
		to.bytes = append(to.bytes, v.bytes[from:]...)
		for _, e := range v.ends[row+1:] {
			to.ends = append(to.ends, e-from)
		}
		v.bytes, v.ends = v.bytes[:from], v.ends[:row+1]
	default:
		to.ints = append(to.ints, v.ints[row:]...)
		v.ints = v.ints[:row]
	}
	if len(v.nulls) > row {
		to.nulls = append(to.nulls, v.nulls[row:]...)
		v.nulls = v.nulls[:row]
	}
}
