package lake

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// What a killed run left behind, and the sweeping of it. All of it needs the writer's lock.

// sweepTemps removes files that were not complete.
func (d *DateRange) sweepTemps() error {
	return filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return &ReadError{path, err}
		case path == d.LogsDir():
			return fs.SkipDir
		case !isTemp(e.Name()):
			return nil
		}
		if err := d.fs.RemoveAll(path); err != nil {
			return &WriteError{path, err}
		}
		if e.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
}

// sweepUnplanned removes what no manifest names: parts of nodes that were not finished, or were being widened.
func (p *SnapshotPlan) sweepUnplanned() error {
	ids, err := p.d.nodeFolders()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := p.d.sweepUnlisted(id); err != nil {
			return err
		}
	}
	return p.d.sweepBefores(ids)
}

// sweepUnlisted removes the files of a node that its manifest does not name; without a manifest, all. A manifest that cannot
// be read names nothing, and nothing is removed.
func (d *DateRange) sweepUnlisted(id string) error {
	m, err := d.Manifest(id)
	if errors.Is(err, ErrNotStored) {
		return d.removeNode(id)
	}
	if err != nil {
		return nil
	}
	paths, err := d.unlisted(id, m.Parts)
	if err != nil {
		return err
	}
	befores, err := d.unlistedBefores(m)
	if err != nil {
		return err
	}
	for _, path := range append(paths, befores...) {
		if err := d.fs.RemoveAll(path); err != nil {
			return &WriteError{path, err}
		}
		removeIfEmpty(filepath.Dir(path))
	}
	return nil
}

// unlisted returns the files in a node's folder that are none of the listed parts, nor the manifest.
func (d *DateRange) unlisted(id string, listed []Part) ([]string, error) {
	known := map[string]bool{filepath.Join(d.NodeDir(id), manifestName): true}
	for _, p := range listed {
		known[filepath.Join(d.NodeDir(id), filepath.FromSlash(p.Path))] = true
	}
	return filesBeside(d.NodeDir(id), known)
}

// unlistedBefores returns the files of as-of rows that a manifest does not name.
func (d *DateRange) unlistedBefores(m *Manifest) ([]string, error) {
	known := map[string]bool{}
	for _, b := range m.Before {
		known[filepath.Join(d.beforeDir(m.ID), b.Name)] = true
	}
	return filesBeside(d.beforeDir(m.ID), known)
}

// filesBeside returns the files below a folder that are not known. A folder that is not there has none.
func filesBeside(dir string, known map[string]bool) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return &ReadError{path, err}
		case !e.IsDir() && !known[path]:
			out = append(out, path)
		}
		return nil
	})
	return out, err
}

// sweepBefores removes the as-of rows of nodes that are gone.
func (d *DateRange) sweepBefores(ids []string) error {
	dir := filepath.Join(d.dir, beforeName)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &ReadError{dir, err}
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if slices.Contains(ids, e.Name()) || !isID(e.Name()) {
			continue
		}
		if err := d.fs.RemoveAll(path); err != nil {
			return &WriteError{path, err}
		}
	}
	removeIfEmpty(dir)
	return nil
}

// removeIfEmpty removes a folder, unless something is in it.
func removeIfEmpty(dir string) { os.Remove(dir) }
