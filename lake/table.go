package lake

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
)

// WriteParquet writes a record batch as one Parquet file. Its columns are of the lake's types: string, int64, float64, bool,
// timestamp[us, UTC] and date32; those that the schema says are not nullable are required. It returns w's error, or what is
// wrong with a column.
func WriteParquet(w io.Writer, rec arrow.RecordBatch) error {
	cols := make([]column, rec.NumCols())
	for i, f := range rec.Schema().Fields() {
		cols[i] = column{f.Name, typeOfArrow(f.Type), f.Nullable}
		switch {
		case cols[i].typ == 0:
			return fmt.Errorf("column %q is %s, which a lake does not hold", f.Name, f.Type)
		case slices.ContainsFunc(cols[:i], func(c column) bool { return c.name == f.Name }):
			return fmt.Errorf("two columns are named %q", f.Name)
		case !f.Nullable && rec.Column(i).NullN() > 0:
			return fmt.Errorf("column %q has missing values, and its schema says it has none", f.Name)
		}
	}
	e := newEncoder(w, cols)
	for at := int64(0); at < rec.NumRows(); at += groupRows {
		piece := rec.NewSlice(at, min(at+groupRows, rec.NumRows()))
		if err := e.group([][]arrow.Array{piece.Columns()}); err != nil {
			return err
		}
	}
	return e.close()
}

func typeOfArrow(t arrow.DataType) frame.Type {
	for _, typ := range []frame.Type{frame.Float64, frame.Int64, frame.Bool, frame.String, frame.Timestamp, frame.Date} {
		if arrow.TypeEqual(typ.Arrow(), t) {
			return typ
		}
	}
	return 0
}

// rowsAByte bounds the rows of a file that are believed, since memory is set aside for them before the first is read.
const rowsAByte = 4096

// ReadParquet reads a Parquet file of columns of the lake's types: all of them, or those named, in the order named. NaN is
// read as missing. It returns an error where the bytes are no such file, and never panics.
func ReadParquet(r io.ReaderAt, size int64, columns ...string) (arrow.RecordBatch, error) {
	p, err := openParquet(r, size, rowsAByte*size)
	if err != nil {
		return nil, err
	}
	if p.f.NumRows() > rowsAByte*size {
		return nil, errFooter
	}
	cols, err := p.choose(columns)
	if err != nil {
		return nil, err
	}
	groups := make([]groupRef, len(p.groups))
	for g := range groups {
		groups[g] = groupRef{p: p, g: g}
	}
	arrays, err := decode(context.Background(), groups, p.cols, cols, decoders(), func(_ string, err error) error { return err })
	if err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: p.cols[c].name, Type: p.cols[c].typ.Arrow(), Nullable: p.cols[c].nullable}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, p.f.NumRows()), nil
}

// choose returns the positions of the columns named, or of all.
func (p *parquetFile) choose(names []string) ([]int, error) {
	var cols []int
	for i := range p.cols {
		if len(names) == 0 {
			cols = append(cols, i)
		}
	}
	for _, name := range names {
		i := slices.IndexFunc(p.cols, func(c column) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no column %q (columns: %s)", name, showColumns(p.cols))
		}
		cols = append(cols, i)
	}
	return cols, nil
}
