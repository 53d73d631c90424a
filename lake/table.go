package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/frame"
)

// array returns the column that was decoded, with the invariants of package frame.
func (t *target) array() (arrow.Array, error) {
	switch t.typ {
	case frame.Float64:
		return frame.FloatColumn(t.floats), nil
	case frame.String:
		return textColumn(t.text)
	case frame.Bool:
		return t.wrap(len(t.bools), packBits(t.bools)), nil
	case frame.Date:
		return t.wrap(len(t.dates), arrow.Int32Traits.CastToBytes(t.dates)), nil
	}
	return t.wrap(len(t.ints), arrow.Int64Traits.CastToBytes(t.ints)), nil
}

// wrap makes a column of values without copying them.
func (t *target) wrap(rows int, values []byte) arrow.Array {
	validity, nulls := validBits(t.valid)
	buffers := []*memory.Buffer{validity, memory.NewBufferBytes(values)}
	return array.MakeFromData(array.NewData(t.typ.Arrow(), rows, buffers, nil, nulls, 0))
}

// validBits returns the bitmap of valid, or nil where nothing is missing.
func validBits(valid []bool) (*memory.Buffer, int) {
	nulls := 0
	for _, v := range valid {
		if !v {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	return memory.NewBufferBytes(packBits(valid)), nulls
}

func packBits(bools []bool) []byte {
	bits := make([]byte, bitutil.BytesForBits(int64(len(bools))))
	for i, v := range bools {
		if v {
			bits[i>>3] |= 1 << (i & 7)
		}
	}
	return bits
}

var errTooMuchText = errors.New("more than 2 GiB of text in one column: read a shorter range, or fewer columns")

// textColumn joins the text of row groups.
func textColumn(groups []textRows) (arrow.Array, error) {
	rows, nulls, size := 0, 0, int64(0)
	for _, g := range groups {
		rows += len(g.index)
		for _, i := range g.index {
			if i < 0 {
				nulls++
				continue
			}
			size += int64(len(g.dict[i]))
		}
	}
	if size > math.MaxInt32 {
		return nil, errTooMuchText
	}
	offsets, data := make([]int32, 1, rows+1), make([]byte, 0, size)
	var valid []bool
	if nulls > 0 {
		valid = make([]bool, 0, rows)
	}
	for _, g := range groups {
		for _, i := range g.index {
			if i >= 0 {
				data = append(data, g.dict[i]...)
			}
			offsets = append(offsets, int32(len(data)))
			if nulls > 0 {
				valid = append(valid, i >= 0)
			}
		}
	}
	validity, _ := validBits(valid)
	buffers := []*memory.Buffer{validity, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(data)}
	return array.NewStringData(array.NewData(arrow.BinaryTypes.String, rows, buffers, nil, nulls, 0)), nil
}

// groupRef is a row group of an open file.
type groupRef struct {
	p        *parquetFile
	g        int
	path     string
	from, to int64 // the times that are wanted of it
}

// job is a column of a row group to decode.
type job struct {
	groupRef
	col   int
	into  *target
	at    int // its first row in into
	place int // of the row group among all
}

// decode reads columns of row groups, several side by side, and joins each column's row groups end to end. An error is
// that of fail, which is told the file.
func decode(ctx context.Context, groups []groupRef, stored []column, cols []int, jobs int, fail func(path string, err error) error) ([]arrow.Array, error) {
	rows := 0
	for _, g := range groups {
		rows += g.p.rows(g.g)
	}
	targets := make([]*target, len(cols))
	for i, c := range cols {
		targets[i] = newTarget(stored[c], rows, len(groups))
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(max(1, jobs))
	at := 0
	for place, g := range groups {
		for i, c := range cols {
			j := job{g, c, targets[i], at, place}
			work.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := j.p.read(j.g, j.col, j.into, j.at, j.place); err != nil {
					return fail(j.path, err)
				}
				return nil
			})
		}
		at += g.p.rows(g.g)
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	out := make([]arrow.Array, len(cols))
	for i, t := range targets {
		a, err := t.array()
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", stored[cols[i]].name, err)
		}
		out[i] = a
	}
	return out, nil
}

// decoders is how many goroutines decode for one reader.
func decoders() int { return min(8, runtime.GOMAXPROCS(0)) }

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
