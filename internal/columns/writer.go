package columns

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

// How every file is written. Another value of any of these, or of NewWriter's options, changes the bytes of all.
const (
	pageBytes     = 1 << 20
	dictionaryMax = 1 << 20 // of a column in a row group; beyond it the column goes on without
)

// Column is a column of a file.
type Column struct {
	Name string
	Node parquet.Node // its type, how it is encoded, whether values may be missing
}

// Writer writes one Parquet file. Each row group's columns are fed to Feeders, one a column.
type Writer struct {
	*parquet.GenericWriter[any]
	Feeders []*Feeder
}

// NewWriter begins a file of columns in their order, compressed by codec. root names its schema.
func NewWriter(w io.Writer, root string, cols []Column, codec compress.Codec) *Writer {
	out := &Writer{GenericWriter: parquet.NewGenericWriter[any](w, schemaOf(root, cols),
		parquet.Compression(codec),
		parquet.DataPageVersion(1), parquet.DataPageStatistics(false), parquet.PageBufferSize(pageBytes),
		parquet.DictionaryMaxBytes(dictionaryMax), parquet.CreatedBy("tdlake", "1", "0"))}
	for i, cw := range out.ColumnWriters() {
		out.Feeders = append(out.Feeders, NewFeeder(cw, i, cols[i].Node.Optional()))
	}
	return out
}

// ordered is a parquet.Group whose fields keep their order; Parquet's own sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func (o ordered) Fields() []parquet.Field { return o.fields }

func schemaOf(root string, cols []Column) *parquet.Schema {
	g := ordered{Group: parquet.Group{}}
	for _, c := range cols {
		g.Group[c.Name] = c.Node
	}
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	for _, c := range cols {
		g.fields = append(g.fields, byName[c.Name])
	}
	return parquet.NewSchema(root, g)
}
