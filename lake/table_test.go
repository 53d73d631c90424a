package lake

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/frame"
)

func TestTablesReadBack(t *testing.T) {
	rec := sampleFrame(0, groupRows+100, someMissing).Record()
	var b bytes.Buffer
	if err := WriteParquet(&b, rec); err != nil {
		t.Fatal(err)
	}
	got, err := ReadParquet(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || !array.RecordEqual(got, rec) || !got.Schema().Equal(rec.Schema()) {
		t.Fatalf("came back otherwise: %v", err)
	}
	got, err = ReadParquet(bytes.NewReader(b.Bytes()), int64(b.Len()), "note", "z")
	if err != nil || got.NumCols() != 2 || got.ColumnName(0) != "note" || !array.Equal(got.Column(1), rec.Column(3)) {
		t.Fatalf("two columns: %v", err)
	}
	if _, err := ReadParquet(bytes.NewReader(b.Bytes()), int64(b.Len()), "nope"); err == nil || !strings.Contains(err.Error(), `"nope"`) {
		t.Errorf("an unknown column: %v", err)
	}
}

func TestTablesWithoutTimes(t *testing.T) {
	fields := []arrow.Field{{Name: "lasso_alpha", Type: arrow.PrimitiveTypes.Float64, Nullable: true}, {Name: "id", Type: arrow.BinaryTypes.String}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{1, 2}, []bool{true, false})
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"a", "b"}, nil)
	rec := b.NewRecordBatch()
	var text bytes.Buffer
	if err := WriteParquet(&text, rec); err != nil {
		t.Fatal(err)
	}
	got, err := ReadParquet(bytes.NewReader(text.Bytes()), int64(text.Len()))
	if err != nil || !array.RecordEqual(got, rec) {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestTablesThatALakeDoesNotHold(t *testing.T) {
	record := func(fields ...arrow.Field) arrow.RecordBatch {
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
		for i := range fields {
			b.Field(i).AppendNull()
		}
		return b.NewRecordBatch()
	}
	float := arrow.PrimitiveTypes.Float64
	for want, rec := range map[string]arrow.RecordBatch{
		`column "x" is float32`:         record(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Float32, Nullable: true}),
		`two columns are named "x"`:     record(arrow.Field{Name: "x", Type: float, Nullable: true}, arrow.Field{Name: "x", Type: float, Nullable: true}),
		`column "x" has missing values`: record(arrow.Field{Name: "x", Type: float}),
	} {
		if err := WriteParquet(&bytes.Buffer{}, rec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

// FuzzParquet reads whatever bytes there are as a table and as a part: an answer or an error, never a panic.
func FuzzParquet(f *testing.F) {
	for _, rows := range []int{0, 1, 30} {
		path, _ := storeFrame(f, sampleFrame(0, rows, someMissing))
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(text[:len(text)/2])
	}
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		size := int64(len(text))
		if rec, err := ReadParquet(bytes.NewReader(text), size); err == nil {
			for _, c := range rec.Columns() {
				if int64(c.Len()) != rec.NumRows() {
					t.Fatalf("%d rows in a column of %d", c.Len(), rec.NumRows())
				}
			}
		}
		p, err := openParquet(bytes.NewReader(text), size, groupRows)
		if err != nil || p.checkColumns(columnsOf(everyType)) != nil {
			return
		}
		for g := range p.groups {
			p.bounds(g)
		}
	})
}

func TestColumnsOfEveryType(t *testing.T) {
	for typ := frame.Float64; typ <= frame.Date; typ++ {
		if got := typeOfArrow(typ.Arrow()); got != typ {
			t.Errorf("%s is %s", typ, got)
		}
	}
}
