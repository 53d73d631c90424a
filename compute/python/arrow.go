package python

import (
	"bytes"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/tdlake/tdlake/frame"
)

// encode writes a frame as an Arrow IPC stream.
func encode(f *frame.Frame) ([]byte, error) {
	var b bytes.Buffer
	if err := encodeTo(&b, f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func encodeTo(w io.Writer, f *frame.Frame) error {
	out := ipc.NewWriter(w, ipc.WithSchema(f.Schema().Arrow()))
	if err := out.Write(f.Record()); err != nil {
		return err
	}
	return out.Close()
}

// table is what came back: columns end to end, of whatever types.
type table struct {
	names   []string
	columns []arrow.Array
	rows    int
}

// decode reads an Arrow IPC stream. Bytes come from outside: whatever they are, an error is all that may come of it.
func decode(r io.Reader) (t *table, err error) {
	defer func() {
		if failed := recover(); failed != nil {
			err = fmt.Errorf("the Arrow stream is broken: %v", failed)
		}
	}()
	in, err := ipc.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("the output is no Arrow IPC stream: %w", err)
	}
	schema := in.Schema()
	parts := make([][]arrow.Array, schema.NumFields())
	for in.Next() {
		batch := in.RecordBatch()
		for i := range parts {
			c := batch.Column(i)
			c.Retain()
			parts[i] = append(parts[i], c)
		}
	}
	if err := in.Err(); err != nil && err != io.EOF {
		return nil, fmt.Errorf("the Arrow stream is broken: %w", err)
	}
	t = &table{}
	for i, f := range schema.Fields() {
		column, err := join(f.Type, parts[i])
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		t.names, t.columns, t.rows = append(t.names, f.Name), append(t.columns, column), column.Len()
	}
	return t, nil
}

// join puts the batches of a column end to end, in a type that a frame holds.
func join(t arrow.DataType, parts []arrow.Array) (arrow.Array, error) {
	kind, err := typeFor(t)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, p := range parts {
		n += p.Len()
	}
	b := array.NewBuilder(allocator, kind.Arrow())
	b.Reserve(n)
	for _, p := range parts {
		if err := appendAll(b, p); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}
