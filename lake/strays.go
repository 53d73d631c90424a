package lake

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// stray is a file or folder that no manifest names.
type stray struct {
	path string
	why  string
	hint string
	ours bool // by its name a lake made it, so gc may remove it
}

const (
	unfinished     = "a run did not finish"
	strayHint      = "no tdlake made it: remove it, or move it elsewhere"
	leftoverHint   = "`tdlake gc` removes it"
	unfinishedHint = "`tdlake snapshot` goes on from there; `tdlake gc` removes it"
	swapHint       = "the next `tdlake snapshot` puts it back"
)

// leftover is what a killed run left behind.
func leftover(path, why string) stray { return stray{path, why, leftoverHint, true} }

// aStray judges a name that nothing accounts for.
func aStray(path string, ours bool) stray {
	if ours || isTemp(filepath.Base(path)) {
		return leftover(path, unfinished)
	}
	return stray{path, "it belongs to nothing", strayHint, false}
}

// abandoned is strays, or nothing while a writer is at work, whose unfinished files they may be.
func (d *DateRange) abandoned() ([]stray, error) {
	s, err := d.strays()
	if err != nil || len(s) == 0 || d.beingWritten() {
		return nil, err
	}
	return d.strays() // some were a writer's that has finished since
}

// strays returns what belongs to nothing in the date range, and what killed runs left beside it. While a writer is at work
// they may be its unfinished files.
func (d *DateRange) strays() ([]stray, error) {
	var out []stray
	for _, list := range []func() ([]stray, error){d.strayAsides, d.strayEntries, d.strayParts, d.strayBefores, d.straySweeps} {
		s, err := list()
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

// strayAsides finds the folders of a refresh. The old snapshot is nothing to remove while recoverSwap would put it back.
func (d *DateRange) strayAsides() ([]stray, error) {
	var out []stray
	old, dir := d.oldDir(), d.refreshDir()
	if exists(dir) {
		out = append(out, leftover(dir, unfinished))
	}
	switch {
	case !exists(old):
	case exists(dir) || !exists(filepath.Join(d.dir, snapshotName)):
		out = append(out, stray{old, "the snapshot is there: a refresh did not finish", swapHint, false})
	default:
		out = append(out, leftover(old, unfinished))
	}
	return out, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// strayEntries finds what is neither a node's folder nor one of the names that a date range has.
func (d *DateRange) strayEntries() ([]stray, error) {
	entries, err := readDir(d.dir)
	var out []stray
	for _, e := range entries {
		switch e.Name() {
		case lockName, snapshotName, beforeName, sweepsName, logsName:
			continue
		}
		if !e.IsDir() || !isID(e.Name()) {
			out = append(out, aStray(filepath.Join(d.dir, e.Name()), false))
		}
	}
	return out, err
}

// strayParts finds nodes without a manifest, and files in the others' folders that theirs does not name.
func (d *DateRange) strayParts() ([]stray, error) {
	ids, err := d.nodeFolders()
	if err != nil {
		return nil, err
	}
	var out []stray
	for _, id := range ids {
		m, err := d.Manifest(id)
		switch {
		case errors.Is(err, ErrNotStored):
			left, err := remains(d.NodeDir(id), stray{d.NodeDir(id), "it has no manifest: " + unfinished, unfinishedHint, true}, isPart)
			if err != nil {
				return nil, err
			}
			out = append(out, left...)
			continue
		case problemOf(err) != "":
			continue // what a manifest names that cannot be read is not known
		case err != nil:
			return nil, err
		}
		files, _, err := regularFiles(d.NodeDir(id))
		if err != nil {
			return nil, err
		}
		for _, path := range files {
			if !d.names(m, path) {
				out = append(out, aStray(path, isPart(d.NodeDir(id), path)))
			}
		}
	}
	return out, nil
}

// remains is a folder that nothing accounts for: whole, where a lake made all that is in it, else file by file.
func remains(dir string, whole stray, ours func(dir, path string) bool) ([]stray, error) {
	paths, _, err := regularFiles(dir)
	if err != nil {
		return nil, err
	}
	foreign := slices.ContainsFunc(paths, func(path string) bool { return !isOurs(dir, path, ours) })
	if !foreign {
		return []stray{whole}, nil
	}
	var out []stray
	for _, path := range paths {
		out = append(out, aStray(path, isOurs(dir, path, ours)))
	}
	return out, nil
}

// isOurs reports whether a file is called as a lake calls what it makes in a node's folder.
func isOurs(dir, path string, ours func(dir, path string) bool) bool {
	return isTemp(filepath.Base(path)) || path == filepath.Join(dir, manifestName) || ours(dir, path)
}

// names reports whether a file of a node's folder is its manifest or a part that the manifest names.
func (d *DateRange) names(m *Manifest, path string) bool {
	return path == filepath.Join(d.NodeDir(m.ID), manifestName) ||
		slices.ContainsFunc(m.Parts, func(p Part) bool { return path == d.partPath(m, p) })
}

// isPart reports whether a file below a node's folder is called as a part is.
func isPart(dir, path string) bool {
	below, err := filepath.Rel(dir, path)
	s, ok := parsePartName(filepath.Base(path))
	below = filepath.ToSlash(below)
	return err == nil && ok && (below == ByYear.path(s) || below == ByMonth.path(s))
}

// strayBefores finds as-of files of nodes that are gone, and those that a node's manifest does not name.
func (d *DateRange) strayBefores() ([]stray, error) {
	entries, err := readDir(filepath.Join(d.dir, beforeName))
	if err != nil {
		return nil, err
	}
	var out []stray
	for _, e := range entries {
		path := filepath.Join(d.dir, beforeName, e.Name())
		if !e.IsDir() || !isID(e.Name()) {
			out = append(out, aStray(path, false))
			continue
		}
		m, err := d.Manifest(e.Name())
		switch {
		case errors.Is(err, ErrNotStored):
			left, err := remains(path, leftover(path, "its node is gone"), isBefore)
			if err != nil {
				return nil, err
			}
			out = append(out, left...)
			continue
		case problemOf(err) != "":
			continue
		case err != nil:
			return nil, err
		}
		files, _, err := regularFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if !slices.ContainsFunc(m.Before, func(b Before) bool { return file == filepath.Join(path, b.Name) }) {
				out = append(out, aStray(file, isBefore(path, file)))
			}
		}
	}
	return out, nil
}

// isBefore reports whether a file is called as the as-of files in a folder are.
func isBefore(dir, path string) bool {
	at, ok := strings.CutSuffix(filepath.Base(path), parquetExt)
	_, known := parseStamp(at)
	return ok && known && filepath.Dir(path) == dir
}

// straySweeps finds what is no sweep's folder, and sweeps' unfinished files. The other files are theirs.
func (d *DateRange) straySweeps() ([]stray, error) {
	dir := filepath.Join(d.dir, sweepsName)
	entries, err := readDir(dir)
	if err != nil {
		return nil, err
	}
	var out []stray
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !e.IsDir() || !sweepPattern.MatchString(e.Name()) {
			out = append(out, aStray(path, false))
			continue
		}
		files, _, err := regularFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if isTemp(filepath.Base(file)) {
				out = append(out, aStray(file, true))
			}
		}
	}
	return out, nil
}

// beingWritten reports whether someone has the writer's lock, this process included. For the instant that it takes to find
// out, a writer that begins has to wait: so it is asked only where there is something to report.
func (d *DateRange) beingWritten() bool {
	f, err := os.OpenFile(filepath.Join(d.dir, lockName), os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}
