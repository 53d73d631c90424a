package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/tdlake/tdlake/graph"
)

// A refresh takes a new snapshot into a folder beside the date range's and swaps the two. Until then the old one is untouched.

// refreshDir is where a new snapshot is taken; after the swap it is where the old one is until it is removed.
func (d *DateRange) refreshDir() string { return filepath.Join(d.lake, refreshName+"-"+d.Name()) }

// oldDir is where the old snapshot is between two renames, where the system cannot swap folders.
func (d *DateRange) oldDir() string { return filepath.Join(d.lake, oldName+"-"+d.Name()) }

// PlanRefresh plans a new snapshot in place of what is stored, from whatever database: see PlanSnapshot. Other nodes that come
// from the database are dropped, since they are of another moment; computed nodes, sweeps and logs stay. Whatever fails, the
// old snapshot is there as it was.
func (d *DateRange) PlanRefresh(ctx context.Context, src Source, nodes, targets []*graph.Node, cut map[graph.Hash]bool) (*SnapshotPlan, error) {
	p := &SnapshotPlan{d: d, src: src, nodes: nodes, targets: targets, cut: cut, refresh: true}
	return p.buildOrClose(ctx)
}

// runRefresh does a refresh's steps. The lock is held.
func (p *SnapshotPlan) runRefresh(ctx context.Context, progress func(Progress)) (*Report, error) {
	dir := p.d.refreshDir()
	if err := p.d.fs.RemoveAll(dir); err != nil {
		return nil, &WriteError{dir, err}
	}
	aside := p.d.aside(dir)
	lock, err := aside.Lock(ctx) // it is the date range's lock from the swap on
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	defer p.d.fs.RemoveAll(dir) // best effort, and before the lock is gone: the next writer removes it otherwise
	if err := p.runSteps(ctx, aside, progress); err != nil {
		return nil, err
	}
	changes, dropped, err := p.compare(ctx, aside)
	if err != nil {
		return nil, err
	}
	if err := p.d.carryOver(ctx, aside); err != nil {
		return nil, err
	}
	if err := p.d.swap(dir); err != nil {
		return nil, err
	}
	report, err := p.report(ctx)
	if err != nil {
		return nil, err
	}
	report.Changes, report.Dropped = changes, dropped
	return report, nil
}

// compare says how the nodes that are stored differ from the new ones, and which of them are not among these.
func (p *SnapshotPlan) compare(ctx context.Context, aside *DateRange) (changes []Change, dropped []string, err error) {
	ids, err := p.d.nodeFolders()
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		before, err := p.d.Manifest(id)
		if err != nil || before.Origin != FromDatabase {
			continue // what cannot be read cannot be compared, and is replaced
		}
		after, err := aside.Manifest(id)
		if errors.Is(err, ErrNotStored) {
			dropped = append(dropped, id)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		c, err := diff(ctx, p.d, before, aside, after)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, c)
	}
	return changes, dropped, nil
}

// carryOver gives a new snapshot what is not of the database: computed nodes, sweeps, logs, and files of others.
func (d *DateRange) carryOver(ctx context.Context, aside *DateRange) error {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return &ReadError{d.dir, err}
	}
	for _, e := range entries {
		name := e.Name()
		if isTemp(name) || slices.Contains([]string{lockName, snapshotName, beforeName}, name) {
			continue
		}
		if isID(name) {
			m, err := d.Manifest(name)
			if unreadable := (*ReadError)(nil); errors.As(err, &unreadable) {
				return err // a node that was computed would be lost
			}
			if err != nil || m.Origin != Computed || exists(aside.NodeDir(name)) {
				if err := d.carryForeign(ctx, d.NodeDir(name), aside.NodeDir(name), isPart); err != nil {
					return err
				}
				continue
			}
		}
		if err := d.linkTree(ctx, filepath.Join(d.dir, name), filepath.Join(aside.dir, name)); err != nil {
			return err
		}
	}
	befores, err := readDir(filepath.Join(d.dir, beforeName))
	for _, e := range befores {
		if err == nil {
			err = d.carryForeign(ctx, d.beforeDir(e.Name()), aside.beforeDir(e.Name()), isBefore)
		}
	}
	return err
}

