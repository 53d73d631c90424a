package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/columns"
)

const readBufferBytes = 64 << 10

// parquetFile is an open Parquet file of columns of the lake's types. It may be read by several goroutines.
type parquetFile struct {
	f      *parquet.File
	cols   []column
	groups []parquet.RowGroup
}

// openParquet reads a file's footer. Bytes that are no such file are an error; maxRows bounds the rows of a row group that
// are believed.
func openParquet(r io.ReaderAt, size, maxRows int64) (p *parquetFile, err error) {
	defer recoverAs(&err)
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	f, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(readBufferBytes))
	if err != nil {
		return nil, err
	}
	if err := columns.CheckCodecs(f); err != nil {
		return nil, err
	}
	p = &parquetFile{f: f, groups: f.RowGroups()}
	for _, c := range f.Root().Columns() {
		col, err := columnOf(c)
		if err != nil {
			return nil, err
		}
		p.cols = append(p.cols, col)
	}
	rows := int64(0)
	for _, g := range p.groups {
		n := g.NumRows()
		if n < 0 || n > maxRows || len(g.ColumnChunks()) != len(p.cols) {
			return nil, errFooter
		}
		rows += n
	}
	if rows != f.NumRows() {
		return nil, errFooter
	}
	return p, nil
}

// checkColumns compares what a file holds to what it should.
func (p *parquetFile) checkColumns(want []column) error {
	if slices.Equal(p.cols, want) {
		return nil
	}
	return fmt.Errorf("its columns are (%s), not (%s)", showColumns(p.cols), showColumns(want))
}

func showColumns(cols []column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.name + " " + c.typ.String()
		if !c.nullable {
			parts[i] += " required"
		}
	}
	return strings.Join(parts, ", ")
}

// columnOf reads a column's type. It is an error where the lake has no such type.
func columnOf(c *parquet.Column) (column, error) {
	col := column{name: c.Name(), typ: typeOf(c), nullable: c.Optional()}
	if col.typ == 0 || c.Repeated() {
		return col, fmt.Errorf("column %q is of a type that a lake does not hold", c.Name())
	}
	return col, nil
}

func typeOf(c *parquet.Column) frame.Type {
	if !c.Leaf() {
		return 0
	}
	var logical any
	if l := c.Type().LogicalType(); l != nil {
		logical = l.Value
	}
	switch c.Type().Kind() {
	case parquet.Double:
		return frame.Float64
	case parquet.Boolean:
		return frame.Bool
	case parquet.ByteArray:
		if _, ok := logical.(*format.StringType); ok {
			return frame.String
		}
	case parquet.Int32:
		if _, ok := logical.(*format.DateType); ok {
			return frame.Date
		}
	case parquet.Int64:
		return typeOfInt64(logical)
	}
	return 0
}

func typeOfInt64(logical any) frame.Type {
	switch l := logical.(type) {
	case nil:
		return frame.Int64
	case *format.IntType:
		if l.IsSigned && l.BitWidth == 64 {
			return frame.Int64
		}
	case *format.TimestampType:
		if _, micros := l.Unit.Value.(*format.MicroSeconds); micros && l.IsAdjustedToUTC {
			return frame.Timestamp
		}
	}
	return 0
}

// recoverAs turns a panic of the Parquet library over bytes it does not understand into an error.
func recoverAs(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = fmt.Errorf("it is not readable as Parquet: %w", p)
	default:
		*err = fmt.Errorf("it is not readable as Parquet: %v", p)
	}
}

// rows returns the number of rows in a row group.
func (p *parquetFile) rows(g int) int { return int(p.groups[g].NumRows()) }

// bounds returns the first and the last time in a row group, from its statistics; ok is false where they don't say.
func (p *parquetFile) bounds(g int) (first, last int64, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	chunk, isFile := p.groups[g].ColumnChunks()[0].(*parquet.FileColumnChunk)
	if !isFile || p.cols[0].typ != frame.Timestamp {
		return 0, 0, false
	}
	low, high, ok := chunk.Bounds()
	if !ok || low.Kind() != parquet.Int64 || high.Kind() != parquet.Int64 {
		return 0, 0, false
	}
	return low.Int64(), high.Int64(), true
}

// read decodes column c of row group g into t, whose rows for it begin at row at. text is the row group's place in t.text.
func (p *parquetFile) read(g, c int, t *target, at, text int) (err error) {
	defer recoverAs(&err)
	pages, err := columns.Pages(p.f, g, c)
	if err != nil {
		return fmt.Errorf("column %q: %w", p.cols[c].name, err)
	}
	defer pages.Close()
	for left := p.rows(g); left > 0; {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("column %q ends before its row group does", p.cols[c].name)
		}
		if err != nil {
			return fmt.Errorf("column %q: %w", p.cols[c].name, err)
		}
		n, err := t.page(page, at, left, text)
		parquet.Release(page)
		if err != nil {
			return fmt.Errorf("column %q: %w", p.cols[c].name, err)
		}
		at += n
		left -= n
	}
	return nil
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
