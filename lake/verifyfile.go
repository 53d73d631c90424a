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

	"github.com/tdlake/tdlake/frame"
)

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
		return "remove " + d.NodeDir(m.ID) + ": what it holds is computed again where it is needed"
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

// checkRows reads the keys of a file's rows: that the values are those that were written, its checksum says. The rows' number matters even where the checksum is right: a manifest may be wrong, too.
func (v *verifier) checkRows(ctx context.Context, m *Manifest, w written, order *orderCheck) error {
	r, err := v.d.newReading(m, nil)
	if err != nil {
		return err
	}
	defer r.close()
	r.onlyKey()
	r.summed = true
	if err := r.add(ctx, beginning, math.MaxInt64, w); err != nil {
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

// digestFile returns a file's size and SHA-256.
func digestFile(ctx context.Context, path string) (size int64, sha string, err error) {
	f, err := openFile(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	return digest(ctx, f, path)
}

// digest returns the size and SHA-256 of what is left to read of a file.
func digest(ctx context.Context, f io.Reader, path string) (size int64, sha string, err error) {
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
