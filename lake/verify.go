package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// Fault is something in a date range that is not as it was written.
type Fault struct {
	Path    string // the file or folder
	Problem string
	Hint    string // how to mend it
	Damage  bool   // rows are lost or wrong; otherwise something is merely out of place
}

// String is for messages: the path and what is wrong with it.
func (f Fault) String() string { return f.Path + ": " + f.Problem }

const (
	strayProblem = "it belongs to nothing"
	strayHint    = "no tdlake made it: remove it by hand, or move it elsewhere"
	unfinished   = "a run did not finish"
	gone         = "it is gone"
)

// Verify reads every file of the date range and compares it with what its manifest says: size, checksum, columns, rows,
// their order and the range of their times. It also names what belongs to nothing, unless a writer is at work, whose
// unfinished files those may be. Damage comes first. It needs no lock: what is replaced while it is read is read again.
//
// Where nothing is damaged but something has a later format, it returns a *NewerFormatError beside the faults.
func (d *DateRange) Verify(ctx context.Context) ([]Fault, error) {
	v := &verifier{d: d}
	for _, check := range []func(context.Context) error{v.source, v.nodes, v.sweeps, v.strays} {
		if err := check(ctx); err != nil {
			return nil, err
		}
	}
	damaged := slices.ContainsFunc(v.faults, func(f Fault) bool { return f.Damage })
	if v.newer != nil && !damaged {
		return v.faults, v.newer
	}
	return v.faults, nil
}

type verifier struct {
	d      *DateRange
	faults []Fault
	newer  *NewerFormatError // the first one met
}

// found turns what is wrong with a file into a fault. Errors that say nothing of the file's content are returned.
func (v *verifier) found(path, hint string, err error) error {
	var damage *DamageError
	var newer *NewerFormatError
	switch {
	case err == nil:
	case errors.As(err, &damage):
		v.faults = append(v.faults, Fault{damage.Path, damage.Problem, hint, true})
	case errors.As(err, &newer):
		v.faults = append(v.faults, Fault{newer.Path, fmt.Sprintf("it has format %d; this tdlake reads up to %d", newer.Format, FormatVersion), newer.Hint(), false})
		if v.newer == nil {
			v.newer = newer
		}
	case errors.Is(err, fs.ErrNotExist):
		v.faults = append(v.faults, Fault{path, gone, hint, true})
	default:
		return err
	}
	return nil
}

func (v *verifier) source(context.Context) error {
	_, err := v.d.Source()
	return v.found(filepath.Join(v.d.dir, snapshotName), "`tdlake snapshot --refresh` takes a new snapshot", err)
}

