package sweeps

import (
	"context"
	"slices"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/graph"
)

// Compute is the engine of package compute, for the date range from start on, in microseconds since the epoch. The targets
// that are missing (Plan.Missing) must have been planned with it.
func Compute(e *compute.Engine, start int64) SeriesEngine {
	return computed{EngineFunc(e.Output), e, start}
}

type computed struct {
	EngineFunc
	engine *compute.Engine
	start  int64
}

func (c computed) NewSeries() SeriesReader { return &computedSeries{computed: c} }

type computedSeries struct {
	computed
	rows compute.Series
}

// Read leaves out rows before the date range, as Output does.
func (c *computedSeries) Read(ctx context.Context, n *graph.Node) (Series, []int64, bool, error) {
	ok, err := c.engine.Series(ctx, n, &c.rows)
	if !ok || err != nil {
		return Series{}, nil, ok, err
	}
	from, _ := slices.BinarySearch(c.rows.Times(), c.start)
	return Series{Returns: c.rows.Returns()[from:], Portfolio: c.rows.Value()[from:], Turnover: c.rows.Turnover()[from:]}, c.rows.Times()[from:], true, nil
}
