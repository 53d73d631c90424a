package lake

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Run removes what the plan shows, holding the writer's lock of each date range while it changes it. What is no longer as it
// was planned, because a run has finished it or needs it by now, stays. Where it ends early it can be planned and run again.
func (p *GCPlan) Run(ctx context.Context) error {
	for i := 0; i < len(p.Removal); {
		d, j := p.Removal[i].d, i+1
		for j < len(p.Removal) && p.Removal[j].d == d {
			j++
		}
		if err := p.runRange(ctx, d, p.Removal[i:j]); err != nil {
			return err
		}
		i = j
	}
	return nil
}

// runRange runs removals of one date range, or of garbage where d is nil.
func (p *GCPlan) runRange(ctx context.Context, d *DateRange, removals []Removal) error {
	if d == nil {
		return removeGarbage(ctx, removals)
	}
	_, kept := p.needed[d.Name()]
	whole := slices.ContainsFunc(removals, func(r Removal) bool { return r.Path == d.dir })
	alone := !kept && !whole // folders of a refresh whose date range was not there
	if alone && exists(d.dir) {
		return nil // it is by now, and its own business
	}
	lock, err := d.Lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	// What is planned now, under the lock, is what may go now.
	now := &GCPlan{lake: p.lake, needed: p.needed, locked: true}
	if err := now.planRange(d); err != nil {
		return err
	}
	for _, r := range removals {
		if err := ctx.Err(); err != nil {
			return err
		}
		if kept && !now.shows(r) {
			continue
		}
		if err := r.run(); err != nil {
			return err
		}
	}
	if alone {
		return d.removeAll() // taking the lock made it, or put the old one back
	}
	return nil
}

func (p *GCPlan) shows(r Removal) bool {
	return slices.ContainsFunc(p.Removal, func(o Removal) bool { return o.Path == r.Path && o.Why == r.Why })
}

func removeGarbage(ctx context.Context, removals []Removal) error {
	for _, r := range removals {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := remove(osFS{}, r.Path); err != nil {
			return err
		}
	}
	return nil
}

func (r Removal) run() error {
	switch {
	case r.id != "":
		return r.d.removeNode(r.id)
	case r.Path == r.d.dir:
		return r.d.removeAll()
	}
	if err := remove(r.d.fs, r.Path); err != nil {
		return err
	}
	return r.d.pruneAbove(r.Path)
}

// trashOf is where a date range's folder is moved to before it is removed, so that at no time half of one is there.
func (d *DateRange) trashOf() string { return filepath.Join(d.lake, tempName(d.Name())) }

// removeAll removes the date range's folder: moved away at once, then file by file.
func (d *DateRange) removeAll() error {
	trash := d.trashOf()
	if err := d.fs.RemoveAll(trash); err != nil {
		return &WriteError{trash, err}
	}
	if err := d.fs.Rename(d.dir, trash); err != nil {
		return &WriteError{d.dir, err}
	}
	if err := d.fs.SyncDir(d.lake); err != nil {
		return &WriteError{d.lake, err}
	}
	return remove(d.fs, trash)
}

// remove removes a file or folder and makes that durable.
func remove(fs fsys, path string) error {
	if err := fs.RemoveAll(path); err != nil {
		return &WriteError{path, err}
	}
	if err := fs.SyncDir(filepath.Dir(path)); err != nil {
		return &WriteError{filepath.Dir(path), err}
	}
	return nil
}

// pruneAbove removes the folders above a removed file that are empty now, up to the date range's own.
func (d *DateRange) pruneAbove(path string) error {
	for dir := filepath.Dir(path); len(dir) > len(d.dir) && strings.HasPrefix(dir, d.dir); dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 0 {
			return nil // not empty, or not ours to judge
		}
		if err := remove(d.fs, dir); err != nil {
			return err
		}
	}
	return nil
}
