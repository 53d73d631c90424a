package lake

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
)

// Listing is what a date range holds.
type Listing struct {
	Name   string // the date range's
	Dir    string
	Source string // the database's address, without secrets; "" where nothing was taken, or it cannot be told
	Nodes  []Listed
	Sweeps []ListedSweep
}

// Listed is a node in a listing. Where there is a Problem, only the ID is known.
type Listed struct {
	ID      string
	Origin  Origin
	Spec    json.RawMessage // the node's identity in clear
	Rows    int64
	Parts   int
	Bytes   int64
	Covered Spans
	Problem string // why its manifest cannot be read
}

// List says what the date range holds, nodes and sweeps each in order of their names. Rows are not read. What is damaged, or
// of a later format, is listed with what is wrong with it.
func (d *DateRange) List() (*Listing, error) {
	l := &Listing{Name: d.Name(), Dir: d.dir}
	var err error
	if l.Source, err = d.Source(); err != nil && problemOf(err) == "" {
		return nil, err
	}
	ids, err := d.nodeFolders()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		m, err := d.Manifest(id)
		problem := problemOf(err)
		switch {
		case errors.Is(err, ErrNotStored): // without a manifest it does not exist
		case problem != "":
			l.Nodes = append(l.Nodes, Listed{ID: id, Problem: problem})
		case err != nil:
			return nil, err
		default:
			l.Nodes = append(l.Nodes, Listed{ID: id, Origin: m.Origin, Spec: m.Spec, Rows: m.Rows, Parts: len(m.Parts), Bytes: m.Bytes(), Covered: m.Covered})
		}
	}
	l.Sweeps, err = d.listSweeps()
	return l, err
}

// problemOf says what is wrong with a document, "" where the error is of another kind.
func problemOf(err error) string {
	var damage *DamageError
	var newer *NewerFormatError
	var unreadable *ReadError
	if errors.As(err, &damage) || errors.As(err, &newer) || errors.As(err, &unreadable) {
		return err.Error()
	}
	return ""
}

// regularFiles returns the files below a folder, or the path itself where it is a file, with their sizes, in order of their
// paths. What vanishes meanwhile, or was never there, is passed over.
func regularFiles(path string) (paths []string, bytes int64, err error) {
	err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return &ReadError{p, err}
		}
		if e.IsDir() {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return &ReadError{p, err}
		}
		paths = append(paths, p)
		bytes += info.Size()
		return nil
	})
	return paths, bytes, err
}

// sizeOf counts the files below a path and their bytes.
func sizeOf(path string) (files int, bytes int64, err error) {
	paths, bytes, err := regularFiles(path)
	return len(paths), bytes, err
}
