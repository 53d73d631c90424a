package lake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tdlake/tdlake/graph"
)

// errNotCovered says that what is stored does not answer a question about times.
var errNotCovered = errors.New("the lake does not reach back that far")

// Grid answers questions about times from stored rows alone. Back fails with ErrNotStored where a node is not stored, or
// is not stored from far enough back to answer.
func (d *DateRange) Grid() graph.Grid { return storedGrid{d} }

type storedGrid struct{ d *DateRange }

// Back implements graph.Grid.
func (g storedGrid) Back(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	at, short, err = g.d.back(ctx, t.ID(), before, n)
	if errors.Is(err, errNotCovered) {
		err = fmt.Errorf("%s: %w: %w", t.ID(), err, ErrNotStored)
	}
	return at, short, err
}

func (d *DateRange) back(ctx context.Context, id string, before int64, n int) (at int64, short bool, err error) {
	for try := 0; ; try++ {
		m, err := d.grids.manifest(d, id)
		if err != nil {
			return 0, false, err
		}
		at, short, err := d.backIn(ctx, m, before, n)
		if err != nil && try < maxTries && !d.current(m) {
			continue // replaced meanwhile, and the parts that it named with it
		}
		return at, short, err
	}
}

func (d *DateRange) backIn(ctx context.Context, m *Manifest, before int64, n int) (at int64, short bool, err error) {
	covered, ok := m.Covered.At(before - 1)
	switch {
	case n <= 0:
		return before, false, nil
	case !ok:
		return 0, false, errNotCovered
	}
	at, left := before, n
	for i := len(m.Parts) - 1; i >= 0 && left > 0; i-- {
		p := m.Parts[i]
		if p.Span.Start >= before || p.Span.Start < covered.Start {
			continue
		}
		times, err := d.grids.of(ctx, d, m, p)
		if err != nil {
			return 0, false, err
		}
		k, _ := slices.BinarySearch(times, before)
		if k == 0 {
			continue
		}
		step := min(left, k)
		at = times[k-step]
		left -= step
	}
	if left > 0 && covered.Start >= minTime {
		return 0, false, errNotCovered
	}
	return at, left > 0, nil
}

// gridCache keeps the distinct times of parts, which never change, by their checksum, and the manifests that were read last.
type gridCache struct {
	mu        sync.Mutex
	times     map[string][]int64
	manifests map[string]readManifest // a node's
}

// readManifest is a manifest, which nobody changes, and the file it was read from.
type readManifest struct {
	*Manifest
	file os.FileInfo
}

// manifest is d.Manifest, but reads a file once: a plan asks for the same one dozens of times. A manifest is never changed in place, so
// another one is another file.
func (c *gridCache) manifest(d *DateRange, id string) (*Manifest, error) {
	now, err := os.Stat(filepath.Join(d.NodeDir(id), manifestName))
	c.mu.Lock()
	was, ok := c.manifests[id]
	c.mu.Unlock()
	if err == nil && ok && os.SameFile(was.file, now) && was.file.ModTime().Equal(now.ModTime()) {
		return was.Manifest, nil
	}
	m, readErr := d.Manifest(id)
	if readErr != nil || err != nil {
		return m, readErr
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.manifests == nil {
		c.manifests = map[string]readManifest{}
	}
	c.manifests[id] = readManifest{m, now}
	return m, nil
}

func (c *gridCache) of(ctx context.Context, d *DateRange, m *Manifest, p Part) ([]int64, error) {
	c.mu.Lock()
	times, ok := c.times[p.SHA256]
	c.mu.Unlock()
	if ok {
		return times, nil
	}
	r := &reading{schema: m.Schema(), stored: columnsOf(m.Schema()), cols: []int{0}, folder: d.dir, maxJobs: 1}
	r.schema.Fields, r.schema.Key = r.schema.Fields[:1], 1
	defer r.close()
	if err := r.add(ctx, p.Span.Start, p.Span.End, d.parts(m, p.Span)...); err != nil {
		return nil, err
	}
	f, err := r.frame(ctx)
	if err != nil {
		return nil, err
	}
	times = slices.Clone(slices.Compact(slices.Clone(f.Times()))) // a slice of the column would keep all of it in memory
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil {
		c.times = map[string][]int64{}
	}
	c.times[p.SHA256] = times
	return times, nil
}

// distinct returns how many distinct times of a node are stored within a range.
func (d *DateRange) distinct(ctx context.Context, m *Manifest, s Span) (int, error) {
	n := 0
	for _, p := range m.Parts {
		if !p.Span.Overlaps(s) {
			continue
		}
		times, err := d.grids.of(ctx, d, m, p)
		if err != nil {
			return 0, err
		}
		i, _ := slices.BinarySearch(times, s.Start)
		j, _ := slices.BinarySearch(times, s.End)
		n += j - i
	}
	return n, nil
}
