package schedule

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// look is a tree's state: how far its nodes are, and a view of the database that has at least what progress promises.
type look struct {
	*Updater
	view     View
	progress map[string]database.Progress
	reads    map[string]map[string]json.RawMessage // of the nodes looked at, and of inputs that tell them what is late
	marks    map[string][]database.Mark            // what the tree's nodes are stale by
	starts   map[graph.Hash]int64                  // from when nodes' rows are kept
	tables   map[graph.Hash]graph.Table            // of cut nodes
	lasts    map[graph.Hash]int64                  // the last times of tables that were asked for
	unread   map[graph.Hash]error                  // tables that could not be read
}

// look looks at some nodes. It reads progress first, then what was read, and opens the view after both. Close the view
// after use.
func (u *Updater) look(ctx context.Context, nodes []*graph.Node) (*look, error) {
	l := &look{Updater: u, tables: map[graph.Hash]graph.Table{}, lasts: map[graph.Hash]int64{}, unread: map[graph.Hash]error{}}
	var err error
	if l.progress, err = u.store.Progress(ctx, u.tree.related()); err != nil {
		return nil, err
	}
	if l.marks, err = u.store.Marks(ctx, u.tree.related()); err != nil { // before the view: what is not in it is not mended by it
		return nil, err
	}
	if l.reads, err = u.store.Reads(ctx, readers(nodes)); err != nil {
		return nil, err
	}
	graph.Walk(u.tree.Targets, u.tree.Cut, func(n *graph.Node) {
		if u.tree.Cut[n.Hash] && err == nil {
			err = l.source(ctx, n, l.tables)
		}
	})
	if err != nil {
		return nil, err
	}
	if l.view, err = u.store.Begin(ctx); err != nil {
		return nil, err
	}
	if err = l.view.Hold(ctx, u.tree.tables()); err == nil {
		l.starts, err = u.tree.starts(ctx, l.grid())
	}
	if err != nil {
		l.view.Close()
		return nil, err
	}
	return l, nil
}

// seen returns what a node has read of an input; nil: nothing that is known.
func (l *look) seen(n, in *graph.Node) (*Seen, error) { return parseSeen(l.reads[n.ID()][in.ID()]) }

// source finds where a derived node's rows are, if it has any.
func (l *look) source(ctx context.Context, n *graph.Node, tables map[graph.Hash]graph.Table) (err error) {
	if p, ok := l.progress[n.ID()]; ok {
		tables[n.Hash], err = l.store.Source(ctx, process(n, l.tree.Start), p.Schema)
	}
	return err
}

// last returns the last time of a user's table, math.MinInt64 where it has none.
func (l *look) last(ctx context.Context, n *graph.Node) (int64, error) {
	if at, ok := l.lasts[n.Hash]; ok {
		return at, nil
	}
	at, short, err := l.view.Back(ctx, n.Source(), farFuture, 1)
	if short {
		at = math.MinInt64
	}
	l.lasts[n.Hash] = at
	return at, err
}

// farFuture is after every time that a table has.
var farFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()

// job is one update of one node.
type job struct {
	*look
	node   *graph.Node
	had    *database.Progress         // nil: nothing
	start  int64                      // from when rows are kept
	end    int64                      // until when there can be rows
	ready  bool                       // derived inputs have what is needed of them
	ends   map[string]int64           // where the inputs are with each identifier before its progress; nil: not known
	late   *late                      // rows behind its progress that it is to catch up with; nil: none
	fresh  []database.Mark            // what it is found to be stale by
	mended []int64                    // marks that are found to be so no more
	known  map[graph.Hash]*Seen       // what earlier updates read of the inputs
	tables map[graph.Hash]graph.Table // of derived inputs
	own    map[graph.Hash]graph.Table // of the node itself
}

// job finds from when and until when a node has rows.
func (l *look) job(ctx context.Context, n *graph.Node) (*job, error) {
	j := &job{look: l, node: n, start: l.starts[n.Hash], end: l.options.Until, ready: true}
	if p, ok := l.progress[n.ID()]; ok {
		j.had = &p
	}
	var err error
	if j.end, err = l.reachable(ctx, n); err != nil {
		return nil, err
	}
	for _, in := range inputsOf(n) {
		if err := l.unreadable(in); err != nil {
			if !derived(in) || l.tree.Alone {
				return nil, err
			}
			j.ready = false // it waits for those that read the table
		}
		if !derived(in) {
			continue
		}
		p, ok := l.progress[in.ID()]
		need := ""
		switch {
		case !ok:
			need = "has no rows"
		case p.From > l.starts[in.Hash] && !l.tree.Cut[in.Hash]:
			need = "begins too late, at " + time.UnixMicro(p.From).UTC().Format(time.RFC3339)
		}
		if need != "" {
			j.ready = false
			if l.tree.Alone {
				return nil, &NotReadyError{n, in, need}
			}
		}
	}
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	return j, j.findLate(ctx)
}

// reachable returns until when a node can have rows: up to the last time of the table that gives its grid, and as far as derived inputs are.
func (l *look) reachable(ctx context.Context, n *graph.Node) (int64, error) {
	end := l.options.Until
	if grid := n.Inputs[0].Nodes[0]; !derived(grid) {
		last, err := l.last(ctx, grid)
		if err != nil {
			return 0, err
		}
		end = min(end, last+1)
	}
	for _, in := range n.Inputs {
		for _, m := range in.Nodes {
			if !derived(m) {
				continue
			}
			to := l.progress[m.ID()].To
			if readAsOf(n, in.Role) && !l.tree.Cut[m.Hash] {
				most, err := l.reachable(ctx, m)
				if err != nil {
					return 0, err
				}
				if to >= most {
					continue // it has all that there is, however long ago that was
				}
			}
			end = min(end, to)
		}
	}
	return end, nil
}

// readAsOf reports whether an input's times bound nothing, since its last rows hold until there are others.
func readAsOf(n *graph.Node, role string) bool {
	return n.AsOf(role) != nil || n.Kind.Name == graph.KindLasso && role == "universe"
}

// prepare finds the tables that are read, and what was read before.
func (j *job) prepare(ctx context.Context) error {
	j.known, j.tables, j.own = map[graph.Hash]*Seen{}, map[graph.Hash]graph.Table{}, map[graph.Hash]graph.Table{}
	for _, in := range inputsOf(j.node) {
		var err error
		if j.known[in.Hash], err = j.seen(j.node, in); err != nil {
			return err
		}
	}
	for _, n := range inputsOf(j.node) {
		if derived(n) {
			if err := j.source(ctx, n, j.tables); err != nil {
				return err
			}
		}
	}
	return j.source(ctx, j.node, j.own)
}
