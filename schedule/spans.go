package schedule

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// The states of an update.
const (
	Updated  = "updated"   // what is new was added
	Extended = "extended"  // rows were added before those there were
	CaughtUp = "caught up" // as updated, and rows that came late were taken in
	Revised  = "revised"   // what was computed from rows that have changed since was computed again
	Current  = "current"   // nothing was to be done
)

// span is a range of a node's rows that is to be computed.
type span struct {
	from, to int64
	state    string
}

// news is what is to be computed, in order, as far as can be told without reading rows.
func (j *job) news() (all []span) {
	switch {
	case !j.ready || j.had == nil && j.end <= j.start:
		return nil
	case j.had == nil:
		return []span{{j.start, j.end, Updated}}
	}
	if j.start < j.had.From {
		all = append(all, span{j.start, j.had.From, Extended})
	}
	switch {
	case j.late != nil:
		// Digests are of whole months: from the first late month on they become what is read now, and so do the rows.
		all = append(all, span{max(monthStart(j.late.from), j.had.From), max(j.end, j.had.To), CaughtUp})
	case j.had.To < j.end:
		all = append(all, span{j.had.To, j.end, Updated})
	}
	return all
}

// spans is what is to be computed, in order.
func (j *job) spans(ctx context.Context, report *Report) ([]span, error) {
	all := j.news()
	if j.had == nil || !j.ready || !j.options.Revise {
		return all, nil
	}
	at, differ, err := j.changes(ctx)
	if err != nil {
		return nil, err
	}
	if at >= j.had.To {
		j.fresh, j.mended = nil, marksOf(j.marks[j.node.ID()]) // all that was read is what it was
		return all, nil
	}
	report.Redone = differ
	all = slices.DeleteFunc(all, func(s span) bool { return s.state != Extended })
	return append(all, span{max(at, j.had.From), max(j.end, j.had.To), Revised}), nil
}

// do computes a span and writes it.
func (j *job) do(ctx context.Context, claim database.Claim, s span, report *Report) error {
	begun := time.Now()
	l := newLoader(j.view, j.tables, j.known)
	l.begins = j.begins()
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
	if err := j.replaced(ctx, s, b, report); err != nil {
		return err
	}
	if err := j.remember(ctx, l, s, b); err != nil {
		return err
	}
	j.settleMarks(s, b)
	b.Took = time.Since(begun).Microseconds()
	if err := j.store.Write(ctx, b); err != nil {
		return err
	}
	j.noted(b.Marks, b.Mended)
	had := b.Now
	j.had = &had
	report.Read += b.Read
	report.Written += int64(b.Rows.Rows())
	return nil
}

// begins is from when derived inputs have rows.
func (j *job) begins() map[graph.Hash]int64 {
	out := map[graph.Hash]int64{}
	for _, in := range inputsOf(j.node) {
		if p, ok := j.progress[in.ID()]; ok && derived(in) {
			out[in.Hash] = p.From
		}
	}
	return out
}

// remember puts into the batch what is read of the inputs.
func (j *job) remember(ctx context.Context, l *loader, s span, b *database.Batch) error {
	for _, in := range inputsOf(j.node) {
		got, ok := l.read[in.Hash]
		if !ok {
			continue
		}
		seen, differ := j.compared(in, got, s)
		var err error
		if s.state != Extended {
			if seen.Lasts, err = j.lastsAfter(ctx, in, got, b.Now.To); err != nil {
				return err
			}
		}
		if b.Reads[in.ID()], err = json.Marshal(seen); err != nil {
			return err
		}
		if len(differ) > 0 {
			j.fresh = append(j.fresh, changedMark(in, j.known[in.Hash], got, differ))
		}
		j.known[in.Hash] = seen
	}
	return nil
}

// compared compares what was read of an input with what was seen before, and says what is seen now.
func (j *job) compared(in *graph.Node, got reading, s span) (now *Seen, differ []int64) {
	old := j.known[in.Hash]
	switch {
	case s.state == Extended && old != nil:
		return old.after(got, got.at, monthStart(old.From), nil), nil
	case old == nil, s.from <= j.had.From: // all rows are computed from what is read now
		old = nil
		return old.after(got, math.MinInt64, math.MaxInt64, nil), nil
	case s.state == Revised:
		return old.after(got, got.at, math.MaxInt64, nil), nil
	}
	differ = old.changes(got)
	from := monthStart(old.Until)
	if s.state == CaughtUp {
		from = monthStart(s.from)
		differ = slices.DeleteFunc(differ, func(m int64) bool { return m >= from })
	}
	return old.after(got, from, math.MaxInt64, differ), differ
}

// changes reads all that was ever read, and returns the first instant from which it may differ, math.MaxInt64 where it does
// not, and what differs.
func (j *job) changes(ctx context.Context) (at int64, what []string, err error) {
	l := newLoader(j.view, j.tables, nil)
	at = math.MaxInt64
	for _, in := range inputsOf(j.node) {
		old := j.known[in.Hash]
		if old == nil {
			continue
		}
		got, err := l.fetch(ctx, in, reading{at: old.From, end: old.Until, next: old.From}, old.First != "")
		if err != nil {
			return 0, nil, err
		}
		if differ := old.changes(got); len(differ) > 0 {
			at = min(at, differ[0])
			what = append(what, in.Name+", "+named(differ, old.who(got, differ)))
		}
	}
	return at, what, nil
}
