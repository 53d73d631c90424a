package duck

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// reader gathers one column of a result, chunk after chunk, and gives it up as an Arrow array. The vector is only read
// during the call.
type reader interface {
	read(v mapping.Vector, n int) error
	take() arrow.Array
	notes() []Note
}

// newReader returns the reader of a column whose type a frame has.
func newReader(c Column, t mapping.LogicalType) reader {
	switch id := mapping.GetTypeId(t); id {
	case mapping.TypeDouble:
		return &floats[float64]{column: c, convert: func(x float64) float64 { return x }}
	case mapping.TypeFloat:
		return &floats[float32]{column: c, convert: func(x float32) float64 { return float64(x) }}
	case mapping.TypeDecimal:
		return newDecimals(c, t)
	case mapping.TypeBoolean:
		return &bools{b: array.NewBooleanBuilder(memory.DefaultAllocator)}
	case mapping.TypeTinyInt:
		return newInts[int8](c, nil)
	case mapping.TypeSmallInt:
		return newInts[int16](c, nil)
	case mapping.TypeInteger:
		return newInts[int32](c, nil)
	case mapping.TypeBigInt:
		return newInts[int64](c, nil)
	case mapping.TypeUTinyInt:
		return newInts[uint8](c, nil)
	case mapping.TypeUSmallInt:
		return newInts[uint16](c, nil)
	case mapping.TypeUInteger:
		return newInts[uint32](c, nil)
	case mapping.TypeUBigInt:
		return newInts(c, func(x uint64) (int64, error) {
			if x > math.MaxInt64 {
				return 0, &RefusedError{fmt.Sprintf("column %q: %d is too large for a whole number of 64 bits with a sign", c.Name, x), "cast it to double in a query, or leave it out"}
			}
			return int64(x), nil
		})
	case mapping.TypeDate:
		return &dates{column: c, b: array.NewDate32Builder(memory.DefaultAllocator)}
	case mapping.TypeVarchar:
		return &texts{b: array.NewStringBuilder(memory.DefaultAllocator)}
	case mapping.TypeEnum:
		return newEnums(t)
	case mapping.TypeSQLNull:
		return &missing{array.NewInt64Builder(memory.DefaultAllocator)}
	default:
		return newTimes(c, id)
	}
}

// valid returns a test of a vector's rows, nil where none is missing.
func valid(v mapping.Vector) func(i int) bool {
	mask := mapping.VectorGetValidity(v)
	if mask == nil {
		return nil
	}
	return func(i int) bool { return *(*uint64)(unsafe.Add(mask, i/64*8))>>(i%64)&1 == 1 }
}

// flags is valid as a slice, for Arrow's builders.
func flags(v mapping.Vector, n int, buf []bool) []bool {
	ok := valid(v)
	if ok == nil {
		return nil
	}
	buf = buf[:0]
	for i := range n {
		buf = append(buf, ok(i))
	}
	return buf
}

// missing reads a column that has no type: all of it is missing.
type missing struct{ b *array.Int64Builder }

func (r *missing) read(_ mapping.Vector, n int) error {
	r.b.AppendNulls(n)
	return nil
}

func (r *missing) take() arrow.Array { return r.b.NewArray() }
func (r *missing) notes() []Note     { return nil }

type bools struct {
	b   *array.BooleanBuilder
	buf []bool
}

func (r *bools) read(v mapping.Vector, n int) error {
	r.buf = flags(v, n, r.buf)
	r.b.AppendValues(slots[bool](v, n), r.buf)
	return nil
}

func (r *bools) take() arrow.Array { return r.b.NewArray() }
func (r *bools) notes() []Note     { return nil }

type whole interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

type ints[T whole] struct {
	convert func(T) (int64, error) // nil where every value fits
	b       *array.Int64Builder
	vals    []int64
	buf     []bool
}

func newInts[T whole](_ Column, convert func(T) (int64, error)) reader {
	return &ints[T]{convert: convert, b: array.NewInt64Builder(memory.DefaultAllocator)}
}

func (r *ints[T]) read(v mapping.Vector, n int) error {
	ok := valid(v)
	r.vals = r.vals[:0]
	for i, s := range slots[T](v, n) {
		x := int64(s)
		if r.convert != nil && (ok == nil || ok(i)) {
			var err error
			if x, err = r.convert(s); err != nil {
				return err
			}
		}
		r.vals = append(r.vals, x)
	}
	r.buf = flags(v, n, r.buf)
	r.b.AppendValues(r.vals, r.buf)
	return nil
}

func (r *ints[T]) take() arrow.Array { return r.b.NewArray() }
func (r *ints[T]) notes() []Note     { return nil }

type texts struct{ b *array.StringBuilder }

func (r *texts) read(v mapping.Vector, n int) error {
	ok := valid(v)
	s := slots[duckString](v, n)
	for i := range s {
		if ok != nil && !ok(i) {
			r.b.AppendNull()
			continue
		}
		r.b.BinaryBuilder.Append(s[i].bytes())
	}
	return nil
}

func (r *texts) take() arrow.Array { return r.b.NewArray() }
func (r *texts) notes() []Note     { return nil }
