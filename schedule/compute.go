package schedule

import (
	"context"
	"fmt"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// compute evaluates the node over a span.
func (j *job) compute(ctx context.Context, l *loader, s span) (*frame.Frame, error) {
	o := compute.Options{Jobs: j.options.Jobs, Memory: j.options.Memory, Warn: j.options.Warn, External: j.options.External}
	start := s.from
	cut := map[graph.Hash]bool{}
	for _, in := range inputsOf(j.node) {
		if derived(in) {
			cut[in.Hash] = true
		}
	}
	if j.node.Kind.Name == graph.KindLongShort && s.from > j.start {
		var err error
		if o.Continue, start, err = j.goOn(ctx, l, s.from); err != nil {
			return nil, err
		}
	}
	if graph.FromStart(j.node) && o.Continue == nil {
		start = j.start // drift and counted rows follow from all that came before
	}
	e, err := compute.New(l, start, s.to, l, o)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Plan(ctx, []*graph.Node{j.node}, cut); err != nil {
		return nil, err
	}
	rows, err := e.Output(ctx, j.node)
	if err != nil {
		return nil, err
	}
	return rows.Between(s.from, s.to), nil
}

// goOn says how a portfolio goes on, and where its engine begins: one row of the returns' grid before.
func (j *job) goOn(ctx context.Context, l *loader, from int64) (*compute.Continued, int64, error) {
	t, ok := j.own[j.node.Hash]
	if !ok {
		return nil, 0, fmt.Errorf("%s has no table to go on from", j.node.Name)
	}
	c := &compute.Continued{Start: j.start, At: from, Value: 1}
	last, short, err := l.view.Back(ctx, t, from, 1)
	if err != nil {
		return nil, 0, err
	}
	if !short {
		rows, err := readAll(ctx, l.view, t, last, last+1)
		if err != nil {
			return nil, 0, err
		}
		values, err := rows.Floats("portfolio")
		if err != nil || len(values) == 0 {
			return nil, 0, fmt.Errorf("%s: its table has no last value (%w)", j.node.Name, err)
		}
		if c.Value = values[len(values)-1]; c.Value != c.Value { // rows after a portfolio's end are missing
			c.Value = 0
		}
	}
	at, _, err := l.Back(ctx, j.node.In("returns")[0], from, 1)
	return c, at, err
}
