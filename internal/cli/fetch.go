package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// needs is what targets read from the database: cut holds those of the nodes that are no tables, above which nothing is read.
type needs struct {
	targets []*graph.Node
	fromDB  []*graph.Node
	cut     map[graph.Hash]bool
}

func (p *project) needs(targets []*graph.Node) (needs, error) {
	fromDB, err := p.pipeline.FromDB(targets)
	n := needs{targets: targets, fromDB: fromDB, cut: map[graph.Hash]bool{}}
	for _, node := range fromDB {
		if node.Kind.Name != graph.KindTable {
			n.cut[node.Hash] = true
		}
	}
	return n, err
}

// planSnapshot plans what is missing in the lake; with refresh, everything. Close or run the plan.
func (p *project) planSnapshot(ctx context.Context, n needs, refresh bool) (*lake.SnapshotPlan, error) {
	src, err := p.source(ctx)
	if err != nil {
		return nil, err
	}
	if refresh {
		return p.lake.PlanRefresh(ctx, src, n.fromDB, n.targets, n.cut)
	}
	if err := p.tellMoved(src); err != nil {
		return nil, err
	}
	return p.lake.PlanSnapshot(ctx, src, n.fromDB, n.targets, n.cut)
}

// fetch takes what is missing of the snapshot, saying so.
func (p *project) fetch(ctx context.Context, n needs) (err error) {
	planned := p.phase("planning the snapshot")
	plan, err := p.planSnapshot(ctx, n, false)
	planned()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plan.Close()) }()
	if plan.Empty() {
		p.short, err = plan.Shortages(ctx)
		return err
	}
	if p.offline {
		return offlineError(plan)
	}
	p.say("first, what is missing of the snapshot:\n%s", plan)
	report, err := p.runSnapshot(ctx, plan)
	if err != nil {
		return err
	}
	p.say("%s", report)
	return nil
}

// warnShort says what history is too short for what is about to be computed.
func (p *project) warnShort() {
	for _, text := range p.short {
		p.warn(text)
	}
}

// checkSource warns of a lake that was taken from another address than the config's.
func (p *project) checkSource(ctx context.Context) error {
	src, err := p.source(ctx)
	if err != nil {
		return err
	}
	return p.tellMoved(src)
}

// tellMoved warns, once a command, of a lake that was taken from another address than a source's: what is read is not known to be of this one.
func (p *project) tellMoved(src lake.Source) error {
	err := p.lake.CheckSource(src)
	var moved *lake.MismatchError
	if !errors.As(err, &moved) {
		return err
	}
	if _, again := p.told.LoadOrStore(moved.Dir, true); !again {
		p.warn(fmt.Sprintf("%v: rows that are stored are read, and nothing is fetched\nhint: %s", moved, moved.Hint()))
	}
	return nil
}

func offlineError(plan *lake.SnapshotPlan) error {
	return usagef(offlineHint,
		"--offline: the lake lacks rows that have to come from the database\n%s", plan)
}

// runSnapshot runs a plan, showing how far it is.
func (p *project) runSnapshot(ctx context.Context, plan *lake.SnapshotPlan) (*lake.Report, error) {
	defer p.phase("taking the snapshot")()
	defer debug.SetGCPercent(debug.SetGCPercent(usualCollections))
	bar := p.described("snapshot")
	report, err := plan.Run(ctx, func(at lake.Progress) {
		bar.describe(fmt.Sprintf("%s (%d of %d): %s, at %s", at.Name, at.Step, at.Steps, count(int(at.Rows), "row"), day(at.Time)))
	})
	bar.finish()
	return report, err
}
