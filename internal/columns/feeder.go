package columns

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
)

// batchValues are handed to a writer at once: pages end only between batches, so another number changes the bytes of every file.
const batchValues = 4096

// Feeder hands the values of one column to its writer, in batches of a fixed size: the bytes depend on the values, not on where one array
// ends and the next begins.
type Feeder struct {
	w       *parquet.ColumnWriter
	value   parquet.Value // what a number's value is made of; the zero value until the first comes
	missing parquet.Value
	level   int // of values that are there
	column  int

	batch []parquet.Value // as long as what came made it
	n     int             // how many of the batch wait
	mixed bool            // some of them are not made of value
}

// NewFeeder makes a feeder for a column of a file, which is optional or required.
func NewFeeder(w *parquet.ColumnWriter, column int, optional bool) *Feeder {
	f := &Feeder{w: w, column: column, missing: parquet.Value{}.Level(0, 0, column)}
	if optional {
		f.level = 1
	}
	return f
}

// Feed takes a column of floats, whole numbers, times, booleans, dates or texts. NaN is missing. It keeps nothing of the array.
func (f *Feeder) Feed(a arrow.Array) error {
	f.grow(a.Len())
	put := f.putter(a)
	for from := 0; from < a.Len(); {
		n := min(a.Len()-from, batchValues-f.n)
		put(from, f.batch[f.n:f.n+n])
		from, f.n = from+n, f.n+n
		if f.n == batchValues {
			if err := f.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Flush hands on what waits.
func (f *Feeder) Flush() error {
	if f.n == 0 {
		return nil
	}
	_, err := f.w.WriteRowValues(f.batch[:f.n])
	f.n = 0
	if f.mixed {
		f.fill(0)
	}
	return err
}

// putter returns a function that puts an array's values, from one on, into a part of the batch.
func (f *Feeder) putter(a arrow.Array) func(from int, out []parquet.Value) {
	switch c := a.(type) {
	case *array.Float64:
		f.prepare(parquet.DoubleValue(0))
		return f.floats(c.Values(), a)
	case *array.Int64:
		f.prepare(parquet.Int64Value(0))
		return putNumbers(f, c.Values(), a)
	case *array.Timestamp:
		f.prepare(parquet.Int64Value(0))
		return putNumbers(f, c.Values(), a)
	case *array.String:
		return f.texts(c)
	}
	value := valueOf(a)
	return func(from int, out []parquet.Value) {
		for i := range out {
			if out[i] = f.missing; a.IsValid(from + i) {
				out[i] = value(from+i).Level(0, f.level, f.column)
			}
		}
	}
}

// prepare makes the batch, when the column's first number comes.
func (f *Feeder) prepare(v parquet.Value) {
	if f.value.IsNull() {
		f.value = v.Level(0, f.level, f.column)
		f.fill(0)
	}
}

// grow makes room for more values, up to a whole batch: files of few rows, of many columns each, shall not touch memory for many.
func (f *Feeder) grow(more int) {
	size := min(f.n+more, batchValues)
	if size <= len(f.batch) {
		return
	}
	waiting := f.batch[:f.n]
	f.batch = make([]parquet.Value, size)
	copy(f.batch, waiting)
	if !f.value.IsNull() {
		f.fill(f.n)
	}
}

// fill makes numbers of the batch, from one on.
func (f *Feeder) fill(from int) {
	f.mixed = f.mixed && from > 0
	for i := range f.batch[from:] {
		f.batch[from+i] = f.value
	}
}

func putNumbers[T ~int64](f *Feeder, values []T, a arrow.Array) func(from int, out []parquet.Value) {
	some := a.NullN() > 0
	return func(from int, out []parquet.Value) {
		for i, v := range values[from : from+len(out)] {
			if some && a.IsNull(from+i) {
				out[i], f.mixed = f.missing, true
			} else {
				setNumber(&out[i], uint64(v))
			}
		}
	}
}

func (f *Feeder) floats(values []float64, a arrow.Array) func(from int, out []parquet.Value) {
	some := a.NullN() > 0
	return func(from int, out []parquet.Value) {
		for i, v := range values[from : from+len(out)] {
			if v != v || some && a.IsNull(from+i) {
				out[i], f.mixed = f.missing, true
			} else {
				setNumber(&out[i], math.Float64bits(v))
			}
		}
	}
}

// texts does without a call for each: text is a tenth of a snapshot's time as it is.
func (f *Feeder) texts(c *array.String) func(from int, out []parquet.Value) {
	some := c.NullN() > 0
	return func(from int, out []parquet.Value) {
		for i := range out {
			if some && c.IsNull(from+i) {
				out[i] = f.missing
				continue
			}
			s := c.Value(from + i) // the writer copies what it keeps
			out[i] = parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s))).Level(0, f.level, f.column)
		}
	}
}

// valueOf returns a function that gives the k-th value of a column of another type.
func valueOf(a arrow.Array) func(k int) parquet.Value {
	switch c := a.(type) {
	case *array.Boolean:
		return func(k int) parquet.Value { return parquet.BooleanValue(c.Value(k)) }
	case *array.Date32:
		return func(k int) parquet.Value { return parquet.Int32Value(int32(c.Value(k))) }
	}
	panic(fmt.Sprintf("columns: no column type for %s", a.DataType()))
}
