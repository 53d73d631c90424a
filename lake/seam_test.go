package lake

import "errors"

// What the tests of package lake_test need of the inside.

// FaultFunc is asked before each step that a lake does to a file system; an error makes the step fail. op is create, write, sync,
// close, mkdir, rename, exchange, link, remove or syncdir.
type FaultFunc func(op, path string) error

// InjectFaults puts a file system under a date range that fails as a test wants.
func InjectFaults(d *DateRange, fault FaultFunc) { d.fs = faultyFS{fault} }

// SetRowsAYear sets from how many rows a year parts are months.
func SetRowsAYear(d *DateRange, n int64) { d.perYear = n }

// RefreshDir returns where a refresh is prepared.
func RefreshDir(d *DateRange) string { return d.refreshDir() }

// OldDir returns where the old snapshot is between two renames.
func OldDir(d *DateRange) string { return d.oldDir() }

// faultyFS does what osFS does, but for flushing to the disk, which is slow and shows only where a machine loses its power.
type faultyFS struct{ fault FaultFunc }

func (f faultyFS) try(op, path string, do func() error) error {
	if err := f.fault(op, path); err != nil {
		return err
	}
	return do()
}

func (f faultyFS) Create(path string) (file, error) {
	if err := f.fault("create", path); err != nil {
		return nil, err
	}
	inner, err := osFS{}.Create(path)
	return faultyFile{f, inner, path}, err
}

func (f faultyFS) Mkdir(path string) error {
	return f.try("mkdir", path, func() error { return osFS{}.Mkdir(path) })
}

func (f faultyFS) Rename(old, new string) error {
	return f.try("rename", new, func() error { return osFS{}.Rename(old, new) })
}

func (f faultyFS) Exchange(a, b string) error {
	return f.try("exchange", a, func() error { return osFS{}.Exchange(a, b) })
}

func (f faultyFS) Link(old, new string) error {
	return f.try("link", new, func() error { return osFS{}.Link(old, new) })
}

func (f faultyFS) RemoveAll(path string) error {
	return f.try("remove", path, func() error { return osFS{}.RemoveAll(path) })
}

func (f faultyFS) SyncDir(path string) error {
	return f.fault("syncdir", path)
}

type faultyFile struct {
	fs    faultyFS
	inner file
	path  string
}

// Write writes half of it where it is to fail, as a full disk does.
func (f faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.fault("write", f.path); err != nil {
		n, werr := f.inner.Write(p[:len(p)/2])
		return n, errors.Join(err, werr)
	}
	return f.inner.Write(p)
}

func (f faultyFile) Sync() error { return f.fs.fault("sync", f.path) }

func (f faultyFile) Close() error {
	return errors.Join(f.fs.fault("close", f.path), f.inner.Close())
}
