package lake

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// sweepUnlisted removes the parts and as-of files of a node that its manifest does not name; without a manifest, all. A manifest that
// cannot be read names nothing, and nothing is removed. Files of other names are somebody's, and stay.
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

// unlisted returns the parts in a node's folder that are none of the listed ones.
func (d *DateRange) unlisted(id string, listed []Part) ([]string, error) {
	known := map[string]bool{filepath.Join(d.NodeDir(id), manifestName): true}
	for _, p := range listed {
		known[filepath.Join(d.NodeDir(id), filepath.FromSlash(p.Path))] = true
	}
	return filesBeside(d.NodeDir(id), known, isPart)
}

// unlistedBefores returns the files of as-of rows that a manifest does not name.
func (d *DateRange) unlistedBefores(m *Manifest) ([]string, error) {
	known := map[string]bool{}
	for _, b := range m.Before {
		known[filepath.Join(d.beforeDir(m.ID), b.Name)] = true
	}
	return filesBeside(d.beforeDir(m.ID), known, isBefore)
}

// filesBeside returns the files below a folder that are not known and are called as a lake calls its own: those that ours says, and
// those that were not complete. A folder that is not there has none.
func filesBeside(dir string, known map[string]bool, ours func(dir, path string) bool) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return &ReadError{path, err}
		case !e.IsDir() && !known[path] && isOurs(dir, path, ours):
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
		if slices.Contains(ids, e.Name()) || !isID(e.Name()) {
			continue
		}
		if err := d.removeOurs(filepath.Join(dir, e.Name()), isBefore); err != nil {
			return err
		}
	}
	removeIfEmpty(dir)
	return nil
}

// removeOurs removes from a folder what a lake made there, and the folders that this leaves empty.
func (d *DateRange) removeOurs(dir string, ours func(dir, path string) bool) error {
	paths, err := filesBeside(dir, nil, ours)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := d.fs.RemoveAll(path); err != nil {
			return &WriteError{path, err}
		}
	}
	return d.removeEmpty(dir)
}

// removeEmpty removes the folders of parts below a folder, and it, the ones alone in which nothing is left.
func (d *DateRange) removeEmpty(dir string) error {
	entries, err := readDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), partitionPrefix) {
			if err := d.removeEmpty(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		return nil // not there, or somebody's
	}
	if err := d.fs.RemoveAll(dir); err != nil {
		return &WriteError{dir, err}
	}
	return nil
}

// removeIfEmpty removes a folder, unless something is in it.
func removeIfEmpty(dir string) { Remove(dir) }
