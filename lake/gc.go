package lake

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Needed says which nodes are to stay: the name of a date range -> local_hash_ids. A date range that is not in it goes as a
// whole.
type Needed map[string]map[string]bool

// GCPlan is what can be removed from a datalake. Nothing but what it shows is removed, and of that what still can be when
// it runs.
type GCPlan struct {
	Removal []Removal

	lake   string
	needed Needed
	locked bool // the writer's lock is held: what is unfinished is nobody's
}

// Removal is a folder or file that can be removed.
type Removal struct {
	Path  string
	Why   string
	Files int
	Bytes int64

	d  *DateRange // whose lock it takes; nil where it is garbage by its name
	id string     // the node, where it is a whole one
}

// PlanGC finds what nobody needs in a datalake: date ranges and nodes that are not needed, and what killed runs left behind.
// Sweeps of a date range that stays are never among it. It reads no rows and changes nothing. A datalake that holds something
// of a later format is refused with a *NewerFormatError: what that needs is not known here.
func PlanGC(ctx context.Context, dir, name string, needed Needed) (*GCPlan, error) {
	ranges, err := Ranges(dir, name)
	if err != nil {
		return nil, err
	}
	lake, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	p := &GCPlan{lake: lake, needed: needed}
	for _, d := range ranges {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := p.planRange(d); err != nil {
			return nil, err
		}
	}
	return p, p.planAsides(dir, name)
}

func (p *GCPlan) add(r Removal) (err error) {
	if r.Files, r.Bytes, err = sizeOf(r.Path); err != nil {
		return err
	}
	p.Removal = append(p.Removal, r)
	return nil
}

// planRange plans one date range that is on disk.
func (p *GCPlan) planRange(d *DateRange) error {
	var newer *NewerFormatError
	if _, err := d.Source(); errors.As(err, &newer) {
		return newer
	}
	ids, kept := p.needed[d.Name()]
	if !kept {
		return p.add(Removal{Path: d.dir, Why: "no config has this date range", d: d})
	}
	folders, err := d.nodeFolders()
	if err != nil {
		return err
	}
	going := map[string]bool{}
	for _, id := range folders {
		_, err := d.Manifest(id)
		switch {
		case errors.As(err, &newer):
			return newer
		case errors.Is(err, ErrNotStored), ids[id]:
			continue
		}
		going[d.NodeDir(id)], going[d.beforeDir(id)] = true, true
		if err := p.planNode(d, id); err != nil {
			return err
		}
	}
	return p.planStrays(d, going)
}

// planNode plans a node that nobody needs, its as-of rows included.
func (p *GCPlan) planNode(d *DateRange, id string) error {
	if err := p.add(Removal{Path: d.NodeDir(id), Why: "no config needs this node", d: d, id: id}); err != nil {
		return err
	}
	files, bytes, err := sizeOf(d.beforeDir(id))
	last := &p.Removal[len(p.Removal)-1]
	last.Files += files
	last.Bytes += bytes
	return err
}

// planStrays plans what killed runs left behind, but what goes with its node anyway. Files of other names are somebody's.
func (p *GCPlan) planStrays(d *DateRange, going map[string]bool) error {
	find := d.abandoned
	if p.locked {
		find = d.strays
	}
	strays, err := find()
	if err != nil {
		return err
	}
	for _, s := range strays {
		if !s.ours || within(going, s.path, d.dir) {
			continue
		}
		if err := p.add(Removal{Path: s.path, Why: s.why, d: d}); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a path, or a folder that it is in, is in a set; above top nothing is looked up.
func within(set map[string]bool, path, top string) bool {
	for ; len(path) > len(top); path = filepath.Dir(path) {
		if set[path] {
			return true
		}
	}
	return false
}

// planAsides plans folders beside the date ranges: what a killed gc was removing, and what refreshes left of date ranges that
// are not needed, or not there. An old snapshot that is needed and has no newer one stays: the next writer puts it back.
func (p *GCPlan) planAsides(dir, name string) error {
	entries, err := readDir(p.lake)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(p.lake, e.Name())
		if rangeName, ok := finalName(e.Name()); ok && isRangeName(rangeName) {
			if err := p.add(Removal{Path: path, Why: unfinished}); err != nil {
				return err
			}
			continue
		}
		d := asideOf(dir, name, e.Name())
		if d == nil {
			continue
		}
		_, kept := p.needed[d.Name()]
		if kept && (exists(d.dir) || path == d.oldDir()) {
			continue // planStrays has it, or it stays
		}
		if err := p.add(Removal{Path: path, Why: unfinished, d: d}); err != nil {
			return err
		}
	}
	return nil
}

func isRangeName(name string) bool {
	_, _, ok := ParseRangeName(name)
	return ok
}

// asideOf returns the date range that a folder of a refresh is of, nil where the name is none's.
func asideOf(dir, name, folder string) *DateRange {
	for i := range folder {
		start, end, ok := ParseRangeName(folder[i:])
		if !ok {
			continue
		}
		d, err := Open(dir, name, start, end)
		if err == nil && slices.Contains([]string{d.refreshDir(), d.oldDir()}, filepath.Join(d.lake, folder)) {
			return d
		}
	}
	return nil
}

// Bytes returns the size of all that can be removed. Files that date ranges share are counted for each.
func (p *GCPlan) Bytes() int64 {
	n := int64(0)
	for _, r := range p.Removal {
		n += r.Bytes
	}
	return n
}

// String shows the plan, a line a removal.
func (p *GCPlan) String() string {
	if len(p.Removal) == 0 {
		return p.lake + ": nothing to remove\n"
	}
	var b strings.Builder
	for _, r := range p.Removal {
		files := "files"
		if r.Files == 1 {
			files = "file"
		}
		fmt.Fprintf(&b, "remove %s  %s, %d %s: %s\n", r.Path, ShowBytes(r.Bytes), r.Files, files, r.Why)
	}
	fmt.Fprintf(&b, "%s in all\n", ShowBytes(p.Bytes()))
	return b.String()
}
