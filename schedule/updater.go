package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Options are an updater's settings.
type Options struct {
	Until    int64 // no row at or after it; math.MaxInt64: as far as the inputs go
	Revise   bool  // recompute what was computed from rows that have changed since
	Run      int64 // of BeginRun; 0: none
	Jobs     int   // of an engine
	Memory   int64 // likewise, bytes
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

// Report says what an update of one node did.
type Report struct {
	Node    *graph.Node
	State   string // updated, revised, extended, or current: nothing was to be done
	From    int64  // the rows' range, microseconds since the epoch
	To      int64
	Read    int64
	Written int64
	Took    time.Duration
	Changed []string // inputs whose rows are not what was read: "prices, in 2024-03"
}

// String is one line for people.
func (r Report) String() string {
	if r.State == Current {
		return fmt.Sprintf("%s: nothing new", r.Node.Name)
	}
	from := "the beginning"
	if r.From != graph.Beginning {
		from = time.UnixMicro(r.From).UTC().Format(time.DateOnly)
	}
	return fmt.Sprintf("%s %s: %s from %s, %d rows read, %d written, %s", r.Node.Name, r.Node.ID(), r.State, from, r.Read, r.Written, r.Took.Round(time.Millisecond))
}

// Current is the state of a report when nothing was to be done.
const Current = "current"

// NotReadyError says that a node cannot be updated since an input has nothing that it could read.
type NotReadyError struct {
	Node, Input *graph.Node
	Need        string
}

func (e *NotReadyError) Error() string {
	return fmt.Sprintf("%s reads %s, whose table %s %s", e.Node.Name, e.Input.Name, e.Input.TableID(), e.Need)
}

// Hint says how the input comes to have it.
func (e *NotReadyError) Hint() string { return "update the whole tree, or " + e.Input.Name + " first" }

// span is a range of a node's rows that is to be computed.
type span struct {
	from, to int64
	state    string
}

// Update brings a node up to date, which the caller has claimed.
func (u *Updater) Update(ctx context.Context, n *graph.Node, claim database.Claim) (report Report, err error) {
	report = Report{Node: n, State: Current}
	begun := time.Now()
	l, err := u.look(ctx)
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
	spans, err := j.spans(ctx)
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
	report.Took = time.Since(begun)
	return report, nil
}

// Due returns which of some nodes an update would do something to, as far as can be told without reading rows.
func (u *Updater) Due(ctx context.Context, nodes []*graph.Node) (due []*graph.Node, err error) {
	l, err := u.look(ctx)
	if err != nil {
		return nil, err
	}
	defer l.view.Close()
	for _, n := range nodes {
		j, err := l.job(ctx, n)
		if err != nil {
			return nil, err
		}
		if len(j.news()) > 0 {
			due = append(due, n)
		}
	}
	return due, nil
}

// news is what is to be computed, in order, as far as progress tells.
func (j *job) news() []span {
	var all []span
	switch {
	case !j.ready || j.had == nil && j.end <= j.start:
		return nil
	case j.had == nil:
		return []span{{j.start, j.end, "updated"}}
	}
	if j.start < j.had.From {
		all = append(all, span{j.start, j.had.From, "extended"})
	}
	if j.had.To < j.end {
		all = append(all, span{j.had.To, j.end, "updated"})
	}
	return all
}

// spans is what is to be computed, in order.
func (j *job) spans(ctx context.Context) ([]span, error) {
	if j.had == nil || !j.ready || !j.options.Revise {
		return j.news(), nil
	}
	var all []span
	if j.start < j.had.From {
		all = append(all, span{j.start, j.had.From, "extended"})
	}
	from, end := j.had.To, max(j.end, j.had.To)
	at, differs, err := j.firstChange(ctx)
	if err != nil {
		return nil, err
	}
	if differs && at < from {
		return append(all, span{max(at, j.had.From), end, "revised"}), nil
	}
	if from < end {
		all = append(all, span{from, end, "updated"})
	}
	return all, nil
}

// do computes a span and writes it.
func (j *job) do(ctx context.Context, claim database.Claim, s span, report *Report) error {
	begun := time.Now()
	l := newLoader(j.view, j.tables, j.seen)
	rows, err := j.compute(ctx, l, s)
	if err != nil {
		return err
	}
	b := &database.Batch{
		Process: process(j.node, j.tree.Start), Claim: claim, Run: j.options.Run, From: s.from, To: s.to, Rows: rows, Had: j.had,
		Now: database.Progress{From: s.from, To: s.to}, Reads: map[string]json.RawMessage{}, Read: l.rows(), State: s.state,
	}
	if j.had != nil {
		b.Now.From, b.Now.To = min(s.from, j.had.From), max(s.to, j.had.To)
	}
	for _, in := range inputsOf(j.node) {
		if got, ok := l.read[in.Hash]; ok {
			seen, differ := j.compared(in, got, s)
			if b.Reads[in.ID()], err = json.Marshal(seen); err != nil {
				return err
			}
			j.seen[in.Hash] = seen
			if len(differ) > 0 {
				report.Changed = append(report.Changed, in.Name+", "+monthsText(differ))
			}
		}
	}
	b.Took = time.Since(begun).Microseconds()
	if err := j.store.Write(ctx, b); err != nil {
		return err
	}
	had := b.Now
	j.had = &had
	report.Read += b.Read
	report.Written += int64(rows.Rows())
	return nil
}

// compared compares what was read of an input with what was seen before, and says what is seen now.
func (j *job) compared(in *graph.Node, got reading, s span) (now *Seen, differ []int64) {
	old := j.seen[in.Hash]
	switch {
	case old == nil:
		return old.after(got, math.MinInt64, math.MaxInt64, nil), nil
	case s.state == "revised":
		return old.after(got, got.at, math.MaxInt64, nil), nil
	case s.state == "extended":
		return old.after(got, got.at, old.From, nil), nil
	}
	differ = old.changes(got)
	return old.after(got, monthStart(old.Until), math.MaxInt64, differ), differ
}

func monthsText(at []int64) string {
	var names []string
	for _, m := range at {
		if m == graph.Beginning {
			names = append(names, "before what was read again")
		} else {
			names = append(names, monthName(m))
		}
	}
	if len(names) > 6 {
		names = append(names[:5], fmt.Sprintf("and %d more months", len(names)-5))
	}
	return "in " + strings.Join(names, ", ")
}

// firstChange reads all that was ever read and returns the first instant from which it may differ.
func (j *job) firstChange(ctx context.Context) (at int64, differs bool, err error) {
	l := newLoader(j.view, j.tables, nil)
	at = math.MaxInt64
	for _, in := range inputsOf(j.node) {
		old := j.seen[in.Hash]
		if old == nil {
			continue
		}
		got, err := l.fetch(ctx, in, reading{at: old.From, end: old.Until, next: old.From}, old.First != "")
		if err != nil {
			return 0, false, err
		}
		if differ := old.changes(got); len(differ) > 0 {
			at, differs = min(at, differ[0]), true
		}
	}
	return at, differs, nil
}

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
	e, err := compute.New(l, start, s.to, l, o)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Plan(ctx, []*graph.Node{j.node}, cut); err != nil {
		return nil, err
	}
	return e.Output(ctx, j.node)
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
		c.Value = values[len(values)-1]
	}
	at, _, err := l.Back(ctx, j.node.In("returns")[0], from, 1)
	return c, at, err
}
