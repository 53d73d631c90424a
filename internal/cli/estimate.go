package cli

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/tdlake/tdlake/compute"
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
	foreign bool // functions and programs take what they take
}

// What a row of the time grid costs, as measured on one core of a server of 2024. A lasso is cheap where its neighbours in the plan share
// its sums, as the points of a sweep do.
const (
	startUp      = 100 * time.Millisecond
	lassoRow     = 4 * time.Microsecond
	portfolioRow = 150 * time.Nanosecond // as a table of rows, which metrics in SQL want
	directRow    = 15 * time.Nanosecond  // of a portfolio of which a sweep wants built-in metrics alone
	panelRow     = 2 * time.Microsecond  // of all identifiers together

	queryStart     = 15 * time.Millisecond
	queryRow       = 1100 * time.Nanosecond // of the inputs in long form; a projection takes half of it, a join or a window twice
	callStart      = 20 * time.Millisecond  // of a function or a program
	callRow        = 700 * time.Nanosecond  // likewise, with light work on it
	interpreterRun = time.Second            // until the first call, while others start beside it

	startBytes   = 60 << 20 // memory
	pointMemory  = 600      // likewise, of a sweep's results
	pointBytes   = 60       // of the same on disk
	legRow       = 33       // bytes of a row of what a portfolio's side comes to, in memory and on disk
	panelCell    = 16       // bytes of a panel's value, with what making it takes
	lassoColumns = 48       // features of a lasso, as funds go
)

// workload is what is to be computed.
type workload struct {
	targets []*graph.Node // some, that between them need all that all need: see sweeps.Plan.Missing
	count   int           // how many there are
	direct  bool          // see sweeps.Plan.Direct
	kept    map[compute.LegKey]bool
}

// estimate adds up what the distinct nodes of targets cost over the rows that the lake has.
func (p *project) estimate(ctx context.Context, w workload, n needs) (estimate, error) {
	e := estimate{work: len(w.targets) > 0}
	rows, err := p.gridRows(ctx, n)
	if err != nil || rows == 0 || !e.work {
		return e, err
	}
	e.known = true
	t := tally{rows: rows, sides: w.sides(), portfolioRow: portfolioRow, long: p.longRows(n)}
	if w.direct {
		t.portfolioRow = directRow
	}
	graph.Walk(w.targets, n.cut, func(node *graph.Node) { t.add(node, 1) })
	t.add(w.targets[0], max(0, w.count-len(w.targets)))
	e.Seconds = startUp.Seconds() + t.cost.Seconds()/float64(p.threads())
	e.foreign = t.foreign
	if t.python {
		e.Seconds += interpreterRun.Seconds()
	}
	e.Memory = startBytes + t.memory + t.legs
	if p.config.Sweep != nil {
		e.Memory += int64(w.count) * pointMemory
		e.Disk = int64(w.count)*pointBytes + t.legs
	}
	e.Memory = min(e.Memory, p.budget().engine)
	return e, nil
}

// tally adds up nodes.
type tally struct {
	rows         int
	sides        map[graph.Hash]side
	portfolioRow time.Duration
	long         func(*graph.Node) int // rows of a node in long form

	cost         time.Duration // of one processor
	foreign      bool          // some are functions or programs
	python       bool
	memory, legs int64 // bytes
}

// add adds as many nodes as cost what this one does.
func (t *tally) add(n *graph.Node, times int) {
	row, columns := panelRow, 2*lassoColumns
	switch s, isSide := t.sides[n.Hash]; {
	case n.Kind.Name == graph.KindTable || isSide && s.kept:
		return
	case n.Kind.Name == graph.KindSQL:
		t.cost += time.Duration(times) * (queryStart + time.Duration(t.read(n))*queryRow)
		row = 0
	case n.Kind.Name == graph.KindPython || n.Kind.Name == graph.KindCommand:
		t.cost += time.Duration(times) * (callStart + time.Duration(t.read(n))*callRow)
		t.foreign, t.python, row = true, t.python || n.Kind.Name == graph.KindPython, 0
	case n.Kind.Name == graph.KindLongShort:
		row, columns = t.portfolioRow, 0
	case n.Kind.Name == graph.KindLasso:
		row, columns = lassoRow, lassoColumns
		if isSide {
			t.legs += int64(times*t.rows) * legRow
		}
		if s.alone {
			columns = 0
		}
	}
	t.cost += time.Duration(times*t.rows) * row
	t.memory += int64(times*t.rows*columns) * panelCell
}

// read is how many rows a node reads.
func (t *tally) read(n *graph.Node) (rows int) {
	for _, in := range n.Inputs {
		for _, node := range in.Nodes {
			rows += t.long(node)
		}
	}
	return rows
}

// longRows returns what tells a node's rows: those that the lake has, else as many as the input with most of them.
func (p *project) longRows(n needs) func(*graph.Node) int {
	known := map[graph.Hash]int{}
	for _, node := range n.fromDB {
		if m, err := p.lake.Manifest(node.ID()); err == nil {
			known[node.Hash] = int(m.Rows)
		}
	}
	var rows func(*graph.Node) int
	rows = func(node *graph.Node) int {
		if r, ok := known[node.Hash]; ok {
			return r
		}
		most := 0
		for _, in := range node.Inputs {
			for _, from := range in.Nodes {
				most = max(most, rows(from))
			}
		}
		known[node.Hash] = most
		return most
	}
	return rows
}

// side says of a regression that it is in sides of portfolios: whether all of these are kept, and whether it is one by itself, so that nobody wants
// its weights.
type side struct{ kept, alone bool }

func (w workload) sides() map[graph.Hash]side {
	out := map[graph.Hash]side{}
	for _, target := range w.targets {
		for _, s := range compute.Sides(target) {
			for _, n := range s.Nodes {
				was, ok := out[n.Hash]
				out[n.Hash] = side{w.kept[s.Key] && (was.kept || !ok), len(s.Nodes) == 1 && (was.alone || !ok)}
			}
		}
	}
	return out
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
	light := ""
	if e.foreign {
		light = " where functions and programs are light"
	}
	return fmt.Sprintf("  estimate        about %s%s, %s of memory, %s on disk\n", shortDuration(e.Seconds), light, lake.ShowBytes(e.Memory), lake.ShowBytes(e.Disk))
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
