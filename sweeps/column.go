package sweeps

import (
	"cmp"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/frame"
)

// column is one value a point, missing until it is set. Whole numbers and times are ints, booleans 0 and 1.
type column struct {
	kind    frame.Type
	floats  []float64 // NaN where missing
	ints    []int64
	strings []string
	valid   []bool // of ints and strings
	whole   []bool // of floats: which are whole numbers by their nature, and in ints; nil where none is. See widen
}

func newColumn(kind frame.Type, n int) *column {
	c := &column{kind: kind}
	switch kind {
	case frame.Float64:
		c.floats = make([]float64, n)
		for i := range c.floats {
			c.floats[i] = math.NaN()
		}
		return c
	case frame.String:
		c.strings = make([]string, n)
	default:
		c.ints = make([]int64, n)
	}
	c.valid = make([]bool, n)
	return c
}

func (c *column) rows() int { return max(len(c.floats), len(c.valid)) }

func (c *column) setInt(i int, v int64) { c.ints[i], c.valid[i] = v, true }

// copyFrom sets row i to row j of another column of the same kind. Whole numbers serve where floats are meant.
func (c *column) copyFrom(i int, o *column, j int) {
	switch c.kind {
	case frame.Float64:
		c.copyNumber(i, o, j)
		return
	case frame.String:
		c.strings[i] = o.strings[j]
	default:
		c.ints[i] = o.ints[j]
	}
	c.valid[i] = o.valid[j]
}

// columnOf reads an Arrow array; whole numbers serve where kind is float.
func columnOf(a arrow.Array, kind frame.Type) (*column, error) {
	c := newColumn(kind, a.Len())
	put := c.setter(a)
	if put == nil {
		return nil, fmt.Errorf("a column is %s, not %s", a.DataType(), kind)
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			put(i)
			if c.valid != nil {
				c.valid[i] = true
			}
		}
	}
	return c, nil
}

func (c *column) setter(a arrow.Array) func(i int) {
	switch a := a.(type) {
	case *array.Float64:
		if c.kind == frame.Float64 {
			return func(i int) { c.floats[i] = a.Value(i) }
		}
	case *array.Int64:
		if c.kind == frame.Float64 {
			return func(i int) { c.floats[i] = float64(a.Value(i)) }
		}
		if c.kind == frame.Int64 {
			return func(i int) { c.ints[i] = a.Value(i) }
		}
	case *array.String:
		if c.kind == frame.String {
			return func(i int) { c.strings[i] = a.Value(i) }
		}
	case *array.Timestamp:
		if c.kind == frame.Timestamp {
			return func(i int) { c.ints[i] = int64(a.Value(i)) }
		}
	case *array.Date32:
		if c.kind == frame.Date {
			return func(i int) { c.ints[i] = int64(a.Value(i)) }
		}
	case *array.Boolean:
		if c.kind == frame.Bool {
			return func(i int) {
				if a.Value(i) {
					c.ints[i] = 1
				}
			}
		}
	}
	return nil
}

// at returns a row as int64, float64, string or bool, nil where missing. Times and dates are int64.
func (c *column) at(i int) any {
	switch {
	case c.kind == frame.Float64:
		if math.IsNaN(c.floats[i]) {
			return nil
		}
		return c.floats[i]
	case !c.valid[i]:
		return nil
	case c.kind == frame.String:
		return c.strings[i]
	case c.kind == frame.Bool:
		return c.ints[i] != 0
	}
	return c.ints[i]
}

// arrow returns the given rows as an Arrow array.
func (c *column) arrow(rows []int) arrow.Array {
	if c.kind == frame.Float64 {
		out := make([]float64, len(rows))
		for k, i := range rows {
			out[k] = c.floats[i]
		}
		return frame.FloatColumn(out)
	}
	b := array.NewBuilder(memory.DefaultAllocator, c.kind.Arrow())
	b.Reserve(len(rows))
	for _, i := range rows {
		if !c.valid[i] {
			b.AppendNull()
			continue
		}
		switch b := b.(type) {
		case *array.Int64Builder:
			b.Append(c.ints[i])
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(c.ints[i]))
		case *array.Date32Builder:
			b.Append(arrow.Date32(c.ints[i]))
		case *array.BooleanBuilder:
			b.Append(c.ints[i] != 0)
		case *array.StringBuilder:
			b.Append(c.strings[i])
		}
	}
	return b.NewArray()
}

// compare orders two rows by value; neither is missing.
func (c *column) compare(i, j int) int {
	switch {
	case c.kind == frame.Float64:
		return cmp.Compare(c.floats[i], c.floats[j])
	case c.kind == frame.String:
		return cmp.Compare(c.strings[i], c.strings[j])
	}
	return cmp.Compare(c.ints[i], c.ints[j])
}

// equal reports whether two rows are there and hold the same.
func (c *column) equal(i, j int) bool { return !c.missing(i) && !c.missing(j) && c.compare(i, j) == 0 }

func (c *column) missing(i int) bool {
	if c.kind == frame.Float64 {
		return math.IsNaN(c.floats[i])
	}
	return !c.valid[i]
}
