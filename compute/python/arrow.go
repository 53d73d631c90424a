package python

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

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
//
// Lengths inside a stream are no more to be trusted than the rest: memory is bounded by the bytes that are there, compressed
// buffers expand by no more than a factor, and a column of times, whose values are all there, vouches for the rows of one without values.
func decode(text []byte) (t *table, err error) {
	defer func() {
		if failed := recover(); failed != nil {
			err = fmt.Errorf("the Arrow stream is broken: %v", failed)
		}
	}()
	if err := checkLengths(text); err != nil {
		return nil, fmt.Errorf("the output is no Arrow IPC stream: %w", err)
	}
	size := int64(len(text))
	in, err := ipc.NewReader(bytes.NewReader(text), ipc.WithMetadataSizeLimit(size), ipc.WithBodySizeLimit(size),
		ipc.WithAllocator(&bounded{left: most + expansion*size}))
	if err != nil {
		return nil, fmt.Errorf("the output is no Arrow IPC stream: %w", err)
	}
	schema := in.Schema()
	timed := func(f arrow.Field) bool {
		kind, _ := typeFor(f.Type)
		return kind == frame.Timestamp || kind == frame.Date
	}
	empty := func(f arrow.Field) bool { return f.Type.ID() == arrow.NULL }
	if slices.ContainsFunc(schema.Fields(), empty) && !slices.ContainsFunc(schema.Fields(), timed) {
		return nil, errorf("time_index must be one", "no column of the output is a timestamp")
	}
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

const (
	most      = 64 << 20
	expansion = 100
)

// bounded is an allocator that gives out so much and no more. What it panics with, decode makes an error of.
type bounded struct {
	memory.GoAllocator
	left int64
}

func (b *bounded) Allocate(size int) []byte {
	b.take(int64(size))
	return b.GoAllocator.Allocate(size)
}

func (b *bounded) Reallocate(size int, old []byte) []byte {
	b.take(int64(size))
	return b.GoAllocator.Reallocate(size, old)
}

func (b *bounded) take(size int64) {
	if b.left -= size; b.left < 0 {
		panic("it asks for more memory than its size explains")
	}
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
	if kind == frame.Timestamp {
		b.Reserve(n)
	}
	for _, p := range parts {
		if err := appendAll(b, p); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}
