package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tdlake/tdlake/graph"
)

// maxTries is how often a reader looks again when what it reads is replaced under it.
const maxTries = 5

// DateRange is one date range of a datalake. It may be shared between goroutines.
type DateRange struct {
	lake    string // the folder of all date ranges
	dir     string
	span    Span
	fs      fsys
	perYear int64 // rows a year from which parts are months
	grids   gridCache
	writes  sync.Mutex                                 // one Write at a time
	counter func(graph.Rows, graph.Grid) graph.Counter // nil: see Count

	mu    sync.Mutex
	lock  *os.File
	holds int
}

// rowsAYear is how many rows a year make a node's parts months.
const rowsAYear = 1_000_000

// Open returns the date range [start, end), microseconds since the epoch, of the datalake of a name below dir. Nothing is
// read or made: a date range that nobody wrote to is empty.
func Open(dir, name string, start, end int64) (*DateRange, error) {
	s := Span{start, end}
	if s.Empty() || start < minTime || end > maxTime {
		return nil, fmt.Errorf("no date range from %s to %s", showTime(start), showTime(end))
	}
	abs, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	return &DateRange{lake: abs, dir: filepath.Join(abs, RangeName(start, end)), span: s, fs: osFS{}, perYear: rowsAYear}, nil
}

// Ranges returns the date ranges of a datalake that are on disk, in order of their names.
func Ranges(dir, name string) ([]*DateRange, error) {
	lake := filepath.Join(dir, name)
	entries, err := os.ReadDir(lake)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &ReadError{lake, err}
	}
	var out []*DateRange
	for _, e := range entries {
		start, end, ok := ParseRangeName(e.Name())
		if !ok || !e.IsDir() {
			continue
		}
		d, err := Open(dir, name, start, end)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// Dir returns the date range's folder.
func (d *DateRange) Dir() string { return d.dir }

// Name returns the folder's name.
func (d *DateRange) Name() string { return filepath.Base(d.dir) }

// Range returns the date range.
func (d *DateRange) Range() Span { return d.span }

// NodeDir returns a node's folder.
func (d *DateRange) NodeDir(id string) string { return filepath.Join(d.dir, id) }

// SweepDir returns the folder of a sweep's results.
func (d *DateRange) SweepDir(hash string) string { return filepath.Join(d.dir, sweepsName, hash) }

// LogsDir returns the folder of the nodes' logs.
func (d *DateRange) LogsDir() string { return filepath.Join(d.dir, logsName) }

func (d *DateRange) beforeDir(id string) string { return filepath.Join(d.dir, beforeName, id) }

func (d *DateRange) partPath(m *Manifest, p Part) string {
	return filepath.Join(d.NodeDir(m.ID), filepath.FromSlash(p.Path))
}

// aside returns a date range like d in another folder.
func (d *DateRange) aside(dir string) *DateRange {
	return &DateRange{lake: d.lake, dir: dir, span: d.span, fs: d.fs, perYear: d.perYear}
}

// nodeFolders returns the names of the folders that are called as nodes are, in order, with or without a manifest.
func (d *DateRange) nodeFolders() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &ReadError{d.dir, err}
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && isID(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Stored returns which nodes have a manifest, by one look at the folder: for callers that ask of many nodes most of which
// are not stored.
func (d *DateRange) Stored() (map[string]bool, error) {
	ids, err := d.nodeFolders()
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, id := range ids {
		if _, err := os.Stat(filepath.Join(d.NodeDir(id), manifestName)); err == nil {
			out[id] = true
		}
	}
	return out, nil
}

// removeNode takes a node away: first its manifest, so that at no time it is there in part. Files of others in its folder stay.
func (d *DateRange) removeNode(id string) error {
	manifest := filepath.Join(d.NodeDir(id), manifestName)
	if _, err := os.Lstat(manifest); err == nil {
		if err := d.fs.RemoveAll(manifest); err != nil {
			return &WriteError{manifest, err}
		}
		if err := d.fs.SyncDir(d.NodeDir(id)); err != nil {
			return &WriteError{d.NodeDir(id), err}
		}
	}
	if err := d.removeOurs(d.NodeDir(id), isPart); err != nil {
		return err
	}
	if err := d.removeOurs(d.beforeDir(id), isBefore); err != nil {
		return err
	}
	if err := d.fs.SyncDir(d.dir); err != nil {
		return &WriteError{d.dir, err}
	}
	return nil
}
