package cli

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// estimate is what computing some targets takes, roughly: good to a factor of two or three on a machine of today.
type estimate struct {
	Seconds float64 `json:"estimated_seconds"`
	Memory  int64   `json:"estimated_memory_bytes"`
	Disk    int64   `json:"estimated_disk_bytes"`
	known   bool    // the lake says how many rows there are
	work    bool
}

// What a row of the time grid costs, as measured on one core of a server of 2024. A lasso is cheap where its neighbours in the plan share
// its sums, as the points of a sweep do.
const (
	lassoRow     = 6 * time.Microsecond
	portfolioRow = 150 * time.Nanosecond
	panelRow     = 2 * time.Microsecond // of all identifiers together
	pointBytes   = 150                  // of a sweep's results
	legRow       = 25                   // bytes of a row of what a sweep keeps of a portfolio's side, about one a regression
	perRow       = 32                   // bytes of a result in memory
	lassoColumns = 48                   // features of a lasso, as funds go
)

// estimate adds up what the distinct nodes of targets cost over the rows that the lake has. count is how many targets there are with those
// that the given ones stand for: see sweeps.Plan.Missing.
func (p *project) estimate(ctx context.Context, targets []*graph.Node, count int, n needs) (estimate, error) {
	e := estimate{work: len(targets) > 0}
	rows, err := p.gridRows(ctx, n)
	if err != nil || rows == 0 || !e.work {
		return e, err
	}
	e.known = true
	var cost time.Duration
	add := func(node *graph.Node, times int) {
		row, columns := nodeCost(node)
		cost += time.Duration(times*rows) * row
		e.Memory += int64(times*rows*columns) * perRow
	}
	legs := 0
	graph.Walk(targets, n.cut, func(node *graph.Node) {
		add(node, 1)
		if node.Kind.Name == graph.KindLasso && p.config.Sweep != nil {
			legs++
		}
	})
	add(targets[0], max(0, count-len(targets)))
	e.Seconds = cost.Seconds() / float64(p.threads())
	e.Memory = min(e.Memory, p.budget().engine)
	e.Disk = int64(count)*pointBytes + int64(legs*rows)*legRow
	return e, nil
}

// nodeCost is what a row of a node takes to compute, and how many columns it has.
func nodeCost(n *graph.Node) (row time.Duration, columns int) {
	switch n.Kind.Name {
	case graph.KindTable:
		return 0, 0
	case graph.KindLasso:
		return lassoRow, lassoColumns
	case graph.KindLongShort:
		return portfolioRow, 1
	}
	return panelRow, 2 * lassoColumns
}

// gridRows is the number of distinct times within the date range of the node that has most of them; 0 where nothing is stored.
func (p *project) gridRows(ctx context.Context, n needs) (int, error) {
	most := 0
	for _, node := range n.fromDB {
		rows, err := p.timesOf(ctx, node)
		if err != nil {
			return 0, err
		}
		most = max(most, rows)
	}
	return most, nil
}

// timesOf counts a stored node's distinct times within the date range: how many steps back from its end stay in it.
func (p *project) timesOf(ctx context.Context, n *graph.Node) (int, error) {
	var failed error
	grid, limit := p.lake.Grid(), 1
	outside := func(steps int) bool {
		at, short, err := grid.Back(ctx, n, p.config.End, steps)
		if err != nil && !errors.Is(err, lake.ErrNotStored) {
			failed = err
		}
		return err != nil || short || at < p.config.Start
	}
	for !outside(limit) {
		limit *= 2
	}
	return sort.Search(limit, func(steps int) bool { return steps > 0 && outside(steps) }) - 1, failed
}

// String is empty where there is nothing to compute.
func (e estimate) String() string {
	switch {
	case !e.work:
		return ""
	case !e.known:
		return "  estimate        known once there is a snapshot\n"
	}
	return fmt.Sprintf("  estimate        about %s, %s of memory, %s on disk\n", shortDuration(e.Seconds), lake.ShowBytes(e.Memory), lake.ShowBytes(e.Disk))
}

// shortDuration writes seconds with two digits: 0.4 s, 12 s, 3 min, 2 h.
func shortDuration(seconds float64) string {
	switch {
	case seconds < 0.1:
		return "0.1 s"
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 120:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 7200:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.0f h", seconds/3600)
}
