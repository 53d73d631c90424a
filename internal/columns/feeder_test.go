package columns

import (
	"bytes"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"
)

func TestSetNumber(t *testing.T) {
	for _, bits := range []uint64{0, 1, math.MaxUint64, math.Float64bits(-1.5)} {
		v := parquet.DoubleValue(7).Level(0, 1, 3)
		setNumber(&v, bits)
		if want := parquet.DoubleValue(math.Float64frombits(bits)).Level(0, 1, 3); math.Float64bits(v.Double()) != bits || v.Kind() != want.Kind() || v.DefinitionLevel() != 1 || v.Column() != 3 {
			t.Errorf("%x became %+v, want %+v", bits, v, want)
		}
	}
}

// TestFeeder writes columns with and without missing values, cut at odd places, and reads them back.
func TestFeeder(t *testing.T) {
	const rows = 3*batchValues + 100
	floats, whole := array.NewFloat64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	stamps := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond})
	texts := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range rows {
		stamps.Append(arrow.Timestamp(i))
		switch {
		case i%1000 == 7:
			floats.Append(math.NaN())
			whole.AppendNull()
			texts.AppendNull()
		case i > 2*batchValues && i%3 == 0:
			floats.AppendNull()
			whole.Append(int64(-i))
			texts.Append("a text")
		default:
			floats.Append(float64(i) / 7)
			whole.Append(int64(i))
			texts.Append("")
		}
	}
	columns := []arrow.Array{stamps.NewArray(), floats.NewArray(), whole.NewArray(), texts.NewArray()}
	one, many := write(t, columns, rows), write(t, columns, 999)
	if !bytes.Equal(one, many) {
		t.Error("the bytes depend on where arrays end")
	}
	read(t, one, columns)
}

var schema = parquet.NewSchema("rows", parquet.Group{
	"a": parquet.Required(parquet.Timestamp(parquet.Microsecond)), "b": parquet.Optional(parquet.Leaf(parquet.DoubleType)),
	"c": parquet.Optional(parquet.Leaf(parquet.Int64Type)), "d": parquet.Optional(parquet.String()),
})

func write(t *testing.T, columns []arrow.Array, piece int) []byte {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, schema)
	for i, cw := range w.ColumnWriters() {
		f := NewFeeder(cw, i, i > 0)
		for at := 0; at < columns[i].Len(); at += piece {
			if err := f.Feed(array.NewSlice(columns[i], int64(at), int64(min(at+piece, columns[i].Len())))); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(t *testing.T, file []byte, columns []arrow.Array) {
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	values := make([]parquet.Value, columns[0].Len())
	for i, chunk := range f.RowGroups()[0].ColumnChunks() {
		pages, at := chunk.Pages(), 0
		for at < len(values) {
			page, err := pages.ReadPage()
			if err != nil {
				t.Fatal(err)
			}
			n, _ := page.Values().ReadValues(values[at:])
			for k, v := range values[at : at+n] {
				if got, want := v.String(), text(columns[i], at+k); got != want {
					t.Fatalf("column %d, row %d: %s, want %s", i, at+k, got, want)
				}
			}
			at += n
		}
		pages.Close()
	}
}

// text is how parquet-go writes the k-th value of a column.
func text(a arrow.Array, k int) string {
	switch c := a.(type) {
	case *array.Timestamp:
		return parquet.Int64Value(int64(c.Value(k))).String()
	case *array.Float64:
		if c.IsValid(k) && c.Value(k) == c.Value(k) {
			return parquet.DoubleValue(c.Value(k)).String()
		}
	case *array.Int64:
		if c.IsValid(k) {
			return parquet.Int64Value(c.Value(k)).String()
		}
	case *array.String:
		if c.IsValid(k) {
			return c.Value(k)
		}
	}
	return parquet.Value{}.String()
}
