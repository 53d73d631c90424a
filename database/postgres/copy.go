package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// A decoder turns COPY's binary stream into blocks. The stream is a signature, then rows: a count of fields, and for
// each its length, -1 where it is null, and its bytes, all big endian; then a count of -1. PostgreSQL sends a row a
// message, which is decoded where it lies; should a row be split over messages, its beginning is kept.
type decoder struct {
	cols []column
	key  int // so many columns come first that cannot be null
	b    *block

	rest       []byte // the beginning of something that has not come in whole
	begun      bool   // the signature was seen
	ended      bool   // the end was seen
	infinities []int  // a column
}

var signature = []byte("PGCOPY\n\xff\r\n\x00")

const (
	epoch2000   = 946_684_800_000_000 // 2000-01-01 in microseconds since 1970
	days2000    = 10_957
	maxTextSize = math.MaxInt32 // of one column of one block
)

var errTruncated = errors.New("the stream of rows ended in the middle of one")

// nullKey is a row without a value in its key.
type nullKey struct{ column column }

func (e *nullKey) Error() string { return fmt.Sprintf("a row has no %q", e.column.name) }

// badValue is a value that a column cannot hold.
type badValue struct {
	column column
	what   string
}

func (e *badValue) Error() string { return fmt.Sprintf("column %q %s", e.column.name, e.what) }

func newDecoder(r *relation) *decoder {
	return &decoder{cols: r.cols, key: r.schema.Key, infinities: make([]int, len(r.cols))}
}

// feed decodes the rows in p into d.b, keeping what is not whole. It does not hold on to p.
func (d *decoder) feed(p []byte) error {
	if len(d.rest) > 0 {
		p = append(d.rest, p...)
		d.rest = nil
	}
	for len(p) > 0 {
		n, err := d.next(p)
		if err != nil {
			return err
		}
		if n == 0 {
			d.rest = append([]byte(nil), p...)
			return nil
		}
		p = p[n:]
	}
	return nil
}

// end reports a stream that stopped short.
func (d *decoder) end() error {
	if !d.ended || len(d.rest) > 0 {
		return errTruncated
	}
	return nil
}

// next decodes the signature, a row or the end, and returns how long it was, 0 where more bytes are needed.
func (d *decoder) next(p []byte) (int, error) {
	switch {
	case d.ended:
		return 0, errors.New("the stream of rows goes on after its end")
	case !d.begun:
		return d.header(p)
	case len(p) < 2:
		return 0, nil
	}
	fields := int16(binary.BigEndian.Uint16(p))
	if fields == -1 {
		d.ended = true
		return 2, nil
	}
	if int(fields) != len(d.cols) {
		return 0, fmt.Errorf("a row of %d fields in place of %d", fields, len(d.cols))
	}
	size, err := measure(p, int(fields))
	if size == 0 || err != nil {
		return 0, err
	}
	return size, d.row(p[2:size], size)
}

func (d *decoder) header(p []byte) (int, error) {
	const fixed = 11 + 4 + 4
	if len(p) < fixed {
		return 0, nil
	}
	if string(p[:11]) != string(signature) {
		return 0, errors.New("not a stream of rows: its signature is wrong")
	}
	if flags := binary.BigEndian.Uint32(p[11:]); flags&0xffff0000 != 0 {
		return 0, fmt.Errorf("a stream of rows with unknown flags %#x", flags)
	}
	extension := int64(binary.BigEndian.Uint32(p[15:]))
	if extension > 1<<20 {
		return 0, errors.New("a stream of rows with a header that is too long")
	}
	if int64(len(p)) < fixed+extension {
		return 0, nil
	}
	d.begun = true
	return int(fixed + extension), nil
}

// measure returns how long a row is, 0 where it is not all there.
func measure(p []byte, fields int) (int, error) {
	at := 2
	for range fields {
		if len(p)-at < 4 {
			return 0, nil
		}
		n := int(int32(binary.BigEndian.Uint32(p[at:])))
		at += 4
		switch {
		case n < -1:
			return 0, fmt.Errorf("a field of length %d", n)
		case n > len(p)-at:
			return 0, nil
		case n > 0:
			at += n
		}
	}
	return at, nil
}

// row appends a row, which is known to be whole. A row that cannot be kept leaves the block unusable.
func (d *decoder) row(p []byte, size int) error {
	b := d.b
	for i := range d.cols {
		n := int(int32(binary.BigEndian.Uint32(p)))
		p = p[4:]
		if n < 0 {
			if err := d.null(i); err != nil {
				return err
			}
			continue
		}
		if err := d.value(i, p[:n:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	b.rows++
	b.size += size
	return nil
}
