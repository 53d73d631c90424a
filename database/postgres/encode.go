package postgres

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
)

// An encoder is a frame as COPY's binary stream, made as it is read. See decoder for the format.
type encoder struct {
	columns []func(buf []byte, row int) []byte
	rows    int

	next  int
	buf   []byte
	begun bool
	ended bool
}

const encodeAhead = 64 << 10

func newEncoder(f *frame.Frame) *encoder {
	e := &encoder{rows: f.Rows(), columns: make([]func([]byte, int) []byte, len(f.Schema().Fields))}
	for i := range e.columns {
		e.columns[i] = appender(f.Column(i))
	}
	return e
}

// Read implements io.Reader.
func (e *encoder) Read(p []byte) (int, error) {
	if len(e.buf) == 0 {
		if e.ended {
			return 0, io.EOF
		}
		e.fill()
	}
	n := copy(p, e.buf)
	e.buf = e.buf[n:]
	return n, nil
}

func (e *encoder) fill() {
	buf := e.buf[:0]
	if !e.begun {
		buf = append(buf, signature...)
		buf = append(buf, make([]byte, 8)...) // no flags, no extension
		e.begun = true
	}
	for e.next < e.rows && len(buf) < encodeAhead {
		buf = binary.BigEndian.AppendUint16(buf, uint16(len(e.columns)))
		for _, column := range e.columns {
			buf = column(buf, e.next)
		}
		e.next++
	}
	if e.next == e.rows {
		buf = binary.BigEndian.AppendUint16(buf, math.MaxUint16)
		e.ended = true
	}
	e.buf = buf
}

// appender returns a function that appends a column's value of a row, with its length.
func appender(a arrow.Array) func([]byte, int) []byte {
	value := func(buf []byte, i int) []byte { return buf }
	fixed := func(size uint32, bits func(i int) uint64) func([]byte, int) []byte {
		return func(buf []byte, i int) []byte {
			buf = binary.BigEndian.AppendUint32(buf, size)
			if size == 4 {
				return binary.BigEndian.AppendUint32(buf, uint32(bits(i)))
			}
			return binary.BigEndian.AppendUint64(buf, bits(i))
		}
	}
	switch c := a.(type) {
	case *array.Float64:
		value = fixed(8, func(i int) uint64 { return math.Float64bits(c.Value(i)) })
	case *array.Int64:
		value = fixed(8, func(i int) uint64 { return uint64(c.Value(i)) })
	case *array.Timestamp:
		value = fixed(8, func(i int) uint64 { return uint64(int64(c.Value(i)) - epoch2000) })
	case *array.Date32:
		value = fixed(4, func(i int) uint64 { return uint64(int64(c.Value(i)) - days2000) })
	case *array.Boolean:
		value = func(buf []byte, i int) []byte {
			return append(binary.BigEndian.AppendUint32(buf, 1), map[bool]byte{true: 1}[c.Value(i)])
		}
	case *array.String:
		value = func(buf []byte, i int) []byte {
			text := c.Value(i)
			return append(binary.BigEndian.AppendUint32(buf, uint32(len(text))), text...)
		}
	}
	return func(buf []byte, i int) []byte {
		if a.IsNull(i) {
			return binary.BigEndian.AppendUint32(buf, math.MaxUint32)
		}
		return value(buf, i)
	}
}