// carryForeign gives a new snapshot the files in a node's folder that no lake made.
func (d *DateRange) carryForeign(ctx context.Context, from, to string, ours func(dir, path string) bool) error {
	paths, _, err := regularFiles(from)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if isOurs(from, path, ours) {
			continue
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := makeDir(d.fs, filepath.Dir(target)); err != nil {
			return err
		}
		if err := d.carry(ctx, path, target); err != nil {
			return err
		}
	}
	return nil
}

// carry makes a second name for a file; of a symbolic link, another one.
func (d *DateRange) carry(ctx context.Context, from, to string) error {
	info, err := os.Lstat(from)
	switch {
	case err != nil:
		return &ReadError{from, err}
	case info.Mode().IsRegular():
		return d.linkFile(ctx, from, to)
	case info.Mode().Type() != fs.ModeSymlink:
		return nil // a socket or the like
	}
	leads, err := os.Readlink(from)
	if err != nil {
		return &ReadError{from, err}
	}
	if err := os.Symlink(leads, to); err != nil {
		return &WriteError{to, err}
	}
	return nil
}

// linkTree makes second names for the files below a folder.
func (d *DateRange) linkTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, below)
		switch {
		case isTemp(e.Name()):
			return nil
		case e.IsDir():
			if err := d.fs.Mkdir(target); err != nil {
				return &WriteError{target, err}
			}
			return nil
		}
		return d.carry(ctx, path, target)
	})
}

// swap puts the folder of a new snapshot in the place of the old one, which it leaves under the new one's name.
func (d *DateRange) swap(dir string) error {
	if err := d.fs.SyncDir(dir); err != nil {
		return &WriteError{dir, err}
	}
	err := d.fs.Exchange(d.dir, dir)
	switch {
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.EINVAL):
		return d.swapInTwo(dir)
	case err != nil:
		return &WriteError{d.dir, err}
	}
	// The names are right already; where making them durable fails, a crash of the machine brings back the old snapshot, whole.
	d.fs.SyncDir(d.lake)
	return nil
}

// swapInTwo is swap where the system has no such call. A process that is killed between the renames leaves the old snapshot
// aside, and the next writer puts it back.
func (d *DateRange) swapInTwo(dir string) error {
	old := d.oldDir()
	if err := d.fs.RemoveAll(old); err != nil {
		return &WriteError{old, err}
	}
	if err := d.fs.Rename(d.dir, old); err != nil {
		return &WriteError{d.dir, err}
	}
	if err := d.fs.Rename(dir, d.dir); err != nil {
		return errors.Join(&WriteError{d.dir, err}, d.fs.Rename(old, d.dir))
	}
	d.fs.SyncDir(d.lake)
	d.fs.RemoveAll(old) // best effort, as above
	return nil
}

// recoverSwap mends what a killed refresh left: the old snapshot goes back where the new one had not taken its place, and
// what is left over is removed. The lock is held, so the date range's folder is there, with a lock file at least.
func (d *DateRange) recoverSwap() error {
	old, dir := d.oldDir(), d.refreshDir()
	if exists(old) && (exists(dir) || !exists(filepath.Join(d.dir, snapshotName))) {
		if err := d.moveBack(old); err != nil {
			return err
		}
	}
	for _, leftover := range []string{old, dir} { // in this order: without dir, old is what was replaced
		if !exists(leftover) {
			continue
		}
		if err := d.fs.RemoveAll(leftover); err != nil {
			return &WriteError{leftover, err}
		}
	}
	return nil
}

// moveBack moves everything in a folder to the date range's. What says that a date range is whole comes last.
func (d *DateRange) moveBack(old string) error {
	entries, err := os.ReadDir(old)
	if err != nil {
		return &ReadError{old, err}
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return rank(a.Name()) - rank(b.Name()) })
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		to := filepath.Join(d.dir, e.Name())
		if err := d.fs.Rename(filepath.Join(old, e.Name()), to); err != nil {
			return &WriteError{to, err}
		}
	}
	if err := d.fs.SyncDir(d.dir); err != nil {
		return &WriteError{d.dir, err}
	}
	return nil
}

func rank(name string) int {
	if name == snapshotName {
		return 1
	}
	return 0
}
