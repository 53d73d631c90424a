package schedule

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/graph"
)

// duty is what the config says of a node.
func (l *look) duty(n *graph.Node) (d graph.Duty) {
	if l.options.Duty != nil {
		d = l.options.Duty(n)
	}
	return d
}

// settle holds the node's end back to what is settled and complete, of its own and of the tables that it reads.
func (j *job) settle(ctx context.Context) error {
	end := j.end
	own := append(slices.DeleteFunc(inputsOf(j.node), derived), j.node)
	for _, n := range own {
		d := j.duty(n)
		if d.Settle > 0 {
			now, err := j.store.Now(ctx)
			if err != nil {
				return err
			}
			j.end = min(j.end, now-d.Settle.Microseconds()+1)
		}
		if d.CompleteWhen != "" {
			if err := j.complete(ctx, n, d.CompleteWhen); err != nil {
				return err
			}
		}
	}
	if j.end == end {
		return nil
	}
	return j.toLastTime(ctx)
}

// toLastTime brings the node's end to just after the last time of its grid before it: where there is none, there is nothing to do.
func (j *job) toLastTime(ctx context.Context) error {
	grid, tables := j.node.Inputs[0].Nodes[0], map[graph.Hash]graph.Table{}
	if !derived(grid) {
		tables[grid.Hash] = grid.Source()
	} else if err := j.source(ctx, grid, tables); err != nil {
		return err
	}
	table, ok := tables[grid.Hash]
	if !ok {
		return nil // it has no rows yet
	}
	last, short, err := j.view.Back(ctx, table, j.end, 1)
	if err != nil {
		return err
	}
	if short {
		last = math.MinInt64
	}
	j.end = min(j.end, last+1)
	return nil
}

// complete holds the node's end back to the first time of a table, after its progress, that is not complete.
func (j *job) complete(ctx context.Context, table *graph.Node, condition string) error {
	from := j.start
	if j.had != nil {
		from = j.had.To
	}
	if from >= j.end {
		return nil
	}
	rows, err := readAll(ctx, j.view, table.Source(), from, j.end)
	if err != nil {
		return err
	}
	at, ok, err := compute.Incomplete(ctx, rows, condition)
	if err != nil {
		return fmt.Errorf("complete_when of %s: %w", table.Name, err)
	}
	if ok {
		j.end = at
		j.options.Warn(fmt.Sprintf("%s is not complete at %s (complete_when: %s): %s waits for it", table.Name, timeText(at), condition, j.node.Name))
	}
	return nil
}
