package schedule

import (
	"context"
	"time"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// Options are an updater's settings.
type Options struct {
	Until    int64                        // no row at or after it; math.MaxInt64: as far as the inputs go
	Revise   bool                         // recompute what was computed from rows that have changed since
	Run      int64                        // of BeginRun; 0: none
	Jobs     int                          // of an engine
	Memory   int64                        // likewise, bytes
	Duty     func(*graph.Node) graph.Duty // what the config says of a node; nil: nothing
	Warn     func(string)
	External compute.External
}

// Updater brings nodes of a tree up to date, one at a time. It may be used from several goroutines.
type Updater struct {
	store   Store
	tree    *Tree
	options Options
}

// NewUpdater returns an updater. The tree's processes must be registered: see Register.
func NewUpdater(store Store, tree *Tree, o Options) *Updater {
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	return &Updater{store: store, tree: tree, options: o}
}

// Register makes the tree's nodes known to the database.
func (u *Updater) Register(ctx context.Context) error {
	return u.store.Register(ctx, u.tree.processes())
}

// Update brings a node up to date, which the caller has claimed.
func (u *Updater) Update(ctx context.Context, n *graph.Node, claim database.Claim) (report Report, err error) {
	report = Report{Node: n, State: Current}
	begun := time.Now()
	l, err := u.look(ctx, []*graph.Node{n})
	if err != nil {
		return report, err
	}
	defer l.view.Close()
	j, err := l.job(ctx, n)
	if err != nil {
		return report, err
	}
	if err := j.prepare(ctx); err != nil {
		return report, err
	}
	if err := j.findFresh(ctx); err != nil {
		return report, err
	}
	spans, err := j.spans(ctx, &report)
	if err == nil && len(spans) == 0 && j.had != nil {
		err = j.note(ctx, claim)
	}
	if err != nil {
		return report, err
	}
	for i, s := range spans {
		if err := j.do(ctx, claim, s, &report); err != nil {
			return report, err
		}
		if i == 0 {
			report.From, report.State = s.from, s.state
		}
		report.To = s.to
	}
	for _, w := range j.view.Warnings() {
		u.options.Warn(w)
	}
	report.Marks = j.marks[n.ID()]
	report.Took = time.Since(begun)
	return report, nil
}

// note says what a node is stale by that nothing is written of.
func (j *job) note(ctx context.Context, claim database.Claim) error {
	if !j.options.Revise {
		if err := j.recheck(ctx); err != nil {
			return err
		}
	}
	added, mended := j.unmarked(), j.mended
	if len(added)+len(mended) == 0 {
		return nil
	}
	j.noted(added, mended)
	return j.store.Note(ctx, claim, added, mended)
}

// Due returns which of some nodes an update would do something to, as far as can be told without reading rows, or would fail
// for.
func (u *Updater) Due(ctx context.Context, nodes []*graph.Node) (due []*graph.Node, err error) {
	l, err := u.look(ctx, nodes)
	if err != nil {
		return nil, err
	}
	defer l.view.Close()
	for _, n := range nodes {
		j, err := l.job(ctx, n)
		if err != nil && !ofTable(err) {
			return nil, err
		}
		if err != nil || len(j.news()) > 0 {
			due = append(due, n)
		}
	}
	return due, nil
}