func (v *verifier) nodes(ctx context.Context) error {
	ids, err := v.d.nodeFolders()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := v.node(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// node verifies a node's manifest and all that it names. Faults of files that were replaced meanwhile are forgotten.
func (v *verifier) node(ctx context.Context, id string) error {
	known := len(v.faults)
	for try := 0; ; try++ {
		v.faults = v.faults[:known]
		m, err := v.d.Manifest(id)
		if errors.Is(err, ErrNotStored) {
			return nil // see strays
		}
		if err != nil {
			path := filepath.Join(v.d.NodeDir(id), manifestName)
			return v.found(path, "remove that folder: `tdlake snapshot` fetches it again, or `tdlake run` computes it", err)
		}
		if err := v.files(ctx, m); err != nil {
			return err
		}
		if len(v.faults) == known || try == maxTries || v.d.current(m) {
			return nil
		}
	}
}

// files verifies a node's files, parts in order of time so that the order of rows is that of the whole node.
func (v *verifier) files(ctx context.Context, m *Manifest) error {
	order := &orderCheck{}
	for _, p := range m.Parts {
		w := written{v.d.partPath(m, p), p.Bytes, p.Rows, p.SHA256, p.Span}
		if err := v.file(ctx, m, w, order); err != nil {
			return err
		}
	}
	for _, b := range m.Before {
		w := written{filepath.Join(v.d.beforeDir(m.ID), b.Name), b.Bytes, b.Rows, b.SHA256, Span{beginning, b.At}}
		if err := v.file(ctx, m, w, &orderCheck{}); err != nil {
			return err
		}
	}
	return nil
}

// written is what a manifest says of a file.
type written struct {
	path  string
	bytes int64
	rows  int64
	sha   string
	span  Span
}

func (w written) damaged(format string, args ...any) error {
	return &DamageError{Path: w.path, Problem: fmt.Sprintf(format, args...)}
}

func (v *verifier) file(ctx context.Context, m *Manifest, w written, order *orderCheck) error {
	err := w.checkBytes(ctx)
	if err == nil {
		err = v.checkRows(ctx, m, w, order)
	}
	return v.found(w.path, repairOf(v.d, m, w.path), err)
}

// repairOf says how to get a node's file back. A file that is there but wrong has to go first: that it is wrong shows only
// to who reads all of it.
func repairOf(d *DateRange, m *Manifest, path string) string {
	if m.Origin == Computed {
		return "remove " + d.NodeDir(m.ID) + ", then `tdlake run` computes it again"
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return "`tdlake snapshot` fetches its rows again"
	}
	return "remove that file, then `tdlake snapshot` fetches its rows again"
}

func (w written) checkBytes(ctx context.Context) error {
	size, sha, err := digestFile(ctx, w.path)
	switch {
	case err != nil:
		return err
	case size != w.bytes:
		return w.damaged("it has %d bytes, not %d", size, w.bytes)
	case sha != w.sha:
		return w.damaged("its checksum is not the manifest's")
	}
	return nil
}

// checkRows reads a file's rows. Their number matters even where the checksum is right: a manifest may be wrong, too.
func (v *verifier) checkRows(ctx context.Context, m *Manifest, w written, order *orderCheck) error {
	r, err := v.d.newReading(m, nil)
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.add(w.path, w.bytes, beginning, math.MaxInt64); err != nil {
		return err
	}
	rows := int64(0)
	for f, err := range r.each(ctx) {
		if err != nil {
			return err
		}
		rows += int64(f.Rows())
		if err := order.next(f, w.span); err != nil {
			return w.damaged("%v", err)
		}
	}
	if rows != w.rows {
		return w.damaged("it has %d rows, not %d", rows, w.rows)
	}
	return nil
}

// orderCheck sees a node's rows batch by batch, in the order they are stored.
type orderCheck struct{ last *frame.Frame }

func (o *orderCheck) next(f *frame.Frame, within Span) error {
	if f.Rows() == 0 {
		return nil
	}
	if err := f.CheckOrder(); err != nil {
		return err
	}
	if o.last != nil && frame.Compare(o.last, 0, f, 0) >= 0 {
		return errors.New("its rows begin before the rows in front of them end")
	}
	o.last = f.Slice(f.Rows()-1, f.Rows())
	times := f.Times()
	if first, last := times[0], times[len(times)-1]; first < within.Start || last >= within.End {
		return fmt.Errorf("it has rows from %s to %s, outside %s", showTime(first), showTime(last), within)
	}
	return nil
}

// strays names what belongs to nothing.
func (v *verifier) strays(context.Context) error {
	if v.d.beingWritten() {
		return nil
	}
	strays, err := v.d.strays()
	for _, s := range strays {
		f := Fault{s.path, s.why, strayHint, false}
		if s.ours {
			f.Hint = "`tdlake gc` removes it"
		}
		if isID(filepath.Base(s.path)) && s.why == unfinished {
			f.Problem, f.Hint = "it has no manifest: a run did not finish", "`tdlake snapshot` goes on from there; `tdlake gc` removes it"
		}
		v.faults = append(v.faults, f)
	}
	return err
}

// digestFile returns a file's size and SHA-256.
func digestFile(ctx context.Context, path string) (size int64, sha string, err error) {
	f, err := openFile(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	hash := sha256.New()
	for err == nil {
		if err := ctx.Err(); err != nil {
			return 0, "", err
		}
		var n int64
		n, err = io.CopyN(hash, f, 4<<20)
		size += n
	}
	if !errors.Is(err, io.EOF) {
		return 0, "", &ReadError{path, err}
	}
	return size, hex.EncodeToString(hash.Sum(nil)), nil
}

// openFile opens a regular file; errors but fs.ErrNotExist are a *ReadError.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, &DamageError{Path: path, Problem: "it is no file"}
	}
	f, err := os.Open(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &ReadError{path, err}
	}
	return f, err
}
