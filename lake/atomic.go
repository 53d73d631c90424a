package lake

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
)

// WriteFile writes a file that appears whole or not at all: under a temporary name, fsynced, renamed, and the folder
// fsynced. The folder is made where it is missing. It returns a *WriteError, or the error of write.
func WriteFile(ctx context.Context, dir, name string, write func(io.Writer) error) error {
	return writeFile(ctx, osFS{}, dir, name, write)
}

func writeFile(ctx context.Context, fs fsys, dir, name string, write func(io.Writer) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := makeDir(fs, dir); err != nil {
		return err
	}
	temp, final := filepath.Join(dir, tempName(name)), filepath.Join(dir, name)
	f, err := fs.Create(temp)
	if err != nil {
		return &WriteError{final, err}
	}
	defer func() {
		if err != nil {
			fs.RemoveAll(temp) // best effort: the next writer sweeps it otherwise
		}
	}()
	if err := fill(f, final, write); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := fs.Rename(temp, final); err != nil {
		return &WriteError{final, err}
	}
	if err := fs.SyncDir(dir); err != nil {
		return &WriteError{dir, err}
	}
	return nil
}

// RemoveFile removes a file that may be gone already, for good: whatever is written to the folder afterwards is there without it.
func RemoveFile(dir, name string) error {
	path := filepath.Join(dir, name)
	if !exists(path) {
		return nil
	}
	if err := Remove(path); err != nil {
		return err
	}
	if err := (osFS{}).SyncDir(dir); err != nil {
		return &WriteError{path, err}
	}
	return nil
}

// fill writes, syncs and closes a file. An error of the file system says which file; one of write's own passes through.
func fill(f file, path string, write func(io.Writer) error) error {
	w := &failing{w: f}
	b := bufio.NewWriterSize(w, 64<<10)
	err := write(b)
	if err == nil {
		err = b.Flush()
	}
	if w.err != nil {
		f.Close()
		return &WriteError{path, w.err}
	}
	if err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return &WriteError{path, err}
	}
	if err := f.Close(); err != nil {
		return &WriteError{path, err}
	}
	return nil
}

// failing remembers the error of the file itself, which an encoder may have wrapped beyond recognition.
type failing struct {
	w   io.Writer
	err error
}

func (f *failing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil && f.err == nil {
		f.err = err
	}
	return n, err
}

// makeDir makes a folder, and those above it that are missing, and makes their names durable.
func makeDir(fs fsys, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(fs, parent); err != nil {
			return err
		}
	}
	if err := fs.Mkdir(dir); err != nil {
		return &WriteError{dir, err}
	}
	if err := fs.SyncDir(parent); err != nil {
		return &WriteError{parent, err}
	}
	return nil
}
