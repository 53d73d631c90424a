package schedule

import (
	"context"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// A node is stale where its rows were computed from rows that are other ones now, or that have come since. Marks in the database say
// so, until these rows are computed again. They are made by whoever finds it out: an update that reads again what earlier ones have
// read, one that finds identifiers in a user's table behind its progress, and one that writes other rows than there were, of its readers.

// identified reports whether a table of the users has rows by identifier.
func identified(n *graph.Node) bool {
	return !derived(n) && slices.Contains(n.Key(), frame.UniqueIdentifier)
}

// changedMark is a mark on rows of an input that are not what was read.
func changedMark(in *graph.Node, s *Seen, got reading, months []int64) database.Mark {
	return database.Mark{Input: in.ID(), From: months[0], What: in.Name + ", " + named(months, s.who(got, months))}
}

// rowsMark is a mark on rows of an input from a time on.
func rowsMark(in *graph.Node, from int64, ids []string) database.Mark {
	what := in.Name + ", rows"
	if len(ids) > 0 {
		what += " of " + few(ids, "identifiers")
	}
	return database.Mark{Input: in.ID(), From: from, What: what + " from " + dateText(from)}
}

// findFresh finds what a node that has rows is stale by, and is not marked by yet, without reading what it has read.
func (j *job) findFresh(ctx context.Context) error {
	if j.had == nil || origin(j.node) != nil {
		return nil // it catches up
	}
	for _, in := range inputsOf(j.node) {
		s := j.known[in.Hash]
		if s == nil || s.Lasts == nil || !identified(in) {
			continue
		}
		now, err := j.lastTimes(ctx, in.Source(), j.had.To)
		if err != nil {
			return err
		}
		behind := ahead(now, s.Lasts)
		if len(behind) == 0 {
			continue
		}
		from, err := j.firstBehind(ctx, in, behind, s.Lasts)
		if err != nil {
			return err
		}
		j.fresh = append(j.fresh, rowsMark(in, from, behind))
	}
	return nil
}

// firstBehind returns the first time at which one of some identifiers has a row after its last one known.
func (j *job) firstBehind(ctx context.Context, table *graph.Node, ids []string, lasts map[string]int64) (int64, error) {
	from, err := j.firstLate(ctx, table, ids, lasts)
	if err != nil {
		return 0, err
	}
	t := only(table, ids)
	t.Columns = []string{}
	rows, err := readAll(ctx, j.view, t, from, j.had.To)
	if err != nil {
		return 0, err
	}
	for i, id := range rows.Identifiers() {
		if at, ok := lasts[id]; !ok || rows.Times()[i] > at {
			return rows.Times()[i], nil
		}
	}
	return from, nil
}

// recheck compares the last month that a node has read of users' tables, and the one before, with what they are: nothing else would
// where there is nothing new.
func (j *job) recheck(ctx context.Context) error {
	l := newLoader(j.view, j.tables, nil)
	for _, in := range inputsOf(j.node) {
		s := j.known[in.Hash]
		if s == nil || derived(in) || s.Until == math.MinInt64 {
			continue
		}
		at := max(s.At, time.UnixMicro(monthStart(s.Until-1)).UTC().AddDate(0, -1, 0).UnixMicro())
		got, err := l.fetch(ctx, in, reading{at: at, end: s.Until, next: at}, false)
		if err != nil {
			return err
		}
		if differ := s.changes(got); len(differ) > 0 {
			j.fresh = append(j.fresh, changedMark(in, s, got, differ))
		}
	}
	return nil
}

// replaced compares the rows of an update that computes again with those there are: of one that catches up the rest need not be
// written, and readers are stale by those that differ.
func (j *job) replaced(ctx context.Context, s span, b *database.Batch, report *Report) error {
	if j.had == nil || s.state != CaughtUp && s.state != Revised {
		return nil
	}
	had, err := readAll(ctx, j.view, j.own[j.node.Hash], b.From, j.had.To)
	if err != nil {
		return err
	}
	now := b.Rows.Between(b.From, j.had.To)
	var ids []string
	if had.Schema().Index(frame.UniqueIdentifier) >= 0 {
		ids = differing(had, now)
	}
	if at, ok := firstDifference(had, now); ok {
		m := rowsMark(j.node, at, ids)
		b.Rewrote = &m
	}
	if s.state == CaughtUp {
		report.Late, report.LateFrom = j.late.ids, s.from
		narrow(b, ids, j.had.To)
	}
	return nil
}

// firstDifference returns the first time at which two frames of the same columns do not have the same rows.
func firstDifference(a, b *frame.Frame) (at int64, ok bool) {
	n := min(a.Rows(), b.Rows())
	same := sort.Search(n, func(i int) bool { return a.Slice(0, i+1).Digest() != b.Slice(0, i+1).Digest() })
	at = math.MaxInt64
	for _, f := range []*frame.Frame{a, b} {
		if same < f.Rows() {
			at, ok = min(at, f.Times()[same]), true
		}
	}
	return at, ok
}

// settleMarks puts into a batch the marks that are new, and those that are mended by its rows.
func (j *job) settleMarks(s span, b *database.Batch) {
	b.Mended = j.mended
	again := func(m database.Mark) bool {
		switch s.state {
		case Extended:
			return false
		case Revised: // from the first of all rows that differ
			return true
		}
		return m.From >= s.from || b.Had == nil || s.from <= b.Had.From
	}
	for _, m := range j.marks[j.node.ID()] {
		if again(m) {
			b.Mended = append(b.Mended, m.ID)
		}
	}
	b.Marks = slices.DeleteFunc(j.unmarked(), again)
	j.fresh, j.mended = nil, nil
}

// unmarked are the fresh marks that are not there as they are.
func (j *job) unmarked() []database.Mark {
	return slices.DeleteFunc(slices.Clone(j.fresh), func(m database.Mark) bool {
		return slices.ContainsFunc(j.marks[j.node.ID()], func(old database.Mark) bool { return sameMark(old, m) && old.What == m.What })
	})
}

func sameMark(a, b database.Mark) bool { return a.Input == b.Input && a.From == b.From }

// noted makes the node's marks what they are when some were added and removed.
func (j *job) noted(added []database.Mark, mended []int64) {
	marks := slices.DeleteFunc(slices.Clone(j.marks[j.node.ID()]), func(m database.Mark) bool {
		return slices.Contains(mended, m.ID) || slices.ContainsFunc(added, func(a database.Mark) bool { return sameMark(a, m) })
	})
	j.marks[j.node.ID()] = append(marks, added...)
}

func marksOf(all []database.Mark) (ids []int64) {
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	return ids
}
