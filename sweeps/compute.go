package sweeps

import (
	"context"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/graph"
)

// Compute is the engine of package compute, for the date range from start on, in microseconds since the epoch. The targets
// that are missing (Plan.Missing) must have been planned with it.
func Compute(e *compute.Engine, start int64) SeriesEngine {
	return computed{e, start}
}

type computed struct {
	engine *compute.Engine
	start  int64
}

// Eval hands warnings on to the point.
func (c computed) Eval(ctx context.Context, n *graph.Node) (Result, error) {
	rows, warnings, err := c.engine.Rows(ctx, n)
	if err != nil {
		return nil, err
	}
	return warned{framed{rows}, oneLine(warnings)}, nil
}

// oneLine joins warnings, without their hints.
func oneLine(warnings []string) string {
	lines := make([]string, len(warnings))
	for i, text := range warnings {
		lines[i], _, _ = strings.Cut(text, "\n")
	}
	return strings.Join(lines, "; ")
}

// warned is rows and what there is to say of them.
type warned struct {
	framed
	text string
}

func (w warned) Warning() string { return w.text }

func (c computed) NewSeries() SeriesReader { return &computedSeries{computed: c} }

type computedSeries struct {
	computed
	rows compute.Series
	said []string // of the node before: most share what there is to say of them
	text string
}

// Warning says the same as Eval's result.
func (c *computedSeries) Warning() string {
	if said := c.rows.Warnings(); !slices.Equal(said, c.said) {
		c.said, c.text = said, oneLine(said)
	}
	return c.text
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
