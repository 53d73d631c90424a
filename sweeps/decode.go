package sweeps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/columns"
	"github.com/tdlake/tdlake/internal/seal"
	"github.com/tdlake/tdlake/lake"
)

// resultFile is an open file of results. Columns are read one by one, when they are asked for.
type resultFile struct {
	path  string
	file  *os.File
	f     *parquet.File
	types map[string]frame.Type
	index map[string]int
	names []string
}

const repair = "remove that file; the same sweep computes its points again"

// openResults reads a file's footer. Bytes that aren't what was written are a *lake.DamageError.
func openResults(path string) (*resultFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &resultFile{path: path, file: file, types: map[string]frame.Type{}, index: map[string]int{}}
	if err := r.readFooter(); err != nil {
		file.Close()
		return nil, r.damage(err)
	}
	return r, nil
}

func (r *resultFile) readFooter() (err error) {
	defer recoverAs(&err)
	st, err := r.file.Stat()
	if err != nil {
		return err
	}
	if err := checkTrailer(r.file, st.Size()); err != nil {
		return err
	}
	if err := r.checkSeal(st.Size()); err != nil {
		return err
	}
	if r.f, err = parquet.OpenFile(r.file, st.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
		return err
	}
	if err := columns.CheckCodecs(r.f); err != nil {
		return err
	}
	// No file of results is smaller than this, and memory is set aside by what the footer says.
	const rowsPerByte = 4096
	if n := r.f.NumRows(); n < 0 || n > rowsPerByte*st.Size() {
		return fmt.Errorf("it says that it holds %d rows", n)
	}
	left := r.f.NumRows()
	for _, g := range r.f.RowGroups() {
		if left -= g.NumRows(); g.NumRows() < 0 || left < 0 {
			break
		}
	}
	if left != 0 {
		return fmt.Errorf("its row groups do not hold the %d rows that it says it has", r.f.NumRows())
	}
	for i, c := range r.f.Root().Columns() {
		kind := typeOfParquet(c)
		if kind == 0 {
			return fmt.Errorf("column %q is %s, which results don't hold", c.Name(), c.Type())
		}
		r.types[c.Name()], r.index[c.Name()] = kind, i
		r.names = append(r.names, c.Name())
	}
	return nil
}

// checkTrailer holds the length of the footer against the file's: the Parquet library sets aside whatever it says.
func checkTrailer(file io.ReaderAt, size int64) error {
	const magic, trailer = "PAR1", 8
	if size < int64(len(magic))+trailer {
		return errors.New("it is too short for a Parquet file")
	}
	end := make([]byte, trailer)
	if _, err := file.ReadAt(end, size-trailer); err != nil {
		return err
	}
	if string(end[4:]) != magic {
		return errors.New("it does not end as a Parquet file does")
	}
	if n := int64(binary.LittleEndian.Uint32(end)); n > size-trailer-int64(len(magic)) {
		return errors.New("its footer is longer than the file")
	}
	return nil
}

// recoverAs turns a panic of the Parquet library over damaged bytes into an error.
func recoverAs(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = fmt.Errorf("not readable as Parquet: %w", p)
	default:
		*err = fmt.Errorf("not readable as Parquet: %v", p)
	}
}

// damage says that a file is not what was written, or that the system does not give its bytes.
func (r *resultFile) damage(err error) error { return lake.Unreadable(r.path, err, repair) }

// sealed reports whether the file says that it has a checksum.
func (r *resultFile) sealed() bool {
	_, ok := r.f.Lookup(seal.Key)
	return ok
}

// checkSeal holds a file against its checksum, once.
func (r *resultFile) checkSeal(size int64) error {
	return seal.Once(filepath.Dir(r.path), r.file, "", func() error {
		_, err := seal.CheckParquet(r.file, size)
		return err
	})
}

func (r *resultFile) close() error { return r.file.Close() }

func (r *resultFile) rows() int { return int(r.f.NumRows()) }

func (r *resultFile) meta() []byte {
	text, _ := r.f.Lookup(metaKey)
	return []byte(text)
}

func typeOfParquet(c *parquet.Column) frame.Type {
	if !c.Leaf() {
		return 0
	}
	switch c.Type().Kind() {
	case parquet.Double:
		return frame.Float64
	case parquet.Boolean:
		return frame.Bool
	case parquet.ByteArray:
		return frame.String
	case parquet.Int32:
		return frame.Date
	case parquet.Int64:
		if logical := c.Type().LogicalType(); logical != nil {
			if _, ok := logical.Value.(*format.TimestampType); ok {
				return frame.Timestamp
			}
		}
		return frame.Int64
	}
	return 0
}

// column reads a column, whole.
func (r *resultFile) column(name string) (*column, error) {
	c := newColumn(r.types[name], r.rows())
	at := 0
	for i, g := range r.f.RowGroups() {
		if err := r.readInto(c, at, i, name); err != nil {
			return nil, err
		}
		at += int(g.NumRows())
	}
	return c, nil
}

// groupColumn reads a column of one row group.
func (r *resultFile) groupColumn(group int, name string) (*column, error) {
	c := newColumn(r.types[name], int(r.f.RowGroups()[group].NumRows()))
	return c, r.readInto(c, 0, group, name)
}

// readInto reads a column of one row group into rows of c, which is of its type, from at on.
func (r *resultFile) readInto(c *column, at, group int, name string) (err error) {
	defer func() {
		if err != nil {
			err = r.damage(fmt.Errorf("column %s: %w", name, err))
		}
	}()
	defer recoverAs(&err)
	i, ok := r.index[name]
	if !ok {
		return errors.New("it is not there")
	}
	pages, err := columns.Pages(r.f, group, i)
	if err != nil {
		return err
	}
	defer pages.Close()
	end, err := c.readPages(pages, at)
	if rows := int(r.f.RowGroups()[group].NumRows()); err == nil && end-at != rows {
		err = fmt.Errorf("%d rows of %d", end-at, rows)
	}
	return err
}

// readPages reads a column of a row group into rows from at on, and returns the row after the last.
func (c *column) readPages(pages parquet.Pages, at int) (int, error) {
	var text columns.Text
	first := at
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			c.setTexts(first, text)
			return at, nil
		}
		if err != nil {
			return at, err
		}
		n, err := c.readPage(page, at, &text)
		parquet.Release(page)
		if err != nil {
			return at, err
		}
		at += n
	}
}

func (c *column) readPage(page parquet.Page, at int, text *columns.Text) (int, error) {
	p, err := columns.NewPage(page, c.rows()-at)
	if err != nil {
		return 0, err
	}
	n := p.Rows()
	if c.valid != nil {
		p.Valid(c.valid[at:])
	}
	switch c.kind {
	case frame.Float64:
		return n, p.Floats(c.floats[at:])
	case frame.String:
		return n, text.Add(p)
	case frame.Bool:
		bools := make([]bool, n)
		err = p.Bools(bools)
		for i, b := range bools {
			if b {
				c.ints[at+i] = 1
			}
		}
	case frame.Date:
		dates := make([]int32, n)
		err = p.Dates(dates)
		for i, d := range dates {
			c.ints[at+i] = int64(d)
		}
	default:
		err = p.Ints(c.ints[at:])
	}
	return n, err
}

// setTexts sets rows from at on to a row group's text.
func (c *column) setTexts(at int, text columns.Text) {
	for i, k := range text.Rows {
		if k >= 0 {
			c.strings[at+i] = text.Strings[k]
		}
	}
}
