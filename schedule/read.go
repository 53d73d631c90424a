package schedule

import (
	"context"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Read returns what a derived node's table holds from a time on, microseconds since the epoch: the node's own rows, where
// several processes fill it. It is nil where there is no table.
func Read(ctx context.Context, store Store, n *graph.Node, from int64) (*frame.Frame, error) {
	known, err := store.Progress(ctx, []string{n.ID()})
	if err != nil {
		return nil, err
	}
	p, ok := known[n.ID()]
	if !ok {
		return nil, nil
	}
	table, err := store.Source(ctx, process(n, from), p.Schema)
	if err != nil {
		return nil, err
	}
	v, err := store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	return readAll(ctx, v, table, from, p.To)
}
