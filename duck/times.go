package duck

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	bindings "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// times reads timestamps of any unit as microseconds since the epoch. Those without a zone are in UTC.
type times struct {
	column     Column
	convert    func(int64) (us int64, cut, ok bool)
	b          *array.TimestampBuilder
	cut        int
	infinities int
}

func newTimes(c Column, id mapping.Type) reader {
	scaled := func(by int64) func(int64) (int64, bool, bool) {
		return func(x int64) (int64, bool, bool) {
			return x * by, false, x <= math.MaxInt64/by && x >= math.MinInt64/by
		}
	}
	convert := scaled(1)
	switch id {
	case mapping.TypeTimestampS:
		convert = scaled(1_000_000)
	case mapping.TypeTimestampMS:
		convert = scaled(1_000)
	case mapping.TypeTimestampNS, bindings.TypeTimestampTZNS:
		convert = func(x int64) (int64, bool, bool) {
			us, rest := x/1_000, x%1_000
			if rest < 0 {
				us--
			}
			return us, rest != 0, true
		}
	}
	b := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"})
	return &times{column: c, convert: convert, b: b}
}

func (r *times) read(v mapping.Vector, n int) error {
	ok := valid(v)
	for i, x := range slots[int64](v, n) {
		switch {
		case ok != nil && !ok(i):
			r.b.AppendNull()
			continue
		case x == math.MaxInt64 || x == -math.MaxInt64: // DuckDB's infinity and -infinity
			r.infinities++
			r.b.AppendNull()
			continue
		}
		us, cut, ok := r.convert(x)
		if !ok {
			return fmt.Errorf("column %q holds a time that microseconds cannot express", r.column.Name)
		}
		if cut {
			r.cut++
		}
		r.b.Append(arrow.Timestamp(us))
	}
	return nil
}

func (r *times) take() arrow.Array { return r.b.NewArray() }

func (r *times) notes() []Note {
	var out []Note
	if r.cut > 0 {
		out = append(out, Note{r.column.Name, Nanoseconds, r.column.SQL, r.cut})
	}
	if r.infinities > 0 {
		out = append(out, Note{r.column.Name, Infinities, r.column.SQL, r.infinities})
	}
	return out
}

type dates struct {
	column     Column
	b          *array.Date32Builder
	infinities int
}

func (r *dates) read(v mapping.Vector, n int) error {
	ok := valid(v)
	for i, x := range slots[int32](v, n) {
		switch {
		case ok != nil && !ok(i):
			r.b.AppendNull()
		case x == math.MaxInt32 || x == -math.MaxInt32: // DuckDB's infinity and -infinity
			r.infinities++
			r.b.AppendNull()
		default:
			r.b.Append(arrow.Date32(x))
		}
	}
	return nil
}

func (r *dates) take() arrow.Array { return r.b.NewArray() }

func (r *dates) notes() []Note {
	if r.infinities == 0 {
		return nil
	}
	return []Note{{r.column.Name, Infinities, r.column.SQL, r.infinities}}
}

// enums reads the words that an enum's numbers stand for.
type enums struct {
	words []string
	width mapping.Type
	b     *array.StringBuilder
}

func newEnums(t mapping.LogicalType) reader {
	r := &enums{width: mapping.EnumInternalType(t), b: array.NewStringBuilder(memory.DefaultAllocator)}
	for i := range mapping.EnumDictionarySize(t) {
		r.words = append(r.words, mapping.EnumDictionaryValue(t, mapping.IdxT(i)))
	}
	return r
}

func (r *enums) read(v mapping.Vector, n int) error {
	switch r.width {
	case mapping.TypeUTinyInt:
		readEnums(r, v, slots[uint8](v, n))
	case mapping.TypeUSmallInt:
		readEnums(r, v, slots[uint16](v, n))
	default:
		readEnums(r, v, slots[uint32](v, n))
	}
	return nil
}

func readEnums[T uint8 | uint16 | uint32](r *enums, v mapping.Vector, s []T) {
	ok := valid(v)
	for i, x := range s {
		if ok != nil && !ok(i) {
			r.b.AppendNull()
			continue
		}
		r.b.Append(r.words[x])
	}
}

func (r *enums) take() arrow.Array { return r.b.NewArray() }
func (r *enums) notes() []Note     { return nil }
