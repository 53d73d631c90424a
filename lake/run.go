package lake

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Progress is how far a snapshot is.
type Progress struct {
	Node   string // local_hash_id
	Name   string
	Step   int // counts from 1
	Steps  int
	Rows   int64 // fetched of this node
	Time   int64 // of the last row, microseconds; the end of what was asked for where Finish is set
	Finish bool  // the node is stored
}

// Run does what the plan says, node after node, each committed when it is complete: where it fails or is killed, the nodes
// before are stored, and the lake is as good as it was. progress may be nil; it is called from Run's goroutine, after each
// batch of rows. What was stored by somebody else since the plan was made is taken into account.
func (p *SnapshotPlan) Run(ctx context.Context, progress func(Progress)) (report *Report, err error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	lock, err := p.d.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	if p.ran || !p.refresh && p.outdated() {
		if err := p.build(ctx); err != nil {
			return nil, err
		}
	}
	p.ran = true
	if p.refresh {
		return p.runRefresh(ctx, progress)
	}
	if err := p.d.CheckSource(p.src); err != nil {
		return nil, err
	}
	if err := p.d.sweepTemps(); err != nil {
		return nil, err
	}
	if err := p.sweepUnplanned(); err != nil {
		return nil, err
	}
	for _, s := range p.steps {
		if err := s.dropDamaged(ctx); err != nil {
			return nil, err
		}
	}
	if err := p.checkVintages(ctx); err != nil {
		return nil, err
	}
	if err := p.runSteps(ctx, p.d, progress); err != nil {
		return nil, err
	}
	return p.report(ctx)
}

// outdated reports whether the lake is no longer as it was when the plan was made.
func (p *SnapshotPlan) outdated() bool {
	for _, s := range p.steps {
		if s.stored != nil && !p.d.current(s.stored) {
			return true
		}
		if _, err := p.d.Manifest(s.node.ID()); s.stored == nil && s.broken == "" && !errors.Is(err, ErrNotStored) {
			return true
		}
	}
	for _, n := range p.done {
		if _, err := p.d.Manifest(n.ID()); err != nil {
			return true
		}
	}
	return false
}

// runSteps fills d, which is the plan's date range or one beside it.
func (p *SnapshotPlan) runSteps(ctx context.Context, d *DateRange, progress func(Progress)) error {
	for i, s := range p.steps {
		at := Progress{Node: s.node.ID(), Name: s.node.Name, Step: i + 1, Steps: len(p.steps)}
		r := &stepRun{step: s, plan: p, d: d, table: s.node.Source(), progress: func(rows, time int64, finish bool) {
			at.Rows, at.Time, at.Finish = rows, time, finish
			progress(at)
		}}
		if err := r.run(ctx); err != nil {
			// Best effort: what stays behind is named by no manifest, and the next writer sweeps it.
			d.sweepUnlisted(s.node.ID())
			removeIfEmpty(filepath.Join(d.dir, beforeName))
			return err
		}
		r.progress(s.fetched, s.want.End, true)
	}
	return nil
}

// stepRun is one step while it is done.
type stepRun struct {
	*step
	plan     *SnapshotPlan
	d        *DateRange
	table    graph.Table
	schema   frame.Schema
	parts    []Part
	before   []Before
	since    bool  // there are no rows before what is covered
	inside   int64 // rows fetched that lie in the date range
	progress func(rows, time int64, finish bool)
}

func (r *stepRun) run(ctx context.Context) error {
	if err := r.columns(ctx); err != nil {
		return err
	}
	if r.broken != "" {
		if err := r.d.removeNode(r.node.ID()); err != nil {
			return err
		}
	}
	r.parts = slices.Clone(r.kept)
	if err := r.linkAll(ctx); err != nil {
		return err
	}
	for _, gap := range r.gaps {
		parts, err := r.fetch(ctx, gap)
		if err != nil {
			return err
		}
		r.parts = append(r.parts, parts...)
	}
	r.before = slices.Clone(r.keep)
	for _, at := range r.befores {
		if err := r.fetchBefore(ctx, at); err != nil {
			return err
		}
	}
	m, err := r.manifest()
	if err != nil {
		return err
	}
	if err := r.checkRows(ctx, m); err != nil {
		return err
	}
	return r.commit(ctx, m)
}

// columns finds out the columns. Where the database is needed they are what it has, or nothing can be added to what is stored.
func (r *stepRun) columns(ctx context.Context) error {
	if r.like != nil {
		r.schema = r.like.Schema()
	}
	if !r.reads() {
		return nil
	}
	v, err := r.plan.open(ctx)
	if err != nil {
		return err
	}
	schema, err := v.Schema(ctx, r.table)
	if err != nil {
		return err
	}
	if r.like != nil && !r.schema.Equal(schema) {
		if r.stored != nil {
			return &DataError{r.node.Name, &columnsError{r.schema, schema}}
		}
		r.giveUp() // siblings have what the table was like then
	}
	r.schema = schema
	return nil
}

// linkAll takes over siblings' parts. What cannot be taken is fetched.
func (r *stepRun) linkAll(ctx context.Context) error {
	for _, a := range r.adopt {
		ok, err := r.d.link(ctx, a)
		if err != nil {
			return err
		}
		if ok {
			r.taken++
			r.parts = append(r.parts, a.part)
			continue
		}
		r.cover = r.cover.remove(a.part.Span)
		r.gaps = r.gaps.Add(a.part.Span)
	}
	if r.taken == len(r.adopt) {
		return nil
	}
	if err := r.columns(ctx); err != nil { // the database is needed now, if it was not before
		return err
	}
	if len(r.adopt) == 0 { // given up
		r.parts, r.taken = nil, 0
	}
	return nil
}

// manifest describes the node as it is to be.
func (r *stepRun) manifest() (*Manifest, error) {
	by := r.by
	if by == "" {
		by = ByYear
	}
	m, err := newManifest(r.node, FromDatabase, r.schema, by)
	if err != nil {
		return nil, err
	}
	m.Covered = r.covered()
	if r.since {
		m.Covered = m.Covered.Add(Span{beginning, m.Covered.start()})
	}
	m.Parts = append(m.Parts, r.parts...)
	m.Before = append(m.Before, r.before...)
	slices.SortFunc(m.Parts, byStart)
	slices.SortFunc(m.Before, func(a, b Before) int { return compareTimes(a.At, b.At) })
	for _, p := range m.Parts {
		m.Rows += p.Rows
	}
	return m, nil
}

// commit writes the manifest, last of all. The date range has a source from its first node on.
func (r *stepRun) commit(ctx context.Context, m *Manifest) error {
	source, err := r.d.Source()
	if err != nil {
		return err
	}
	if source == "" {
		if err := r.d.writeSource(ctx, r.plan.src.Name()); err != nil {
			return err
		}
	}
	if err := r.d.writeManifest(ctx, m); err != nil {
		return err
	}
	return r.d.sweepUnlisted(m.ID)
}

// columnsError says that a table's columns changed since rows of it were stored.
type columnsError struct {
	was, are frame.Schema
}

func (e *columnsError) Error() string {
	return fmt.Sprintf("the columns were (%s) and are (%s)", e.was, e.are)
}

// Hint says what to do.
func (e *columnsError) Hint() string {
	return "`tdlake snapshot --refresh` takes a new snapshot with the columns there are now; columns: in the node's body fetches only those named"
}
