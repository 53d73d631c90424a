package lake

import (
	"context"
	"errors"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Count has plans of snapshots count on the own times of computed nodes, on a grid that counter makes of one that doesn't. Without it, nodes are taken to
// have all times of the grid that they are made from.
func (d *DateRange) Count(counter func(graph.Rows, graph.Grid) graph.Counter) { d.counter = counter }

// grid is what a plan counts on.
func (p *SnapshotPlan) grid() graph.Grid {
	if p.d.counter == nil {
		return planGrid{p}
	}
	return p.d.counter(planRows{p}, planGrid{p})
}

// planRows gives rows of what is stored where it has them, else of the database.
type planRows struct{ p *SnapshotPlan }

// Stored implements graph.Rows.
func (in planRows) Stored(n *graph.Node, _ graph.Range, _ int64) bool {
	return n.Kind.Name == graph.KindTable || in.p.cut[n.Hash]
}

// Load implements graph.Rows.
func (in planRows) Load(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	in.p.asking.Lock()
	defer in.p.asking.Unlock()
	if !in.p.refresh {
		rows, before, err = in.fromLake(ctx, n, r, end)
		if err == nil || !answerable(err) {
			return rows, before, err
		}
	}
	return in.fromDatabase(ctx, n, r, end)
}

func (in planRows) fromLake(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	m, err := in.p.d.Manifest(n.ID())
	if err != nil {
		return nil, nil, err
	}
	if !m.Covered.Covers(Span{r.From, end}) {
		return nil, nil, ErrNotStored
	}
	if rows, err = in.p.d.Rows(ctx, n.ID(), r.From, end); err == nil && r.AsOf {
		before, err = in.p.d.Before(ctx, n.ID(), r.From)
	}
	return rows, before, err
}

func (in planRows) fromDatabase(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	v, err := in.p.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	var parts []*frame.Frame
	for f, err := range v.Rows(ctx, n.Source(), r.From, end) {
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, f)
	}
	if len(parts) > 0 {
		rows, err = frame.Concat(parts...)
	} else {
		var schema frame.Schema
		schema, err = v.Schema(ctx, n.Source())
		rows = frame.Empty(schema)
	}
	if err == nil && r.AsOf {
		before, err = v.Before(ctx, n.Source(), r.From)
	}
	return rows, before, err
}

// answerable reports whether the database answers where the lake said that: it lacks rows, or they are damaged.
func answerable(err error) bool {
	var damage *DamageError
	return errors.Is(err, ErrNotStored) || errors.As(err, &damage)
}
