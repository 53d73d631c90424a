package python

import (
	"encoding/binary"
	"errors"
)

// checkLengths walks the messages of an Arrow IPC stream and checks that no vector in their metadata claims more items than
// there are bytes. The Arrow library makes room for as many as are claimed before it looks at any, which nothing can recover
// from; all else that may be wrong it finds, or runs out of bounds, which decode makes an error of.
func checkLengths(text []byte) error {
	const continuation = 0xFFFFFFFF
	for len(text) >= 4 {
		n := binary.LittleEndian.Uint32(text)
		text = text[4:]
		if n == continuation {
			if len(text) < 4 {
				return errBroken
			}
			n = binary.LittleEndian.Uint32(text)
			text = text[4:]
		}
		if n == 0 {
			return nil // the end of the stream
		}
		if uint64(n) > uint64(len(text)) {
			return errBroken
		}
		c := checker{text: text[:n], left: len(text) + 1000}
		body := c.message()
		if c.bad || body < 0 || body > int64(len(text))-int64(n) {
			return errBroken
		}
		text = text[int64(n)+body:]
	}
	return nil
}

var errBroken = errors.New("a length in it is more than there is")

// The fields of Arrow's flatbuffers that hold vectors, or lead to some (format/Message.fbs, Schema.fbs).
const (
	messageHeaderType = 1
	messageHeader     = 2
	messageBodyLength = 3
	messageMetadata   = 4

	schemaFields   = 1
	schemaMetadata = 2
	schemaFeatures = 3

	fieldChildren = 5
	fieldMetadata = 6

	batchNodes    = 1
	batchBuffers  = 2
	batchVariadic = 4

	dictionaryData = 1

	headerSchema, headerDictionary, headerBatch = 1, 2, 3
)

// checker reads the flatbuffer of one message. bad is set by the first thing that lies outside of it.
type checker struct {
	text []byte
	left int // tables that may yet be visited: more than there are bytes is no honest metadata
	bad  bool
}

// at returns n bytes, or zeros where there are none.
func (c *checker) at(i, n int) []byte {
	if i < 0 || i > len(c.text)-n {
		c.bad = true
		return make([]byte, n)
	}
	return c.text[i : i+n]
}

func (c *checker) u32(i int) int { return int(binary.LittleEndian.Uint32(c.at(i, 4))) }

// field returns where a table's field is; 0: it has none.
func (c *checker) field(table, field int) int {
	vtable := table - int(int32(binary.LittleEndian.Uint32(c.at(table, 4))))
	size := int(binary.LittleEndian.Uint16(c.at(vtable, 2)))
	slot := 4 + 2*field
	if c.bad || slot+2 > size {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(c.at(vtable+slot, 2)))
	if offset == 0 || c.bad {
		return 0
	}
	return table + offset
}

// follow returns what a field of offsets points to; 0: nothing.
func (c *checker) follow(field int) int {
	if field == 0 {
		return 0
	}
	return field + c.u32(field)
}

// vector checks a vector of items of a size and returns where it begins and how many there are.
func (c *checker) vector(table, field, size int) (begin, n int) {
	at := c.follow(c.field(table, field))
	if at == 0 || c.bad {
		return 0, 0
	}
	n = c.u32(at)
	if begin = at + 4; c.bad || n > (len(c.text)-begin)/size {
		c.bad = true
		return 0, 0
	}
	return begin, n
}

// message checks the root table and returns the length of the body that follows.
func (c *checker) message() (body int64) {
	root := c.u32(0)
	c.vector(root, messageMetadata, 4)
	header := c.follow(c.field(root, messageHeader))
	kind := 0
	if at := c.field(root, messageHeaderType); at != 0 {
		kind = int(c.at(at, 1)[0])
	}
	if at := c.field(root, messageBodyLength); at != 0 {
		body = int64(binary.LittleEndian.Uint64(c.at(at, 8)))
	}
	switch {
	case header == 0 || c.bad:
	case kind == headerSchema:
		c.vector(header, schemaMetadata, 4)
		c.vector(header, schemaFeatures, 8)
		c.fields(header, schemaFields)
	case kind == headerBatch:
		c.batch(header)
	case kind == headerDictionary:
		if data := c.follow(c.field(header, dictionaryData)); data != 0 {
			c.batch(data)
		}
	}
	return body
}

func (c *checker) fields(table, field int) {
	begin, n := c.vector(table, field, 4)
	for i := range n {
		if c.left--; c.left < 0 || c.bad {
			c.bad = true
			return
		}
		at := begin + 4*i
		child := at + c.u32(at)
		c.vector(child, fieldMetadata, 4)
		c.fields(child, fieldChildren)
	}
}

func (c *checker) batch(table int) {
	c.vector(table, batchNodes, 16)
	c.vector(table, batchBuffers, 16)
	c.vector(table, batchVariadic, 8)
}
