package lake

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tdlake/tdlake/frame"
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
	if p := recover(); p != nil {
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
	pages := p.groups[g].ColumnChunks()[c].Pages()
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

// target is where a column is decoded to. Each row is written once, by whoever decodes its row group.
type target struct {
	typ    frame.Type
	floats []float64 // NaN is missing
	ints   []int64
	dates  []int32
	bools  []bool
	valid  []bool     // nil where nothing can be missing, and for floats and text
	text   []textRows // one a row group
}

func newTarget(c column, rows int, groups int) *target {
	t := &target{typ: c.typ}
	switch c.typ {
	case frame.Float64:
		t.floats = make([]float64, rows)
	case frame.String:
		t.text = make([]textRows, groups)
	case frame.Bool:
		t.bools = make([]bool, rows)
	case frame.Date:
		t.dates = make([]int32, rows)
	default:
		t.ints = make([]int64, rows)
	}
	if c.nullable && c.typ != frame.Float64 && c.typ != frame.String {
		t.valid = make([]bool, rows)
	}
	return t
}

var errPage = errors.New("a page holds other rows than it says")

// page takes a page's rows, at most left, and returns how many they were.
func (t *target) page(page parquet.Page, at, left, text int) (int, error) {
	n := int(page.NumRows())
	if n <= 0 || n > left {
		return 0, errPage
	}
	levels := page.DefinitionLevels()
	if levels != nil && len(levels) != n {
		return 0, errPage
	}
	if page.NumNulls() == 0 {
		levels = nil // nothing is missing
	}
	dict, data := page.Dictionary(), page.Data()
	if t.valid != nil {
		for i := range n {
			t.valid[at+i] = levels == nil || levels[i] != 0
		}
	}
	if t.typ == frame.String {
		return n, t.text[text].page(dict, &data, levels, n)
	}
	if dict != nil {
		return 0, errors.New("a dictionary where values should be")
	}
	switch t.typ {
	case frame.Float64:
		return n, spread(t.floats[at:at+n], data.Double(), levels, math.NaN())
	case frame.Date:
		return n, spread(t.dates[at:at+n], data.Int32(), levels, 0)
	case frame.Bool:
		return n, spreadBits(t.bools[at:at+n], data.Boolean(), levels)
	}
	return n, spread(t.ints[at:at+n], data.Int64(), levels, 0)
}

// spread copies values to the rows that have one, and missing to the others. levels nil: every row has one.
func spread[T any](rows, values []T, levels []byte, missing T) error {
	if levels == nil {
		if len(values) < len(rows) {
			return errPage
		}
		copy(rows, values)
		return nil
	}
	k := 0
	for i, level := range levels {
		if level == 0 {
			rows[i] = missing
			continue
		}
		if k == len(values) {
			return errPage
		}
		rows[i] = values[k]
		k++
	}
	return nil
}

func spreadBits(rows []bool, bits []byte, levels []byte) error {
	k := 0
	for i := range rows {
		if levels != nil && levels[i] == 0 {
			continue
		}
		if k>>3 >= len(bits) {
			return errPage
		}
		rows[i] = bits[k>>3]>>(k&7)&1 != 0
		k++
	}
	return nil
}

// textRows is the text of a row group: each row's place in a list of distinct strings.
type textRows struct {
	dict  []string
	whole bool    // the dictionary is in dict
	index []int32 // -1: missing
}

// page takes a page's rows: places in the dictionary, or the strings themselves where there were too many for one.
func (t *textRows) page(dict parquet.Dictionary, data *encoding.Values, levels []byte, n int) error {
	at := len(t.index)
	t.index = append(t.index, make([]int32, n)...)
	if dict == nil {
		return t.plain(data, levels, at)
	}
	if !t.whole {
		if len(t.dict) > 0 {
			return errPage // a dictionary comes before everything else
		}
		values := dict.Page().Data()
		t.dict, t.whole = cutText(values.ByteArray()), true
	}
	index := data.Int32()
	if err := spread(t.index[at:], index, levels, -1); err != nil {
		return err
	}
	for _, i := range index {
		if i < 0 || int(i) >= len(t.dict) {
			return errors.New("a string that is not in the dictionary")
		}
	}
	return nil
}

func (t *textRows) plain(data *encoding.Values, levels []byte, at int) error {
	strs := cutText(data.ByteArray())
	index := make([]int32, len(strs))
	for i := range index {
		index[i] = int32(len(t.dict) + i)
	}
	t.dict = append(t.dict, strs...)
	return spread(t.index[at:], index, levels, -1)
}

// cutText returns the strings that lie in data between one offset and the next, as pieces of one.
func cutText(data []byte, offsets []uint32) []string {
	if len(offsets) == 0 {
		return nil
	}
	all := string(data)
	out := make([]string, len(offsets)-1)
	for i := range out {
		out[i] = all[offsets[i]:offsets[i+1]]
	}
	return out
}
