package lake

import (
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/columns"
)

// target is where a column is decoded to. Each row is written once, by whoever decodes its row group.
type target struct {
	typ    frame.Type
	floats []float64 // NaN is missing
	ints   []int64
	dates  []int32
	bools  []bool
	valid  []bool         // nil where nothing can be missing, and for floats and text
	text   []columns.Text // one a row group
}

func newTarget(c column, rows int, groups int) *target {
	t := &target{typ: c.typ}
	switch c.typ {
	case frame.Float64:
		t.floats = make([]float64, rows)
	case frame.String:
		t.text = make([]columns.Text, groups)
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

// page takes a page's rows, at most left, and returns how many they were.
func (t *target) page(page parquet.Page, at, left, text int) (int, error) {
	p, err := columns.NewPage(page, left)
	if err != nil {
		return 0, err
	}
	if t.valid != nil {
		p.Valid(t.valid[at:])
	}
	switch t.typ {
	case frame.Float64:
		return p.Rows(), p.Floats(t.floats[at:])
	case frame.String:
		return p.Rows(), t.text[text].Add(p)
	case frame.Date:
		return p.Rows(), p.Dates(t.dates[at:])
	case frame.Bool:
		return p.Rows(), p.Bools(t.bools[at:])
	}
	return p.Rows(), p.Ints(t.ints[at:])
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
func textColumn(groups []columns.Text) (arrow.Array, error) {
	rows, nulls, size := 0, 0, int64(0)
	for _, g := range groups {
		rows += len(g.Rows)
		for _, i := range g.Rows {
			if i < 0 {
				nulls++
				continue
			}
			size += int64(len(g.Strings[i]))
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
		for _, i := range g.Rows {
			if i >= 0 {
				data = append(data, g.Strings[i]...)
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
