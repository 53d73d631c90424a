package python

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/frame"
)

var allocator = memory.DefaultAllocator

// typeFor says which of a lake's types a column is kept in.
func typeFor(t arrow.DataType) (frame.Type, error) {
	switch t.ID() {
	case arrow.FLOAT64, arrow.FLOAT32, arrow.FLOAT16, arrow.NULL:
		return frame.Float64, nil
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return frame.Int64, nil
	case arrow.BOOL:
		return frame.Bool, nil
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return frame.String, nil
	case arrow.TIMESTAMP:
		return frame.Timestamp, nil
	case arrow.DATE32, arrow.DATE64:
		return frame.Date, nil
	case arrow.DICTIONARY:
		if kind, err := typeFor(t.(*arrow.DictionaryType).ValueType); err == nil && kind == frame.String {
			return kind, nil
		}
	}
	return 0, fmt.Errorf("a lake holds no %s", t)
}

// appendAll appends a column to a builder of the type that typeFor says.
func appendAll(b array.Builder, a arrow.Array) error {
	switch out := b.(type) {
	case *array.Float64Builder:
		return appendFloats(out, a)
	case *array.Int64Builder:
		return appendInts(out, a)
	case *array.BooleanBuilder:
		return each(out, a, func(i int) error { out.Append(a.(*array.Boolean).Value(i)); return nil })
	case *array.StringBuilder:
		return appendStrings(out, a)
	case *array.TimestampBuilder:
		return appendTimes(out, a)
	case *array.Date32Builder:
		return appendDates(out, a)
	}
	return fmt.Errorf("no way to read %s", a.DataType())
}

// each calls value for every row that has one.
func each(b array.Builder, a arrow.Array, value func(i int) error) error {
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
		} else if err := value(i); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

// appendFloats leaves a NaN under each null, as frames want it; NaN and infinities are left to frame.FromRecord.
func appendFloats(out *array.Float64Builder, a arrow.Array) error {
	var value func(i int) float64
	switch c := a.(type) {
	case *array.Float64:
		value = c.Value
	case *array.Float32:
		value = func(i int) float64 { return float64(c.Value(i)) }
	case *array.Float16:
		value = func(i int) float64 { return float64(c.Value(i).Float32()) }
	}
	for i := range a.Len() {
		v := math.NaN()
		if value != nil && a.IsValid(i) {
			v = value(i)
		}
		out.AppendValues([]float64{v}, []bool{v == v})
	}
	return nil
}

func appendInts(out *array.Int64Builder, a arrow.Array) error {
	var value func(i int) int64
	switch c := a.(type) {
	case *array.Int64:
		value = c.Value
	case *array.Int32:
		value = func(i int) int64 { return int64(c.Value(i)) }
	case *array.Int16:
		value = func(i int) int64 { return int64(c.Value(i)) }
	case *array.Int8:
		value = func(i int) int64 { return int64(c.Value(i)) }
	case *array.Uint32:
		value = func(i int) int64 { return int64(c.Value(i)) }
	case *array.Uint16:
		value = func(i int) int64 { return int64(c.Value(i)) }
	case *array.Uint8:
		value = func(i int) int64 { return int64(c.Value(i)) }
	case *array.Uint64:
		return each(out, a, func(i int) error {
			if c.Value(i) > math.MaxInt64 {
				return fmt.Errorf("%d is more than 64 bits with a sign hold", c.Value(i))
			}
			out.Append(int64(c.Value(i)))
			return nil
		})
	}
	return each(out, a, func(i int) error { out.Append(value(i)); return nil })
}

func appendStrings(out *array.StringBuilder, a arrow.Array) error {
	switch c := a.(type) {
	case *array.Dictionary:
		words, ok := c.Dictionary().(array.StringLike)
		if !ok {
			return fmt.Errorf("no way to read %s", a.DataType())
		}
		return each(out, a, func(i int) error {
			k := c.GetValueIndex(i)
			if k < 0 || k >= words.Len() || words.IsNull(k) {
				out.AppendNull()
				return nil
			}
			out.Append(words.Value(k))
			return nil
		})
	case array.StringLike:
		return each(out, a, func(i int) error { out.Append(c.Value(i)); return nil })
	}
	return fmt.Errorf("no way to read %s", a.DataType())
}

// appendTimes brings times to microseconds. Without a time zone they are taken for UTC. What does not fit is refused, since
// rounding could make two rows one.
func appendTimes(out *array.TimestampBuilder, a arrow.Array) error {
	c, ok := a.(*array.Timestamp)
	if !ok {
		return fmt.Errorf("no way to read %s", a.DataType())
	}
	unit := c.DataType().(*arrow.TimestampType).Unit
	return each(out, a, func(i int) error {
		v := int64(c.Value(i))
		switch factor := int64(1); unit {
		case arrow.Nanosecond:
			if v%1000 != 0 {
				return fmt.Errorf("the time has nanoseconds, and a lake holds microseconds")
			}
			v /= 1000
		case arrow.Second, arrow.Millisecond:
			factor = 1000
			if unit == arrow.Second {
				factor = 1_000_000
			}
			if v > math.MaxInt64/factor || v < math.MinInt64/factor {
				return fmt.Errorf("the time is out of range")
			}
			v *= factor
		}
		out.Append(arrow.Timestamp(v))
		return nil
	})
}

func appendDates(out *array.Date32Builder, a arrow.Array) error {
	const day = 24 * 60 * 60 * 1000
	switch c := a.(type) {
	case *array.Date32:
		return each(out, a, func(i int) error { out.Append(c.Value(i)); return nil })
	case *array.Date64:
		return each(out, a, func(i int) error {
			v := int64(c.Value(i))
			if v%day != 0 || v/day != int64(int32(v/day)) {
				return fmt.Errorf("%d milliseconds are no date", v)
			}
			out.Append(arrow.Date32(v / day))
			return nil
		})
	}
	return fmt.Errorf("no way to read %s", a.DataType())
}
