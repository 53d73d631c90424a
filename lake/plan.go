package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/graph"
)

// SnapshotPlan is what has to be read from a database so that targets can be evaluated offline. It prints itself, and Run does
// what it says and nothing else. It holds a view of the database where one was needed to make it: Close it, run or not.
type SnapshotPlan struct {
	d       *DateRange
	src     Source
	nodes   []*graph.Node
	targets []*graph.Node
	cut     map[graph.Hash]bool
	refresh bool

	asking sync.Mutex // the view, and shorts, while grids are asked: nodes that count are computed side by side
	view   View       // opened when it is first needed
	steps  []*step
	done   []*graph.Node       // stored already
	grids  map[graph.Hash]bool // nodes that must have rows in the date range
	shorts map[graph.Hash]shortage
	ends   map[graph.Hash]bool // nodes whose history was asked for beyond its beginning
	tails  map[graph.Hash]bool // nodes of which it must be known that identifiers have no rows before those that are read
	ran    bool                // the steps have been begun
	moved  error               // a *MismatchError: nothing is asked of this database
}

// shortage is a question about times that the history is too short for.
type shortage struct {
	before int64
	n      int
	first  int64 // the first time there is; before where there is none
}

// PlanSnapshot plans what the date range lacks of nodes, all read from src, for targets to be evaluated over the date range;
// cut has those of the nodes that are no tables. The database is only asked where what is stored does not answer. A date
// range that was taken from another address is left as it is: what it lacks is refused with a *MismatchError.
func (d *DateRange) PlanSnapshot(ctx context.Context, src Source, nodes, targets []*graph.Node, cut map[graph.Hash]bool) (*SnapshotPlan, error) {
	p := &SnapshotPlan{d: d, src: src, nodes: nodes, targets: targets, cut: cut, moved: d.CheckSource(src)}
	if p.moved != nil && !isMismatch(p.moved) {
		return nil, p.moved
	}
	p, err := p.buildOrClose(ctx)
	if err == nil && p.moved != nil && !p.Empty() {
		return nil, p.moved
	}
	return p, err
}

func isMismatch(err error) bool {
	var mismatch *MismatchError
	return errors.As(err, &mismatch)
}

func (p *SnapshotPlan) buildOrClose(ctx context.Context) (*SnapshotPlan, error) {
	if err := p.build(ctx); err != nil {
		p.Close() // the first error is the one to tell
		return nil, err
	}
	return p, nil
}

// build works out the steps, from what is stored at this moment.
func (p *SnapshotPlan) build(ctx context.Context) error {
	p.steps, p.done, p.shorts, p.ends, p.tails = nil, nil, map[graph.Hash]shortage{}, map[graph.Hash]bool{}, map[graph.Hash]bool{}
	ranges, err := graph.Ranges(ctx, p.targets, p.cut, p.d.span.Start, p.d.span.End, p.grid())
	if err != nil {
		return err
	}
	p.grids = p.gridNodes()
	siblings, err := p.siblings()
	if err != nil {
		return err
	}
	for _, n := range p.nodes {
		need, ok := ranges[n.Hash]
		if !ok {
			continue // nothing that is wanted reads it
		}
		need.AsOf = need.AsOf || p.tails[n.Hash] && need.From != graph.Beginning
		s, err := p.step(n, need)
		if err != nil {
			return err
		}
		if err := s.takeFrom(siblings); err != nil {
			return err
		}
		s.planBefore()
		if s.idle() {
			p.done = append(p.done, n)
			continue
		}
		p.steps = append(p.steps, s)
	}
	return nil
}

// siblings returns the date ranges of the same datalake that were taken from the same database. A refresh takes nothing
// from them: they are older than the database.
func (p *SnapshotPlan) siblings() ([]*DateRange, error) {
	if p.refresh || p.moved != nil {
		return nil, nil
	}
	all, err := p.d.others()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(o *DateRange) bool {
		from, err := o.Source()
		return err != nil || from == "" || o.CheckSource(p.src) != nil // one that is damaged is none of ours to report
	}), nil
}

// gridNodes returns the nodes whose own times are what something is computed at: without rows in the date range there would be
// no result. The others are read as of a time, or joined.
func (p *SnapshotPlan) gridNodes() map[graph.Hash]bool {
	grids := map[graph.Hash]bool{}
	graph.Walk(p.targets, p.cut, func(n *graph.Node) {
		if len(n.Inputs) == 0 || p.cut[n.Hash] || graph.OwnGrid(n) {
			return
		}
		for _, in := range n.Inputs[0].Nodes {
			grids[in.Hash] = true
		}
	})
	return grids
}

// planGrid answers from what is stored where that suffices, else from the database. It remembers what the history is too
// short for.
type planGrid struct{ p *SnapshotPlan }

