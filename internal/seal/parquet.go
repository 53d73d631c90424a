package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"
)

// Key is the key in a Parquet file's footer under which its seal is: the SHA-256 of the file, as it is with zeros in the seal's place.
const Key = "tdlake.sha256"

// Blank is what a writer puts under [Key] before the file is sealed.
var Blank = strings.Repeat("0", hexBytes)

// ErrParquet is a Parquet file whose seal is not its own.
var ErrParquet = errors.New("its checksum is not that of its bytes")

var errNoPlace = errors.New("a Parquet file was written without a place for its checksum")

// mark is how a footer has the key and the length of its value: Thrift's compact protocol.
var mark = []byte(Key + "\x18" + string(rune(hexBytes)))

// Writer seals a Parquet file that passes through it.
type Writer struct {
	w    io.Writer
	h    hash.Hash
	tail *bytes.Buffer // nil until the footer comes
}

// NewWriter returns a writer that hands a file on to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w, h: sha256.New()} }

// Write hands bytes on, and keeps those of the footer back.
func (s *Writer) Write(p []byte) (int, error) {
	if s.tail != nil {
		return s.tail.Write(p)
	}
	s.h.Write(p)
	return s.w.Write(p)
}

// Footer says that the rows are written: what follows is kept until Close, since the seal is in it.
func (s *Writer) Footer() { s.tail = new(bytes.Buffer) }

// Close seals the footer and hands it on. The footer has [Blank] under [Key].
func (s *Writer) Close() error {
	tail := s.tail.Bytes()
	at := bytes.LastIndex(tail, append(bytes.Clone(mark), Blank...))
	if at < 0 {
		return errNoPlace
	}
	s.h.Write(tail)
	hex.Encode(tail[at+len(mark):], s.h.Sum(nil))
	_, err := s.w.Write(tail)
	return err
}

// CheckParquet returns ErrParquet where a Parquet file of size bytes has a seal that is not its own, or r's error. sealed is false where no
// seal is found.
func CheckParquet(r io.ReaderAt, size int64) (sealed bool, err error) {
	at, err := place(r, size)
	if at < 0 || err != nil {
		return false, err
	}
	said := make([]byte, hexBytes)
	if _, err := r.ReadAt(said, at); err != nil {
		return true, err
	}
	h := sha256.New()
	rest := at + int64(len(said))
	whole := io.MultiReader(io.NewSectionReader(r, 0, at), strings.NewReader(Blank), io.NewSectionReader(r, rest, size-rest))
	if _, err := io.CopyBuffer(h, whole, make([]byte, 1<<20)); err != nil {
		return true, err
	}
	if hex.EncodeToString(h.Sum(nil)) != string(said) {
		return true, ErrParquet
	}
	return true, nil
}

// trailer is the footer's length and four letters, with which a Parquet file ends.
const trailer = 8

// place returns where in a file its seal is, below 0 where it has none.
func place(r io.ReaderAt, size int64) (int64, error) {
	end := size - trailer
	if end < 0 {
		return -1, nil
	}
	text := make([]byte, trailer)
	if _, err := r.ReadAt(text, end); err != nil {
		return -1, err
	}
	n := int64(binary.LittleEndian.Uint32(text))
	if n > end {
		return -1, nil
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, end-n); err != nil {
		return -1, err
	}
	at := bytes.LastIndex(footer, mark)
	if at < 0 || at+len(mark)+hexBytes > len(footer) {
		return -1, nil
	}
	return end - n + int64(at+len(mark)), nil
}
