package lake

import (
	"context"
	"errors"
	"fmt"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Own implements graph.Grid.
func (g storedGrid) Own(ctx context.Context, t *graph.Node, from, end int64, n int) ([]graph.Tail, error) {
	for try := 0; ; try++ {
		m, err := g.d.grids.manifest(g.d, t.ID())
		if err != nil {
			return nil, err
		}
		tails, err := g.d.own(ctx, m, from, end, n)
		if err != nil && try < maxTries && !g.d.current(m) {
			continue // replaced meanwhile
		}
		if errors.Is(err, errNotCovered) {
			err = fmt.Errorf("%s: %w: %w", t.ID(), err, ErrNotStored)
		}
		return tails, err
	}
}

// own reads keys from further and further back, until each identifier that is alive has enough rows, or it is known that there are no more.
func (d *DateRange) own(ctx context.Context, m *Manifest, from, end int64, n int) ([]graph.Tail, error) {
	if len(m.Key) == 1 || n <= 0 {
		return nil, nil
	}
	covered, ok := m.Covered.At(from)
	if !ok || covered.End < end {
		return nil, errNotCovered
	}
	begin := from
	for i := len(m.Parts) - 1; i >= 0; i-- {
		p := m.Parts[i]
		if p.Span.Start >= end || p.Span.Start < covered.Start {
			continue
		}
		begin = min(begin, p.Span.Start)
		last := i == 0 || m.Parts[i-1].Span.Start < covered.Start
		if begin >= from && !last {
			continue
		}
		f, err := d.keys(ctx, m, begin, end)
		if err != nil {
			return nil, err
		}
		tails := graph.TailsOf(f, from, n)
		if _, short := graph.First(tails, from, n); !short || covered.Start < minTime {
			return tails, nil
		}
	}
	return d.ownAtStart(ctx, m, Span{covered.Start, end}, from, n)
}

// ownAtStart answers with all that is stored, where the last rows before it tell that an identifier has no more.
func (d *DateRange) ownAtStart(ctx context.Context, m *Manifest, s Span, from int64, n int) ([]graph.Tail, error) {
	f, err := d.keys(ctx, m, s.Start, s.End)
	if err != nil {
		return nil, err
	}
	tails := graph.TailsOf(f, from, n)
	if _, short := graph.First(tails, from, n); !short || s.Start < minTime {
		return tails, nil
	}
	before, err := d.before(ctx, m, s.Start, []string{frame.TimeIndex})
	if errors.Is(err, ErrNotStored) {
		return nil, errNotCovered
	}
	if err != nil {
		return nil, err
	}
	all, err := frame.Concat(before, f)
	if err != nil {
		return nil, err
	}
	more := graph.TailsOf(all, from, n)
	for i := range more {
		if more[i].First < s.Start {
			return nil, errNotCovered
		}
	}
	return more, nil
}

// keys reads the keys of stored rows.
func (d *DateRange) keys(ctx context.Context, m *Manifest, from, to int64) (*frame.Frame, error) {
	r, err := d.newReading(m, nil)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.onlyKey()
	if err := r.add(ctx, from, to, d.parts(m, Span{from, to})...); err != nil {
		return nil, err
	}
	return r.frame(ctx)
}
