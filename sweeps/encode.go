package sweeps

import (
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/columns"
	"github.com/tdlake/tdlake/internal/seal"
)

// How results are encoded. Another value of any of these changes the bytes of every file.
const (
	groupRows = 1 << 17 // rows a row group
	zstdLevel = 2       // level -1 leaves two fifths more of metrics, and is no faster by anything that shows
)

var zstd = columns.Zstd(zstdLevel)

// metaKey is the key in a Parquet file's footer under which its meta is, as JSON.
const metaKey = "tdlake.sweep"

// idColumn is the one text column without repetitions, which a dictionary would only make larger.
const idColumn = "local_hash_id"

// encoder writes tables of one shape as one Parquet file, whose bytes depend on the rows alone and not on how they were
// handed over: rows gather until they fill a row group.
type encoder struct {
	shape   shape
	w       *columns.Writer
	seal    *seal.Writer
	pending []duck.Table
	rows    int
}

// shape is what every table of a file has in common.
type shape struct {
	names []string
	types []frame.Type
}

func shapeOf(t duck.Table) (shape, error) {
	s := shape{names: t.Names}
	for i, c := range t.Columns {
		kind := typeOfArrow(c.DataType())
		if kind == 0 {
			return s, fmt.Errorf("column %q is %s, which results don't hold", t.Names[i], c.DataType())
		}
		s.types = append(s.types, kind)
	}
	return s, nil
}

func typeOfArrow(t arrow.DataType) frame.Type {
	for _, kind := range []frame.Type{frame.Float64, frame.Int64, frame.Bool, frame.String, frame.Timestamp, frame.Date} {
		if arrow.TypeEqual(kind.Arrow(), t) {
			return kind
		}
	}
	return 0
}

func newEncoder(w io.Writer, s shape) *encoder {
	cols := make([]columns.Column, len(s.names))
	for i, name := range s.names {
		cols[i] = columns.Column{Name: name, Node: parquet.Optional(leaf(name, s.types[i]))}
	}
	sealed := seal.NewWriter(w)
	return &encoder{shape: s, w: columns.NewWriter(sealed, "points", cols, zstd), seal: sealed}
}

// sameColumns reports whether a file has the columns that are written here.
func (e *encoder) sameColumns(f *resultFile) bool {
	return slices.Equal(f.names, e.shape.names) && !slices.ContainsFunc(f.names, func(name string) bool {
		return f.types[name] != e.shape.types[f.index[name]]
	})
}

func leaf(name string, t frame.Type) parquet.Node {
	switch t {
	case frame.Float64:
		return parquet.Leaf(parquet.DoubleType)
	case frame.Bool:
		return parquet.Leaf(parquet.BooleanType)
	case frame.String:
		if name == idColumn {
			return parquet.String()
		}
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	case frame.Timestamp:
		return parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.RLEDictionary)
	case frame.Date:
		return parquet.Date()
	}
	return parquet.Encoded(parquet.Leaf(parquet.Int64Type), &parquet.RLEDictionary)
}

// append adds a table's rows.
func (e *encoder) append(t duck.Table) error {
	for at, n := 0, t.Rows(); at < n; {
		take := min(n-at, groupRows-e.rows)
		part := duck.Table{Names: t.Names, Columns: make([]arrow.Array, len(t.Columns))}
		for i, c := range t.Columns {
			part.Columns[i] = array.NewSlice(c, int64(at), int64(at+take))
		}
		e.pending = append(e.pending, part)
		e.rows += take
		at += take
		if e.rows == groupRows {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes what is pending as a row group, if anything is. Columns are encoded side by side: each keeps its pages to itself until the
// writer puts them one after another.
func (e *encoder) flush() error {
	if e.rows == 0 {
		return nil
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, w := range e.w.ColumnWriters() {
		g.Go(func() error {
			f := e.w.Feeders[i]
			for _, t := range e.pending {
				if err := f.Feed(t.Columns[i]); err != nil {
					return err
				}
			}
			if err := f.Flush(); err != nil {
				return err
			}
			return w.Flush() // its last page, which the writer would compress with the others', one after the other
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	e.pending, e.rows = e.pending[:0], 0
	return e.w.Flush()
}

// close writes the last row group and the footer with the file's meta.
func (e *encoder) close(meta []byte) error {
	if err := e.flush(); err != nil {
		return err
	}
	e.w.SetKeyValueMetadata(metaKey, string(meta))
	e.w.SetKeyValueMetadata(seal.Key, seal.Blank)
	e.seal.Footer()
	if err := e.w.Close(); err != nil {
		return err
	}
	return e.seal.Close()
}
