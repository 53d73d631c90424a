package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/seal"
)

// Rows returns a node's stored rows with from <= time_index < to, with the value columns named, or all. It returns
// ErrNotStored where the node is not stored (what of the range is covered, its manifest says), *DamageError or *ReadError.
func (d *DateRange) Rows(ctx context.Context, id string, from, to int64, columns ...string) (*frame.Frame, error) {
	r, err := d.openRows(ctx, id, from, to, columns)
	if err != nil {
		return nil, err
	}
	defer r.close()
	return r.frame(ctx)
}

// Scan is Rows in batches of at most 131,072 rows, in the order of the key, for what should not be in memory whole. What is
// read is as it was when the first batch was asked for, whatever is written meanwhile. After an error nothing follows.
func (d *DateRange) Scan(ctx context.Context, id string, from, to int64, columns ...string) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		r, err := d.openRows(ctx, id, from, to, columns)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.close()
		for f, err := range r.each(ctx) {
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// reading is files that are open, and what of them is to be read. Files stay readable when they are replaced or removed.
// Close it.
type reading struct {
	schema  frame.Schema             // of what is read
	cols    []int                    // where its columns are in the files; time_index, the first, is always read
	stored  []column                 // all columns of the files
	folder  string                   // of the date range
	repair  func(path string) string // for DamageError; nil: nothing is known
	summed  bool                     // the files' checksums are known to be right
	files   []*os.File
	groups  []groupRef
	maxJobs int // goroutines that decode; 0: as many as is good
}

// openRows opens what is stored of a node within a range.
func (d *DateRange) openRows(ctx context.Context, id string, from, to int64, columns []string) (*reading, error) {
	return d.openNode(id, columns, func(m *Manifest, r *reading) error { return r.add(ctx, from, to, d.parts(m, Span{from, to})...) })
}

// openNode opens files of a node that choose adds. Where the node was replaced between the manifest's reading and the
// files' opening, it looks again.
func (d *DateRange) openNode(id string, columns []string, choose func(*Manifest, *reading) error) (*reading, error) {
	for try := 0; ; try++ {
		m, err := d.Manifest(id)
		if err != nil {
			return nil, err
		}
		r, err := d.newReading(m, columns)
		if err != nil {
			return nil, err
		}
		err = choose(m, r)
		current := d.current(m)
		switch {
		case err == nil && current:
			return r, nil
		case current || try == maxTries:
			r.close()
			if err == nil {
				err = &ReadError{d.NodeDir(id), errors.New("it is being replaced again and again")}
			}
			return nil, err
		}
		r.close()
	}
}

// newReading prepares to read a node's key and the value columns named, in the order named, or all of them.
func (d *DateRange) newReading(m *Manifest, columns []string) (*reading, error) {
	r := &reading{schema: m.Schema(), stored: columnsOf(m.Schema()), folder: d.dir}
	r.repair = func(path string) string { return repairOf(d, m, path) }
	if len(columns) > 0 {
		r.schema.Fields = append([]frame.Field(nil), r.schema.Fields[:r.schema.Key]...)
	}
	for i := range r.schema.Fields {
		r.cols = append(r.cols, i)
	}
	for _, name := range columns {
		i := m.Schema().Index(name)
		if i < 0 {
			return nil, fmt.Errorf("%s has no column %q (columns: %s)", m.ID, name, m.Schema())
		}
		if i >= r.schema.Key && r.schema.Index(name) < 0 {
			r.schema.Fields = append(r.schema.Fields, m.Columns[i])
			r.cols = append(r.cols, i)
		}
	}
	return r, nil
}

// onlyKey leaves out all columns but the key's.
func (r *reading) onlyKey() {
	r.schema.Fields, r.cols = r.schema.Fields[:r.schema.Key], r.cols[:r.schema.Key]
}

// parts describes the parts that overlap a range.
func (d *DateRange) parts(m *Manifest, s Span) []written {
	var out []written
	for _, p := range m.Parts {
		if p.Span.Overlaps(s) {
			out = append(out, written{d.partPath(m, p), p.Bytes, p.Rows, p.SHA256, p.Span})
		}
	}
	return out
}

// beforeFile describes a file of as-of rows.
func (d *DateRange) beforeFile(m *Manifest, b Before) written {
	return written{filepath.Join(d.beforeDir(m.ID), b.Name), b.Bytes, b.Rows, b.SHA256, Span{beginning, b.At}}
}

// add opens files of which rows with from <= time_index < to are wanted. Row groups that by their statistics have none are left out. It
// returns a *DamageError where a file is not what was written, and *ReadError.
func (r *reading) add(ctx context.Context, from, to int64, files ...written) error {
	opened, err := r.open(ctx, files)
	if err != nil {
		return err
	}
	for i, f := range opened {
		if err := r.addGroups(f, files[i], from, to); err != nil {
			return r.failed(files[i].path, err)
		}
	}
	return nil
}

// open opens files and sees that they are those that were written.
func (r *reading) open(ctx context.Context, files []written) ([]*os.File, error) {
	first := len(r.files)
	for _, w := range files {
		f, err := r.openOne(w)
		if err != nil {
			return nil, err
		}
		r.files = append(r.files, f)
	}
	opened := r.files[first:]
	if r.summed {
		return opened, nil
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(decoders())
	for i, f := range opened {
		work.Go(func() error {
			if err := seal.Once(r.folder, f, files[i].sha, func() error { return r.sum(ctx, f, files[i]) }); err != nil {
				return r.failed(files[i].path, err)
			}
			return nil
		})
	}
	return opened, work.Wait()
}

func (r *reading) openOne(w written) (*os.File, error) {
	f, err := openFile(w.path)
	var damage *DamageError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, r.damaged(w.path, "it is missing")
	case errors.As(err, &damage):
		return nil, r.damaged(w.path, "%s", damage.Problem)
	case err != nil:
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() == w.bytes {
		return f, nil
	}
	f.Close()
	if err != nil {
		return nil, &ReadError{w.path, err}
	}
	return nil, r.damaged(w.path, "it has %d bytes, and %d were written", st.Size(), w.bytes)
}

// sum holds a file against its checksum.
func (r *reading) sum(ctx context.Context, f *os.File, w written) error {
	_, sha, err := digest(ctx, f, w.path)
	if err == nil && sha != w.sha {
		err = r.damaged(w.path, "its checksum is not the manifest's")
	}
	return err
}

func (r *reading) addGroups(f *os.File, w written, from, to int64) error {
	p, err := openParquet(f, w.bytes, groupRows)
	if err != nil {
		return err
	}
	if err := p.checkColumns(r.stored); err != nil {
		return err
	}
	for g := range p.groups {
		first, last, ok := p.bounds(g)
		if p.rows(g) > 0 && (!ok || first < to && last >= from) {
			r.groups = append(r.groups, groupRef{p, g, w.path, from, to})
		}
	}
	return nil
}

// close closes the files. Frames that were read stay good.
func (r *reading) close() {
	for _, f := range r.files {
		f.Close()
	}
	r.files = nil
}

func (r *reading) damaged(path, format string, args ...any) error {
	return r.failed(path, fmt.Errorf(format, args...))
}

// failed tells damage from a file system that does not give its bytes.
func (r *reading) failed(path string, err error) error {
	repair := ""
	if r.repair != nil {
		repair = r.repair(path)
	}
	return Unreadable(path, err, repair)
}

// frame reads all rows into one frame.
func (r *reading) frame(ctx context.Context) (*frame.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.decode(ctx, r.groups)
}

// each reads row group after row group, leaving out those without wanted rows.
func (r *reading) each(ctx context.Context) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		for i := range r.groups {
			f, err := r.decode(ctx, r.groups[i:i+1])
			if err == nil && f.Rows() == 0 {
				continue
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

func (r *reading) decode(ctx context.Context, groups []groupRef) (*frame.Frame, error) {
	if len(groups) == 0 {
		return frame.Empty(r.schema), nil
	}
	jobs := r.maxJobs
	if jobs == 0 {
		jobs = decoders()
	}
	cols, err := decode(ctx, groups, r.stored, r.cols, jobs, r.failed)
	if err != nil {
		return nil, err
	}
	if cols, err = trim(cols, groups); err != nil {
		return nil, err
	}
	return frame.New(r.schema, cols)
}

// trim cuts off, in each row group's rows, what is outside the times that are wanted of it. Columns without anything to cut
// off, or with it at the ends alone, are not copied.
func trim(cols []arrow.Array, groups []groupRef) ([]arrow.Array, error) {
	keep := keptRows(cols[0].(*array.Timestamp).Values(), groups)
	out := make([]arrow.Array, len(cols))
	for i, c := range cols {
		pieces := make([]arrow.Array, len(keep))
		for k, s := range keep {
			pieces[k] = array.NewSlice(c, s.i, s.j)
		}
		switch len(pieces) {
		case 0:
			out[i] = array.NewSlice(c, 0, 0)
		case 1:
			out[i] = pieces[0]
		default:
			joined, err := array.Concatenate(pieces, memory.DefaultAllocator)
			if err != nil {
				return nil, err
			}
			out[i] = joined
		}
	}
	return out, nil
}

// stretch is the rows i to j-1.
type stretch struct{ i, j int64 }

// keptRows returns the rows that are wanted, as few stretches as will do. times ascends within each row group.
func keptRows(times []arrow.Timestamp, groups []groupRef) []stretch {
	var keep []stretch
	at := 0
	for _, g := range groups {
		t := times[at : at+g.p.rows(g.g)]
		i := at + sort.Search(len(t), func(k int) bool { return int64(t[k]) >= g.from })
		j := at + sort.Search(len(t), func(k int) bool { return int64(t[k]) >= g.to })
		at += len(t)
		switch last := len(keep) - 1; {
		case i >= j:
		case last >= 0 && keep[last].j == int64(i):
			keep[last].j = int64(j)
		default:
			keep = append(keep, stretch{int64(i), int64(j)})
		}
	}
	return keep
}
