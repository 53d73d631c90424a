package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/columns"
)

// How rows are encoded. Another value of any of these changes the bytes of every file.
const (
	groupRows  = 1 << 17 // rows a row group, the last of a file excepted
	schemaRoot = "rows"
	zstdLevel  = -1 // real prices take 2 % more room than at level 2, which takes nearly twice the time
)

var zstd = columns.Zstd(zstdLevel)

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

// node returns how the column is encoded. Whole numbers, times and dates go as differences, in as few bits as those need: of prices' volumes a
// fifth smaller than zstd makes them, and it then has nothing to find in them.
func (c column) node() parquet.Node {
	var n parquet.Node
	switch c.typ {
	case frame.Float64:
		n = parquet.Leaf(parquet.DoubleType)
	case frame.Bool:
		n = parquet.Leaf(parquet.BooleanType)
	case frame.String:
		n = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	case frame.Timestamp:
		n = parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.DeltaBinaryPacked)
	case frame.Date:
		n = parquet.Encoded(parquet.Date(), &parquet.DeltaBinaryPacked)
	default:
		n = parquet.Encoded(parquet.Leaf(parquet.Int64Type), &parquet.DeltaBinaryPacked)
	}
	if c.nullable {
		return parquet.Optional(n)
	}
	return parquet.Required(n)
}

// encoder writes one Parquet file, row group by row group.
type encoder struct{ w *columns.Writer }

func newEncoder(w io.Writer, cols []column) *encoder {
	stored := make([]columns.Column, len(cols))
	for i, c := range cols {
		stored[i] = columns.Column{Name: c.name, Node: c.node()}
	}
	return &encoder{columns.NewWriter(w, schemaRoot, stored, zstd)}
}

// group writes a row group. Column i is pieces[0][i], pieces[1][i] and so on, end to end: the bytes depend on the values,
// not on where one piece ends.
func (e *encoder) group(pieces [][]arrow.Array) error {
	for i, f := range e.w.Feeders {
		for _, piece := range pieces {
			if err := f.Feed(piece[i]); err != nil {
				return err
			}
		}
		if err := f.Flush(); err != nil {
			return err
		}
	}
	return e.w.Flush()
}

// close writes the footer.
func (e *encoder) close() error { return e.w.Close() }

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
