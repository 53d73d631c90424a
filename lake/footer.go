package lake

import (
	"encoding/binary"
	"errors"
	"io"
)

// A Parquet file ends with its footer, the footer's length and four letters.
const (
	parquetMagic  = "PAR1"
	parquetEnding = 8
)

var (
	errShort  = errors.New("it is too short for a Parquet file")
	errEnding = errors.New("it does not end as a Parquet file does")
	errFooter = errors.New("its footer is not readable")
)

// checkFooter holds every length in a file's footer against what there is of it. The Parquet library sets aside whatever
// memory a footer asks for, and a program that asks for too much ends without a chance to say which file it was.
func checkFooter(r io.ReaderAt, size int64) error {
	if size < int64(len(parquetMagic))+parquetEnding {
		return errShort
	}
	end := make([]byte, parquetEnding)
	if _, err := r.ReadAt(end, size-parquetEnding); err != nil {
		return err
	}
	if string(end[4:]) != parquetMagic {
		return errEnding
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if n > size-parquetEnding-int64(len(parquetMagic)) {
		return errEnding
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-parquetEnding-n); err != nil {
		return err
	}
	t := thriftText{footer}
	if err := t.skip(thriftStruct, 0); err != nil {
		return err
	}
	if len(t.rest) > 0 {
		return errFooter
	}
	return nil
}

// Types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
)

// thriftDepth is deeper than any footer nests.
const thriftDepth = 16

// thriftText is what is left to read of a Thrift value in the compact protocol.
type thriftText struct{ rest []byte }

func (t *thriftText) byte() (byte, error) {
	if len(t.rest) == 0 {
		return 0, errFooter
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return b, nil
}

func (t *thriftText) varint() (uint64, error) {
	v, n := binary.Uvarint(t.rest)
	if n <= 0 {
		return 0, errFooter
	}
	t.rest = t.rest[n:]
	return v, nil
}

func (t *thriftText) drop(n uint64) error {
	if n > uint64(len(t.rest)) {
		return errFooter
	}
	t.rest = t.rest[n:]
	return nil
}

// skip passes over a value.
func (t *thriftText) skip(typ byte, depth int) error {
	if depth > thriftDepth {
		return errFooter
	}
	switch {
	case typ == thriftTrue, typ == thriftFalse:
		return nil // as a field: the value is in the type
	case typ == thriftByte:
		return t.drop(1)
	case typ >= thriftI16 && typ <= thriftI64:
		_, err := t.varint()
		return err
	case typ == thriftDouble:
		return t.drop(8)
	case typ == thriftBinary:
		n, err := t.varint()
		if err != nil {
			return err
		}
		return t.drop(n)
	case typ == thriftList, typ == thriftSet:
		return t.skipList(depth)
	case typ == thriftStruct:
		return t.skipStruct(depth)
	}
	return errFooter // a map too: no footer has one
}

func (t *thriftText) skipStruct(depth int) error {
	for {
		head, err := t.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number follows
			if _, err := t.varint(); err != nil {
				return err
			}
		}
		if err := t.skip(head&0xf, depth+1); err != nil {
			return err
		}
	}
}

func (t *thriftText) skipList(depth int) error {
	head, err := t.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 0xf {
		if n, err = t.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(t.rest)) { // no element takes less than a byte
		return errFooter
	}
	typ := head & 0xf
	if typ == thriftTrue || typ == thriftFalse {
		return t.drop(n) // as an element: a byte each
	}
	for range n {
		if err := t.skip(typ, depth+1); err != nil {
			return err
		}
	}
	return nil
}
