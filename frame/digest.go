package frame

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Digest is a SHA-256 over the schema and every value, bit for bit, independent of how the frame was made: frames with the
// same rows have the same digest, and -0 differs from 0.
func (f *Frame) Digest() [32]byte {
	h := sha256.New()
	put := func(n uint64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], n)
		h.Write(b[:])
	}
	put(uint64(f.schema.Key))
	put(uint64(f.rows))
	for i, c := range f.cols {
		name := f.schema.Fields[i].Name
		put(uint64(len(name)))
		h.Write([]byte(name))
		put(uint64(f.schema.Fields[i].Type))
		digestColumn(h, c, put)
	}
	return [32]byte(h.Sum(nil))
}

func digestColumn(h hash.Hash, a arrow.Array, put func(uint64)) {
	value := func(int) {}
	switch c := a.(type) {
	case *array.Float64:
		value = func(i int) { put(math.Float64bits(c.Value(i))) }
	case *array.Int64:
		value = func(i int) { put(uint64(c.Value(i))) }
	case *array.Timestamp:
		value = func(i int) { put(uint64(c.Value(i))) }
	case *array.Date32:
		value = func(i int) { put(uint64(c.Value(i))) }
	case *array.String:
		value = func(i int) { put(uint64(len(c.Value(i)))); h.Write([]byte(c.Value(i))) }
	case *array.Boolean:
		value = func(i int) {
			if c.Value(i) {
				put(1)
			} else {
				put(0)
			}
		}
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			put(0)
			continue
		}
		put(1)
		value(i)
	}
}
