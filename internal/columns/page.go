package columns

import (
	"errors"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// A Page is rows of one column as they lie in a file, decoded into whoever's slices, one element a row. It may not be used after the
// library's page was released.
type Page struct {
	rows   int
	levels []byte // of the rows, 0 where the value is missing; nil where none is
	dict   parquet.Dictionary
	data   encoding.Values
}

var errPage = errors.New("a page holds other rows than it says")

// NewPage looks at a page that has at most left rows, and at least one.
func NewPage(page parquet.Page, left int) (*Page, error) {
	p := &Page{rows: int(page.NumRows()), levels: page.DefinitionLevels(), dict: page.Dictionary(), data: page.Data()}
	if p.rows <= 0 || p.rows > left || p.levels != nil && len(p.levels) != p.rows {
		return nil, errPage
	}
	if page.NumNulls() == 0 {
		p.levels = nil
	}
	return p, nil
}

// Rows returns the number of rows: what follows fills as many elements.
func (p *Page) Rows() int { return p.rows }

// Valid says which rows have a value.
func (p *Page) Valid(rows []bool) {
	for i := range rows[:p.rows] {
		rows[i] = p.levels == nil || p.levels[i] != 0
	}
}

// Floats decodes doubles. What is missing is NaN.
func (p *Page) Floats(rows []float64) error {
	return numbers(p, rows, func(v encoding.Values) []float64 { return v.Double() }, math.NaN())
}

// Ints decodes 64-bit numbers and times. What is missing is 0.
func (p *Page) Ints(rows []int64) error {
	return numbers(p, rows, func(v encoding.Values) []int64 { return v.Int64() }, 0)
}

// Dates decodes 32-bit numbers. What is missing is 0.
func (p *Page) Dates(rows []int32) error {
	return numbers(p, rows, func(v encoding.Values) []int32 { return v.Int32() }, 0)
}

// Bools decodes booleans. What is missing is left as it is.
func (p *Page) Bools(rows []bool) error {
	if p.dict != nil {
		return errors.New("a dictionary of two values")
	}
	bits, k := p.data.Boolean(), 0
	for i := range rows[:p.rows] {
		if p.levels != nil && p.levels[i] == 0 {
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

// numbers decodes values that are there themselves, or as places in a dictionary, as sweeps write numbers that repeat.
func numbers[T any](p *Page, rows []T, values func(encoding.Values) []T, missing T) error {
	if p.dict == nil {
		return spread(rows[:p.rows], values(p.data), p.levels, missing)
	}
	words, index := values(p.dict.Page().Data()), p.data.Int32()
	found := make([]T, len(index))
	for i, at := range index {
		if at < 0 || int(at) >= len(words) {
			return errPage
		}
		found[i] = words[at]
	}
	return spread(rows[:p.rows], found, p.levels, missing)
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

// Text is the text of a row group: each row's place in a list of distinct strings, as far as its pages were added.
type Text struct {
	Strings []string
	Rows    []int32 // -1: missing
	whole   bool    // the dictionary is in Strings
}

// Add takes a page's rows: places in the dictionary, or the strings themselves where there were too many for one.
func (t *Text) Add(p *Page) error {
	at := len(t.Rows)
	t.Rows = append(t.Rows, make([]int32, p.rows)...)
	if p.dict == nil {
		return t.plain(p, at)
	}
	if !t.whole {
		if len(t.Strings) > 0 {
			return errPage // a dictionary comes before everything else
		}
		values := p.dict.Page().Data()
		t.Strings, t.whole = cutText(values.ByteArray()), true
	}
	index := p.data.Int32()
	if err := spread(t.Rows[at:], index, p.levels, -1); err != nil {
		return err
	}
	for _, i := range index {
		if i < 0 || int(i) >= len(t.Strings) {
			return errors.New("a string that is not in the dictionary")
		}
	}
	return nil
}

func (t *Text) plain(p *Page, at int) error {
	more := cutText(p.data.ByteArray())
	index := make([]int32, len(more))
	for i := range index {
		index[i] = int32(len(t.Strings) + i)
	}
	t.Strings = append(t.Strings, more...)
	return spread(t.Rows[at:], index, p.levels, -1)
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
