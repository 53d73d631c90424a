package lake

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// fsys is what a lake does to a file system, so that tests can make each step fail.
type fsys interface {
	Create(path string) (file, error) // in place of what is there
	Mkdir(path string) error          // with parents; no error where it is there
	Rename(old, new string) error     // replaces a file of the new name
	Exchange(a, b string) error       // swaps two folders at once; an error where the system cannot
	Link(old, new string) error
	RemoveAll(path string) error
	SyncDir(path string) error // makes the names in a folder durable
}

// file is a file that is being written.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// osFS is the machine's file system. A lake may come from elsewhere, with symbolic links in it: what leads out of the folder of data lakes is
// refused, and what is written is a file that was not there before.
type osFS struct{}

func (osFS) Create(path string) (f file, err error) {
	err = inHome(path, func(root *os.Root, name string) error {
		if err := root.RemoveAll(name); err != nil {
			return err
		}
		f, err = root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	})
	return f, err
}

func (osFS) Mkdir(path string) error {
	if _, inside := homeOf(path); !inside {
		return os.MkdirAll(path, 0o777)
	}
	return inHome(path, func(root *os.Root, name string) error { return root.MkdirAll(name, 0o777) })
}

func (osFS) Rename(old, new string) error { return both(old, new, (*os.Root).Rename) }
func (osFS) Link(old, new string) error   { return both(old, new, (*os.Root).Link) }

func (osFS) Exchange(a, b string) error {
	return both(a, b, func(root *os.Root, x, y string) error {
		dir, err := root.Open(filepath.Dir(x))
		if err != nil {
			return err
		}
		defer dir.Close()
		return exchange(int(dir.Fd()), filepath.Base(x), filepath.Base(y))
	})
}

func (osFS) RemoveAll(path string) error {
	err := inHome(path, (*os.Root).RemoveAll)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (osFS) SyncDir(path string) error {
	open := func() (*os.File, error) { return os.Open(path) }
	if _, inside := homeOf(path); inside {
		open = func() (d *os.File, err error) {
			err = inHome(path, func(root *os.Root, name string) error {
				d, err = root.Open(name)
				return err
			})
			return d, err
		}
	}
	d, err := open()
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// homeOf returns the folder of data lakes that a path is in, two above the innermost date range, or what stands beside one for a while. inside
// is false where a path is in none.
func homeOf(path string) (home string, inside bool) {
	for at := path; ; at = filepath.Dir(at) {
		if filepath.Dir(at) == at {
			return "", false
		}
		if isRangeFolder(filepath.Base(at)) {
			return filepath.Dir(filepath.Dir(at)), true
		}
	}
}

// isRangeFolder reports whether a name is that of a date range, of one that is being replaced, or of one that is being removed.
func isRangeFolder(name string) bool {
	if rest, ok := finalName(name); ok {
		name = rest
	}
	for _, prefix := range []string{refreshName, oldName} {
		if rest, ok := strings.CutPrefix(name, prefix+"-"); ok {
			name = rest
		}
	}
	return isRangeName(name)
}

// inHome calls do with a path's name below the folder of data lakes, out of which no link leads. A path in none has its own folder for it.
func inHome(path string, do func(root *os.Root, name string) error) error {
	home, inside := homeOf(path)
	if !inside {
		home = filepath.Dir(path)
	}
	root, err := os.OpenRoot(home)
	if err != nil {
		return err
	}
	defer root.Close()
	name, err := filepath.Rel(home, path)
	if err != nil {
		return err
	}
	if err := do(root, name); err != nil {
		return said(home, name, err)
	}
	return nil
}

// both is inHome for two paths in the same folder of data lakes.
func both(a, b string, do func(root *os.Root, a, b string) error) error {
	return inHome(a, func(root *os.Root, name string) error {
		other, err := filepath.Rel(root.Name(), b)
		if err != nil {
			return err
		}
		if err := do(root, name, other); err != nil {
			return said(root.Name(), other, err)
		}
		return nil
	})
}

// linkError is a symbolic link where a lake has none.
type linkError struct{ path string }

func (e *linkError) Error() string { return fmt.Sprintf("%s is a symbolic link", e.path) }

// said names the symbolic link that a path leads through, where that is why something was refused.
func said(home, name string, err error) error {
	if !strings.Contains(err.Error(), "path escapes from parent") { // os.Root has no other word for it
		return err
	}
	at := home
	for _, part := range strings.Split(name, string(filepath.Separator)) {
		at = filepath.Join(at, part)
		if isLink(at) {
			return &linkError{at}
		}
	}
	return err
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == fs.ModeSymlink
}

// OpenToAppend opens a file of a lake's, made where it is missing, to add to its end.
func OpenToAppend(path string) (f *os.File, err error) {
	if err := makeDir(osFS{}, filepath.Dir(path)); err != nil {
		return nil, err
	}
	if isLink(path) {
		return nil, &WriteError{path, &linkError{path}}
	}
	err = inHome(path, func(root *os.Root, name string) error {
		f, err = root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		return err
	})
	if err != nil {
		return nil, &WriteError{path, err}
	}
	return f, nil
}

// Remove removes a file of a lake's, or an empty folder, that may be gone already. The error is a *WriteError.
func Remove(path string) error {
	err := inHome(path, (*os.Root).Remove)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &WriteError{path, err}
}

// openLock opens a lock's file, made where it is missing. A link is refused: whoever has the lock writes to it.
func openLock(path string) (f *os.File, err error) {
	if isLink(path) {
		return nil, &linkError{path}
	}
	err = inHome(path, func(root *os.Root, name string) error {
		f, err = root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		return err
	})
	return f, err
}

// alone reports whether a file has one name: one that has others may be somebody else's.
func alone(f *os.File) bool {
	var st unix.Stat_t
	return unix.Fstat(int(f.Fd()), &st) == nil && st.Nlink == 1
}