// Back implements graph.Grid.
func (g planGrid) Back(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	g.p.asking.Lock()
	defer g.p.asking.Unlock()
	at, short, err = g.back(ctx, t, before, n)
	if err != nil || !short {
		return at, short, err
	}
	g.p.ends[t.Hash] = true
	if old, ok := g.p.shorts[t.Hash]; !ok || n > old.n || n == old.n && before < old.before {
		g.p.shorts[t.Hash] = shortage{before, n, at}
	}
	return at, short, nil
}

// Reach implements graph.Counter: nothing lacks what isn't there.
func (g planGrid) Reach(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	g.p.asking.Lock()
	defer g.p.asking.Unlock()
	at, short, err = g.back(ctx, t, before, n)
	if err == nil && short {
		g.p.ends[t.Hash] = true
	}
	return at, short, err
}

// Own implements graph.Grid. Where an identifier has fewer rows than were asked for, the last rows before what is fetched are fetched, too: they tell that
// there are no more.
func (g planGrid) Own(ctx context.Context, t *graph.Node, from, end int64, n int) ([]graph.Tail, error) {
	g.p.asking.Lock()
	defer g.p.asking.Unlock()
	tails, err := g.own(ctx, t, from, end, n)
	if err != nil {
		return nil, err
	}
	if _, short := graph.First(tails, from, n); short {
		g.p.tails[t.Hash] = true
	}
	return tails, nil
}

func (g planGrid) own(ctx context.Context, t *graph.Node, from, end int64, n int) ([]graph.Tail, error) {
	if !g.p.refresh {
		tails, err := g.p.d.Grid().Own(ctx, t, from, end, n)
		if err == nil || !answerable(err) {
			return tails, err
		}
	}
	v, err := g.p.open(ctx)
	if err != nil {
		return nil, err
	}
	return v.Own(ctx, t.Source(), from, end, n)
}

func (g planGrid) back(ctx context.Context, t *graph.Node, before int64, n int) (at int64, short bool, err error) {
	if !g.p.refresh {
		at, short, err = g.p.d.Grid().Back(ctx, t, before, n)
		if err == nil || !answerable(err) {
			return at, short, err
		}
	}
	v, err := g.p.open(ctx)
	if err != nil {
		return 0, false, err
	}
	return v.Back(ctx, t.Source(), before, n)
}

// open returns the plan's view, the same one from planning to the last row.
func (p *SnapshotPlan) open(ctx context.Context) (View, error) {
	if p.view != nil {
		return p.view, nil
	}
	if p.moved != nil {
		return nil, p.moved
	}
	v, err := p.src.Begin(ctx)
	if err != nil {
		return nil, err
	}
	tables := make([]graph.Table, len(p.nodes))
	for i, n := range p.nodes {
		tables[i] = n.Source()
	}
	if err := v.Hold(ctx, tables); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	p.view = v
	return v, nil
}

// Close ends the view of the database, where one was opened. It may be called again.
func (p *SnapshotPlan) Close() error {
	v := p.view
	p.view = nil
	if v == nil {
		return nil
	}
	return v.Close()
}

// Empty reports whether nothing has to be done.
func (p *SnapshotPlan) Empty() bool { return len(p.steps) == 0 }

// Nodes returns the nodes of which something has to be read or taken.
func (p *SnapshotPlan) Nodes() []*graph.Node {
	out := make([]*graph.Node, len(p.steps))
	for i, s := range p.steps {
		out[i] = s.node
	}
	return out
}

// String says what Run would do, a line a node.
func (p *SnapshotPlan) String() string {
	if p.Empty() {
		return fmt.Sprintf("%s: nothing to fetch, %s\n", p.d.Name(), allStored(len(p.done)))
	}
	var b strings.Builder
	what := "snapshot"
	if p.refresh {
		what = "new snapshot"
	}
	fmt.Fprintf(&b, "%s of %s into %s\n", what, p.src.Place(), p.d.dir)
	for _, s := range p.steps {
		fmt.Fprintf(&b, "  %s (%s)  %s\n", s.node.Name, s.node.ID(), strings.Join(s.actions(), "; "))
	}
	if len(p.done) > 0 {
		fmt.Fprintf(&b, "  %d stored already\n", len(p.done))
	}
	return b.String()
}

func allStored(n int) string {
	switch n {
	case 0:
		return "nothing comes from the database"
	case 1:
		return "the 1 node is stored"
	}
	return fmt.Sprintf("all of %d nodes are stored", n)
}

// plural writes a number of things.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// byStart orders parts by time.
func byStart(a, b Part) int { return cmp.Compare(a.Span.Start, b.Span.Start) }
