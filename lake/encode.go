package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/tdlake/tdlake/frame"
)

// How rows are encoded. Another value of any of these changes the bytes of every file.
const (
	groupRows     = 1 << 17 // rows a row group, the last of a file excepted
	batchValues   = 4096    // values handed to a column at once: pages end only between batches
	pageBytes     = 1 << 20
	dictionaryMax = 1 << 20 // of a column in a row group; beyond it the column goes on without
	schemaRoot    = "rows"
)

// column is a column of a file.
type column struct {
	name     string
	typ      frame.Type
	nullable bool
}

// columnsOf returns the columns of the files that hold a schema's rows: the key's are required, values optional.
func columnsOf(s frame.Schema) []column {
	cols := make([]column, len(s.Fields))
	for i, f := range s.Fields {
		cols[i] = column{f.Name, f.Type, i >= s.Key}
	}
	return cols
}

// node returns how the column is encoded. The first is time_index, which ascends.
func (c column) node(first bool) parquet.Node {
	var n parquet.Node
	switch c.typ {
	case frame.Float64:
		n = parquet.Leaf(parquet.DoubleType)
	case frame.Bool:
		n = parquet.Leaf(parquet.BooleanType)
	case frame.String:
		n = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	case frame.Timestamp:
		n = parquet.Timestamp(parquet.Microsecond)
		if first {
			n = parquet.Encoded(n, &parquet.DeltaBinaryPacked)
		}
	case frame.Date:
		n = parquet.Date()
	default:
		n = parquet.Leaf(parquet.Int64Type)
	}
	if c.nullable {
		return parquet.Optional(n)
	}
	return parquet.Required(n)
}

// ordered is a parquet.Group whose fields keep their order; Parquet's own sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func (o ordered) Fields() []parquet.Field { return o.fields }

func parquetSchema(cols []column) *parquet.Schema {
	g := ordered{Group: parquet.Group{}}
	for i, c := range cols {
		g.Group[c.name] = c.node(i == 0)
	}
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	for _, c := range cols {
		g.fields = append(g.fields, byName[c.name])
	}
	return parquet.NewSchema(schemaRoot, g)
}

// encoder writes one Parquet file, row group by row group.
type encoder struct {
	w    *parquet.GenericWriter[any]
	cols []column
	buf  []parquet.Value
}

func newEncoder(w io.Writer, cols []column) *encoder {
	return &encoder{
		cols: cols,
		buf:  make([]parquet.Value, 0, batchValues),
		w: parquet.NewGenericWriter[any](w, parquetSchema(cols),
			parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
			parquet.DataPageVersion(1), parquet.DataPageStatistics(true), parquet.PageBufferSize(pageBytes),
			parquet.DictionaryMaxBytes(dictionaryMax), parquet.CreatedBy("tdlake", "1", "0")),
	}
}

// group writes a row group. Column i is pieces[0][i], pieces[1][i] and so on, end to end: the bytes depend on the values,
// not on where one piece ends.
func (e *encoder) group(pieces [][]arrow.Array) error {
	for i, w := range e.w.ColumnWriters() {
		for _, piece := range pieces {
			if err := e.feed(w, i, piece[i]); err != nil {
				return err
			}
		}
		if err := e.send(w); err != nil {
			return err
		}
	}
	return e.w.Flush()
}

// close writes the footer.
func (e *encoder) close() error { return e.w.Close() }

// feed hands a column's values to its writer.
func (e *encoder) feed(w *parquet.ColumnWriter, i int, a arrow.Array) error {
	value, level := valueOf(a), 0
	if e.cols[i].nullable {
		level = 1
	}
	nulls := a.NullN() > 0
	for k, n := 0, a.Len(); k < n; {
		for end := min(n, k+batchValues-len(e.buf)); k < end; k++ {
			if nulls && a.IsNull(k) {
				e.buf = append(e.buf, parquet.Value{}.Level(0, 0, i))
				continue
			}
			e.buf = append(e.buf, value(k).Level(0, level, i))
		}
		if len(e.buf) == batchValues {
			if err := e.send(w); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *encoder) send(w *parquet.ColumnWriter) error {
	if len(e.buf) == 0 {
		return nil
	}
	_, err := w.WriteRowValues(e.buf)
	e.buf = e.buf[:0]
	return err
}

// valueOf returns a function that gives the k-th value of a column of one of the lake's types.
func valueOf(a arrow.Array) func(k int) parquet.Value {
	switch c := a.(type) {
	case *array.Float64:
		v := c.Values()
		return func(k int) parquet.Value { return parquet.DoubleValue(v[k]) }
	case *array.Timestamp:
		v := c.Values()
		return func(k int) parquet.Value { return parquet.Int64Value(int64(v[k])) }
	case *array.Int64:
		v := c.Values()
		return func(k int) parquet.Value { return parquet.Int64Value(v[k]) }
	case *array.Boolean:
		return func(k int) parquet.Value { return parquet.BooleanValue(c.Value(k)) }
	case *array.Date32:
		v := c.Values()
		return func(k int) parquet.Value { return parquet.Int32Value(int32(v[k])) }
	case *array.String:
		return func(k int) parquet.Value {
			s := c.Value(k) // the writer copies what it keeps
			return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s)))
		}
	}
	panic(fmt.Sprintf("lake: no column type for %s", a.DataType()))
}

// columnArrays returns a frame's columns.
func columnArrays(f *frame.Frame) []arrow.Array {
	out := make([]arrow.Array, len(f.Schema().Fields))
	for i := range out {
		out[i] = f.Column(i)
	}
	return out
}

// writeFrame writes a frame as one Parquet file that appears whole or not at all. It returns the file's size and its
// SHA-256 in hexadecimal, or a *WriteError.
func writeFrame(fs fsys, dir, name string, f *frame.Frame) (size int64, sum string, err error) {
	var sink *hashing
	err = writeFile(context.Background(), fs, dir, name, func(w io.Writer) error {
		sink = newHashing(w)
		e := newEncoder(sink, columnsOf(f.Schema()))
		for at := 0; at < f.Rows(); at += groupRows {
			piece := columnArrays(f.Slice(at, min(at+groupRows, f.Rows())))
			if err := e.group([][]arrow.Array{piece}); err != nil {
				return err
			}
		}
		return e.close()
	})
	if err != nil {
		return 0, "", err
	}
	return sink.size, sink.sum(), nil
}

// hashing counts and sums what passes through.
type hashing struct {
	w    io.Writer
	h    hash.Hash
	size int64
}

func newHashing(w io.Writer) *hashing { return &hashing{w: w, h: sha256.New()} }

func (h *hashing) Write(p []byte) (int, error) {
	n, err := h.w.Write(p)
	h.h.Write(p[:n])
	h.size += int64(n)
	return n, err
}

func (h *hashing) sum() string { return hex.EncodeToString(h.h.Sum(nil)) }
