package lake

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Write stores a computed node's rows over a range, in place of what was stored of it. inputs are the files that it was
// computed from (see Digests), warnings what the user should know of the rows. It takes the writer's lock for itself.
func (d *DateRange) Write(ctx context.Context, n *graph.Node, covered Span, inputs []Digest, f *frame.Frame, warnings ...string) (*Manifest, error) {
	lock, err := d.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	d.writes.Lock()
	defer d.writes.Unlock()
	if err := f.CheckOrder(); err != nil {
		return nil, &DataError{n.Name, err}
	}
	return d.writeNode(ctx, n, covered, inputs, f, warnings)
}

// writeNode writes parts beside what may be there and commits them with the manifest. Parts have the names of their spans, so
// a node that is stored already is taken away first: it is computed, and can be computed again.
func (d *DateRange) writeNode(ctx context.Context, n *graph.Node, covered Span, inputs []Digest, f *frame.Frame, warnings []string) (*Manifest, error) {
	m, err := newManifest(n, Computed, f.Schema(), d.partitioning(f))
	if err != nil {
		return nil, err
	}
	if err := d.removeNode(m.ID); err != nil {
		return nil, err
	}
	c := newCutter(d.fs, d.NodeDir(m.ID), f.Schema(), m.Partitioning, covered)
	if err := c.add(ctx, f.Between(covered.Start, covered.End)); err != nil {
		c.abort()
		return nil, err
	}
	if m.Parts, err = c.close(ctx); err != nil {
		return nil, err
	}
	if m.Parts == nil {
		m.Parts = []Part{}
	}
	for _, p := range m.Parts {
		m.Rows += p.Rows
	}
	m.Covered = Spans{covered}
	m.Inputs = append(m.Inputs, inputs...)
	m.Warnings = warnings
	return m, d.writeManifest(ctx, m)
}

// partitioning chooses how a frame is cut.
func (d *DateRange) partitioning(f *frame.Frame) Partitioning {
	times := f.Times()
	for i := 0; i < len(times); {
		end, _ := slices.BinarySearch(times, ByYear.span(times[i]).End)
		if int64(end-i) > d.perYear {
			return ByMonth
		}
		i = end
	}
	return ByYear
}

// Digests names the stored files that hold a node's rows over a range, and with asOf those that tell its values as of the
// range's start.
func (d *DateRange) Digests(id string, s Span, asOf bool) ([]Digest, error) {
	m, err := d.Manifest(id)
	if err != nil {
		return nil, err
	}
	var out []Digest
	if asOf && s.Start != beginning {
		start, file, ok := m.asOf(s.Start)
		if !ok {
			return nil, fmt.Errorf("the rows of %s as of %s: %w", id, showTime(s.Start), ErrNotStored)
		}
		if file != nil {
			out = append(out, Digest{id, beforePath(file.Name), file.SHA256})
		}
		s.Start = start
	}
	for _, p := range m.Parts {
		if p.Span.Overlaps(s) {
			out = append(out, Digest{id, p.Path, p.SHA256})
		}
	}
	return out, nil
}

// beforePath is how digests name as-of rows.
func beforePath(name string) string { return filepath.ToSlash(filepath.Join(beforeName, name)) }

// Stale says why a computed node is no longer what its inputs give: a reason for each input file that is gone or has another
// checksum. Parts that were added make nothing stale. Empty means it is good.
func (d *DateRange) Stale(m *Manifest) ([]string, error) {
	byNode := map[string][]Digest{}
	var ids []string
	for _, in := range m.Inputs {
		if byNode[in.Node] == nil {
			ids = append(ids, in.Node)
		}
		byNode[in.Node] = append(byNode[in.Node], in)
	}
	var reasons []string
	for _, id := range ids {
		reason, err := d.staleInput(id, byNode[id])
		if err != nil {
			return nil, err
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return reasons, nil
}

func (d *DateRange) staleInput(id string, files []Digest) (string, error) {
	m, err := d.Manifest(id)
	if errors.Is(err, ErrNotStored) {
		return fmt.Sprintf("its input %s is no longer stored", id), nil
	}
	if err != nil {
		return "", err
	}
	now := map[string]string{}
	for _, p := range m.Parts {
		now[p.Path] = p.SHA256
	}
	for _, b := range m.Before {
		now[beforePath(b.Name)] = b.SHA256
	}
	for _, f := range files {
		switch sum, ok := now[f.Path]; {
		case !ok:
			return fmt.Sprintf("its input %s no longer has %s", id, f.Path), nil
		case sum != f.SHA256:
			return fmt.Sprintf("its input %s has changed in %s", id, f.Path), nil
		}
	}
	return "", nil
}
