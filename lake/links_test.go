package lake

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outside is a folder that no lake may touch.
type outside struct {
	t   *testing.T
	dir string
	was map[string]string
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{t: t, dir: t.TempDir()}
	for name, text := range map[string]string{"file": "keep this", "dir/file": "and this", "dir/" + tempName("x"): "this", "empty/" + sweepHash + "/" + tempName("y"): "too"} {
		path := filepath.Join(o.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	o.was = o.now()
	return o
}

// now is every file's text and every folder.
func (o *outside) now() map[string]string {
	o.t.Helper()
	out := map[string]string{}
	err := filepath.Walk(o.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			out[path] = "a folder"
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// TestNothingOutsideALakeIsTouched puts links where a lake has files and folders, as one that comes from elsewhere may have them, and does all
// that writes and removes.
func TestNothingOutsideALakeIsTouched(t *testing.T) {
	id := func(w *world) string { return testNode(w.t, "lagged").ID() }
	for name, link := range map[string]func(w *world) (path, to string){
		"lock":             func(w *world) (string, string) { return filepath.Join(w.dir, lockName), "file" },
		"lock of nothing":  func(w *world) (string, string) { return filepath.Join(w.dir, lockName), "new" },
		"temporary file":   func(w *world) (string, string) { return filepath.Join(w.dir, tempName(snapshotName)), "file" },
		"temporary folder": func(w *world) (string, string) { return filepath.Join(w.dir, tempName("x")), "dir" },
		"manifest's": func(w *world) (string, string) {
			return filepath.Join(w.NodeDir(id(w)), tempName(manifestName)), "file"
		},
		"node":      func(w *world) (string, string) { return w.NodeDir(id(w)), "dir" },
		"partition": func(w *world) (string, string) { return filepath.Join(w.NodeDir(id(w)), "time_partition=2020"), "dir" },
		"before":    func(w *world) (string, string) { return filepath.Join(w.dir, beforeName), "dir" },
		"sweeps":    func(w *world) (string, string) { return filepath.Join(w.dir, sweepsName), "empty" },
		"a sweep":   func(w *world) (string, string) { return w.SweepDir(sweepHash), "dir" },
		"a sweep's file": func(w *world) (string, string) {
			return filepath.Join(w.SweepDir(sweepHash), tempName("points")), "file"
		},
		"logs":          func(w *world) (string, string) { return w.LogsDir(), "dir" },
		"a log":         func(w *world) (string, string) { return filepath.Join(w.LogsDir(), "x.log"), "file" },
		"refresh":       func(w *world) (string, string) { return w.refreshDir(), "dir" },
		"old":           func(w *world) (string, string) { return w.oldDir(), "dir" },
		"range":         func(w *world) (string, string) { return w.dir, "dir" },
		"another range": func(w *world) (string, string) { return filepath.Join(w.lake, "2001-01-01_2002-01-01"), "dir" },
		"lake":          func(w *world) (string, string) { return w.lake, "dir" },
	} {
		t.Run(name, func(t *testing.T) {
			w, o := newWorld(t), newOutside(t)
			path, to := link(w)
			if err := errors.Join(os.RemoveAll(path), os.MkdirAll(filepath.Dir(path), 0o777), os.Symlink(filepath.Join(o.dir, to), path)); err != nil {
				t.Fatal(err)
			}
			for what, err := range w.writeEverything() {
				var write *WriteError
				if err != nil && (!errors.As(err, &write) || strings.Contains(err.Error(), "escapes")) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if now := o.now(); !maps.Equal(now, o.was) {
				t.Errorf("what was %v is %v", o.was, now)
			}
		})
	}
}

// writeEverything does what writes to a lake, each whatever came of the others.
func (w *world) writeEverything() map[string]error {
	ctx := context.Background()
	done := map[string]error{}
	_, done["a node"] = w.Write(ctx, testNode(w.t, "lagged"), Span{onDay(0), onDay(9)}, nil, closes(0, 9, "AAA"))
	done["a sweep's file"] = WriteFile(ctx, w.SweepDir(sweepHash), "points", func(io.Writer) error { return nil })
	done["removing it"] = RemoveFile(w.SweepDir(sweepHash), "file")
	f, err := OpenToAppend(filepath.Join(w.LogsDir(), "x.log"))
	if err == nil {
		_, werr := f.WriteString("a line\n")
		err = errors.Join(werr, f.Close())
	}
	done["a log"] = err
	lock, err := w.Lock(ctx)
	if done["the lock"] = err; err == nil {
		done["temporary files"] = w.sweepTemps()
		done["as-of rows"] = w.sweepBefores(nil)
		done["the source"] = w.writeSource(ctx, "files:data")
		aside := w.aside(w.refreshDir())
		if err = makeDir(w.fs, aside.dir); err == nil {
			err = errors.Join(aside.writeSource(ctx, "files:data"), w.carryOver(ctx, aside), w.swap(aside.dir))
		}
		done["a refresh"] = err
		lock.Unlock()
	}
	p, err := PlanGC(ctx, w.root, "Test", Needed{})
	if err == nil {
		err = p.Run(ctx)
	}
	done["gc"] = err
	return done
}
