package files

import (
	"bufio"
	"fmt"
	"io"
)

// records takes a CSV file apart. A quote opens a quoted field at its beginning only, blanks aside, and is doubled within one. Lines end with LF,
// CRLF or CR. A record's fields are valid until the next one is read.
type records struct {
	in    *bufio.Reader
	sep   byte
	line  int // of the next record
	ends  [3]int
	buf   []byte
	stops []int // where each field of buf ends
	size  int   // of the longest record
}

// What lines end with: the places of records.ends, which hold the first line of each.
const (
	endLF = iota
	endCRLF
	endCR
)

func newRecords(in io.Reader, sep byte) *records {
	return &records{in: bufio.NewReaderSize(in, 1<<20), sep: sep, line: 1}
}

// quoteError is a quote where none may be.
type quoteError struct {
	line int
	what string
}

func (e *quoteError) Error() string { return fmt.Sprintf("%d: %s", e.line, e.what) }

// next reads a record and the line that it begins in. io.EOF is the end.
func (r *records) next() (line int, err error) {
	line = r.line
	r.buf, r.stops = r.buf[:0], r.stops[:0]
	begun, blank := false, true // blank: the field has nothing but blanks so far
	for {
		c, err := r.in.ReadByte()
		switch {
		case err == io.EOF && !begun:
			return line, io.EOF
		case err == io.EOF:
			r.stop()
			return line, nil
		case err != nil:
			return line, err
		}
		begun = true
		switch {
		case c == r.sep:
			r.stop()
			blank = true
		case c == '\n' || c == '\r':
			r.ended(c)
			r.stop()
			return line, nil
		case c == '"' && blank:
			if err := r.quoted(); err != nil {
				return line, err
			}
			blank = false
		default:
			blank = blank && c == ' '
			r.buf = append(r.buf, c)
		}
	}
}

// stop ends a field.
func (r *records) stop() {
	r.stops = append(r.stops, len(r.buf))
	r.size = max(r.size, len(r.buf)+len(r.stops))
}

// field returns a field of the record.
func (r *records) field(i int) []byte {
	if i == 0 {
		return r.buf[:r.stops[0]]
	}
	return r.buf[r.stops[i-1]:r.stops[i]]
}

// quoted reads a quoted field, up to what separates it from the next one.
func (r *records) quoted() error {
	from := 0
	if n := len(r.stops); n > 0 {
		from = r.stops[n-1]
	}
	r.buf = r.buf[:from] // without the blanks before the quote
	opened := r.line
	for {
		c, err := r.in.ReadByte()
		switch {
		case err == io.EOF:
			return &quoteError{opened, "a quote is opened and never closed"}
		case err != nil:
			return err
		case c == '\n' || c == '\r':
			if r.ended(c) == endCRLF {
				r.buf = append(r.buf, '\r')
				c = '\n'
			}
		case c == '"':
			switch next, err := r.in.ReadByte(); {
			case err == nil && next == '"':
			case err == nil && next != r.sep && next != '\n' && next != '\r' && next != ' ':
				return &quoteError{r.line, "more text after a closing quote"}
			case err == nil:
				return r.in.UnreadByte()
			case err == io.EOF:
				return nil
			default:
				return err
			}
		}
		r.buf = append(r.buf, c)
	}
}

// ended notes the end of a line, of which c is the first character.
func (r *records) ended(c byte) int {
	how := endLF
	if c == '\r' {
		how = endCR
		if next, err := r.in.ReadByte(); err == nil {
			if next == '\n' {
				how = endCRLF
			} else {
				r.in.UnreadByte() //nolint:errcheck // it follows a ReadByte
			}
		}
	}
	if r.ends[how] == 0 {
		r.ends[how] = r.line
	}
	r.line++
	return how
}
