package lake

import (
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/tdlake/tdlake/frame"
)

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
		return n, t.lookUp(dict, data.Int32(), at, n, levels)
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

// lookUp takes n rows of a page whose values are places in a dictionary, as sweeps write numbers that repeat.
func (t *target) lookUp(dict parquet.Dictionary, index []int32, at, n int, levels []byte) error {
	words := dict.Page().Data()
	switch t.typ {
	case frame.Float64:
		return spreadWords(t.floats[at:at+n], words.Double(), index, levels, math.NaN())
	case frame.Date:
		return spreadWords(t.dates[at:at+n], words.Int32(), index, levels, 0)
	case frame.Bool:
		return errors.New("a dictionary of two values")
	}
	return spreadWords(t.ints[at:at+n], words.Int64(), index, levels, 0)
}

func spreadWords[T any](rows, words []T, index []int32, levels []byte, missing T) error {
	values := make([]T, len(index))
	for i, at := range index {
		if at < 0 || int(at) >= len(words) {
			return errPage
		}
		values[i] = words[at]
	}
	return spread(rows, values, levels, missing)
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
