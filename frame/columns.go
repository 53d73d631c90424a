package frame

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

var allocator = memory.DefaultAllocator

// FloatColumn makes a column of vals without copying them: the caller gives them up. NaN becomes null.
// The values must be finite or NaN.
func FloatColumn(vals []float64) arrow.Array {
	bitmap, nulls := nanBitmap(vals)
	data := array.NewData(arrow.PrimitiveTypes.Float64, len(vals),
		[]*memory.Buffer{bitmap, memory.NewBufferBytes(arrow.Float64Traits.CastToBytes(vals))}, nil, nulls, 0)
	return array.NewFloat64Data(data)
}

// nanBitmap returns a validity bitmap that is clear where vals is NaN, or nil where nothing is.
func nanBitmap(vals []float64) (*memory.Buffer, int) {
	nulls := 0
	for _, v := range vals {
		if v != v {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	bits := make([]byte, bitutil.BytesForBits(int64(len(vals))))
	for i, v := range vals {
		if !math.IsNaN(v) {
			bitutil.SetBit(bits, i)
		}
	}
	return memory.NewBufferBytes(bits), nulls
}

// TimeColumn makes a column of microseconds since the epoch without copying them: the caller gives them up.
func TimeColumn(us []int64) arrow.Array {
	data := array.NewData(Timestamp.Arrow(), len(us),
		[]*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(us))}, nil, 0, 0)
	return array.NewTimestampData(data)
}

// StringColumn makes a column of strings, none missing.
func StringColumn(vals []string) arrow.Array {
	b := array.NewStringBuilder(allocator)
	b.AppendValues(vals, nil)
	return b.NewStringArray()
}
