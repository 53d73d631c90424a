package files

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/tdlake/tdlake/database"
)

// csvFile is what one look at all of a CSV file finds.
type csvFile struct {
	sep     byte
	columns []*csvColumn
	rows    int
	longest int  // bytes of a record
	mixed   bool // lines end in more ways than one
}

// openText opens a file, unpacked, without the mark that says it is UTF-8.
func openText(path string) (io.Reader, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	var in io.Reader = f
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, nil, errors.Join(err, f.Close())
		}
	}
	mark := make([]byte, 3)
	n, err := io.ReadFull(in, mark)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, nil, errors.Join(err, f.Close())
	}
	if string(mark[:n]) == "\xef\xbb\xbf" {
		n = 0
	}
	return io.MultiReader(bytes.NewReader(mark[:n]), in), f, nil
}

// scan reads all of a CSV file and finds the types of its columns, or says which line is none of the table that the header begins.
func (c *folder) scanCSV(ctx context.Context, file string) (*csvFile, error) {
	path := filepath.Join(c.path, file)
	if name := utf16(path); name != "" {
		return nil, c.encoded(file, 1, name)
	}
	in, closer, err := openText(path)
	if err != nil {
		return nil, c.unreadable(file, err)
	}
	defer closer.Close()
	out := &csvFile{sep: separator(path)}
	r := newRecords(in, out.sep)
	for {
		line, err := r.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = out.add(r, line)
		}
		if err == nil && out.rows%4096 == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return nil, c.wrong(file, out, err)
		}
	}
	return out, c.whole(file, out, r)
}

// errNotText and fieldCount are what a record can be wrong by, beside its quotes.
type notText struct{ line int }

func (e *notText) Error() string { return "not UTF-8" }

type fieldCount struct{ line, got, want int }

func (e *fieldCount) Error() string { return "another number of fields" }

// add takes a record into account: the first one is the header.
func (f *csvFile) add(r *records, line int) error {
	switch n := len(r.stops); {
	case !utf8.Valid(r.buf):
		return &notText{line}
	case f.columns == nil:
		f.header(r)
		return nil
	case n == 1 && len(r.buf) == 0 && len(f.columns) > 1: // a blank line
		return nil
	case n != len(f.columns):
		return &fieldCount{line, n, len(f.columns)}
	}
	f.rows++
	for i, c := range f.columns {
		c.add(line, r.field(i))
	}
	return nil
}

// header takes the columns' names. Those that are the same to the letter are numbered, and so are empty ones.
func (f *csvFile) header(r *records) {
	seen := map[string]int{}
	for i := range r.stops {
		name := strings.TrimSpace(string(r.field(i)))
		if name == "" {
			name = fmt.Sprintf("column%0*d", len(fmt.Sprint(len(r.stops)-1)), i)
		}
		for n := seen[name]; n > 0; n = seen[name] {
			seen[name]++
			name = fmt.Sprintf("%s_%d", name, n)
		}
		seen[name]++
		f.columns = append(f.columns, &csvColumn{name: name, left: anyKind})
	}
}

// whole says what is wrong with a file that was read to its end.
func (c *folder) whole(file string, f *csvFile, r *records) error {
	f.longest = r.size
	lf, crlf, cr := r.ends[endLF], r.ends[endCRLF], r.ends[endCR]
	f.mixed = lf > 0 && crlf > 0
	switch {
	case len(f.columns) == 0:
		return database.NewError(database.Data, c.name, "its first line has to name the columns", "%s is empty", file)
	case cr > 0 && lf+crlf > 0:
		return database.NewError(database.Data, c.name, "make them all LF: tr '\\r' '\\n'", "%s:%d: the line ends with a carriage return alone, others do not", file, cr)
	case f.longest > longestRecord:
		return database.NewError(database.Data, c.name, "leave the long column out of the file", "%s: a row of %d bytes; %d is the most", file, f.longest, longestRecord)
	}
	return nil
}

// longestRecord is what DuckDB reads within a view's memory.
const longestRecord = 16 << 20

// wrong makes an error of what is wrong with a record.
func (c *folder) wrong(file string, f *csvFile, err error) error {
	var (
		quote  *quoteError
		text   *notText
		fields *fieldCount
	)
	switch {
	case errors.As(err, &quote):
		return database.NewError(database.Data, c.name, "a field with a quote in it is quoted, and that quote doubled", "%s:%d: %s (%q separates fields)", file, quote.line, quote.what, f.sep)
	case errors.As(err, &text):
		return c.encoded(file, text.line, guessEncoding(filepath.Join(c.path, file)))
	case errors.As(err, &fields):
		return database.NewError(database.Data, c.name, "mend that line, or the header, which is the file's first line", "%s:%d: %s, the header has %d (%q separates fields)",
			file, fields.line, plural(fields.got), fields.want, f.sep)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return c.unreadable(file, err)
}

func (c *folder) unreadable(file string, err error) error {
	return database.NewError(database.Data, c.name, "", "%s cannot be read: %v", file, err).Because(err)
}

func plural(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// separator returns what separates fields: of the usual characters the one by which the header and the first rows have the same number of fields,
// of several the one that makes most of them; where none does, the one that is most often in the header.
func separator(path string) byte {
	const usual = ",;\t|"
	best, most, agreed := usual[0], 1, false
	for i := range usual {
		n, same := shape(path, usual[i])
		if n > 1 && (same && !agreed || same == agreed && n > most) {
			best, most, agreed = usual[i], n, same
		}
	}
	return best
}

// shape returns how many fields the header has, and whether the first rows have as many.
func shape(path string, sep byte) (fields int, same bool) {
	in, closer, err := openText(path)
	if err != nil {
		return 0, false // reading it will say so
	}
	defer closer.Close()
	limited := &io.LimitedReader{R: in, N: 1 << 20}
	r := newRecords(limited, sep)
	for i := range 20 {
		_, err := r.next()
		switch n := len(r.stops); {
		case err != nil || limited.N <= 0 && i > 0:
			return fields, err == io.EOF || err == nil
		case i == 0:
			fields = n
		case n != fields && len(r.buf) > 0:
			return fields, false
		}
	}
	return fields, true
}
