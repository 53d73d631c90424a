package duck

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// scan is one reading of a table by DuckDB.
type scan struct {
	table   Table
	columns []int // those asked for; a number past the end asks for none, as count(*) does
	at      int   // the next row
}

// next fills a chunk with the next rows, none at the end.
func (s *scan) next(out mapping.DataChunk) {
	n := min(s.table.Rows()-s.at, int(mapping.VectorSize()))
	for i, col := range s.columns {
		if col < 0 || col >= len(s.table.Columns) {
			continue
		}
		fill(mapping.DataChunkGetVector(out, mapping.IdxT(i)), s.table.Columns[col], s.at, n)
	}
	mapping.DataChunkSetSize(out, mapping.IdxT(n))
	s.at += n
}

// fill copies rows from..from+n-1 of a column into a vector.
func fill(v mapping.Vector, c arrow.Array, from, n int) {
	if n == 0 {
		return
	}
	missing := nulls{vector: v}
	for i := 0; c.NullN() > 0 && i < n; i++ {
		if c.IsNull(from + i) {
			missing.set(i)
		}
	}
	switch c := c.(type) {
	case *array.Float64:
		vals := c.Values()[from : from+n]
		copy(slots[float64](v, n), vals)
		for i, x := range vals {
			if x != x {
				missing.set(i)
			}
		}
	case *array.Int64:
		copy(slots[int64](v, n), c.Values()[from:])
	case *array.Timestamp:
		copy(slots[int64](v, n), arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(c.Values()[from:from+n])))
	case *array.Date32:
		copy(slots[int32](v, n), arrow.Int32Traits.CastFromBytes(arrow.Date32Traits.CastToBytes(c.Values()[from:from+n])))
	case *array.Boolean:
		out := slots[bool](v, n)
		for i := range out {
			out[i] = c.Value(from + i)
		}
	case *array.String:
		out := slots[duckString](v, n)
		for i := range out {
			if c.IsValid(from + i) {
				fillString(v, out, i, c.Value(from+i))
			}
		}
	case *array.List:
		fillList(v, c, from, n)
	}
}

// fillString writes short strings in place; DuckDB copies longer ones to memory of its own.
func fillString(v mapping.Vector, out []duckString, i int, s string) {
	if len(s) > inlined {
		mapping.VectorAssignStringElement(v, mapping.IdxT(i), s)
		return
	}
	out[i] = duckString{length: uint32(len(s))}
	copy(out[i].text[:], s)
}

func fillList(v mapping.Vector, c *array.List, from, n int) {
	type entry struct{ offset, length uint64 }
	first, _ := c.ValueOffsets(from)
	_, last := c.ValueOffsets(from + n - 1)
	out := slots[entry](v, n)
	for i := range out {
		b, e := c.ValueOffsets(from + i)
		out[i] = entry{uint64(b - first), uint64(e - b)}
	}
	mapping.ListVectorReserve(v, mapping.IdxT(last-first))
	mapping.ListVectorSetSize(v, mapping.IdxT(last-first))
	fill(mapping.ListVectorGetChild(v), c.ListValues(), int(first), int(last-first))
}

// nulls marks missing rows of a vector that is being filled.
type nulls struct {
	vector mapping.Vector
	mask   unsafe.Pointer // nil until a row is missing
}

func (m *nulls) set(i int) {
	if m.mask == nil {
		mapping.VectorEnsureValidityWritable(m.vector)
		m.mask = mapping.VectorGetValidity(m.vector)
	}
	word := (*uint64)(unsafe.Add(m.mask, i/64*8))
	*word &^= 1 << (i % 64)
}

// slots returns a vector's memory.
func slots[T any](v mapping.Vector, n int) []T {
	return unsafe.Slice((*T)(mapping.VectorGetData(v)), n)
}

// inlined is the longest text that a duckString holds itself.
const inlined = 12

// duckString is DuckDB's duckdb_string_t: short text inline, else four bytes of it and a pointer to all of it.
type duckString struct {
	length uint32
	text   [inlined]byte
}

// bytes returns the text, in DuckDB's memory.
func (s *duckString) bytes() []byte {
	if s.length <= inlined {
		return s.text[:s.length]
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.text[4])), s.length)
}
