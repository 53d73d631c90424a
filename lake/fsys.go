package lake

import (
	"io"
	"os"
)

// fsys is what a lake does to a file system, so that tests can make each step fail.
type fsys interface {
	Create(path string) (file, error) // truncates what is there
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

// osFS is the machine's file system.
type osFS struct{}

func (osFS) Create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

func (osFS) Mkdir(path string) error      { return os.MkdirAll(path, 0o777) }
func (osFS) Rename(old, new string) error { return os.Rename(old, new) }
func (osFS) Exchange(a, b string) error   { return exchange(a, b) }
func (osFS) Link(old, new string) error   { return os.Link(old, new) }
func (osFS) RemoveAll(path string) error  { return os.RemoveAll(path) }

func (osFS) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
