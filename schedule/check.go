package schedule

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// Finding is how a node stands: what an update would do, and what its rows are stale by.
type Finding struct {
	Node   *graph.Node
	State  string   // of an update: Updated, Extended, CaughtUp, Revised or Current
	From   int64    // the first row that it would write, microseconds since the epoch; not of Current
	Redone []string // inputs whose rows are not what was read, where all was read again
	Behind []string // derived inputs, by name, that would be updated first, and whose new rows may bring more
	Marks  []database.Mark
	Err    error // why it cannot be updated
}

// Holds reports whether there is nothing to do.
func (f Finding) Holds() bool {
	return f.Err == nil && f.State == Current && len(f.Marks)+len(f.Behind) == 0
}

// Check finds how the tree's nodes stand, and writes nothing. With Options.Revise all that they have read is read again.
func (u *Updater) Check(ctx context.Context) (all []Finding, err error) {
	l, err := u.look(ctx, u.tree.Nodes)
	if err != nil {
		return nil, err
	}
	defer l.view.Close()
	behind := map[graph.Hash]bool{}
	for _, n := range u.tree.Nodes {
		f, err := l.check(ctx, n)
		if err != nil && !ofTable(err) {
			return nil, err
		}
		f.Err = err
		for _, in := range inputsOf(n) {
			if behind[in.Hash] {
				f.Behind = append(f.Behind, in.Name)
			}
		}
		behind[n.Hash] = !f.Holds() && (f.State != Current || len(f.Behind) > 0)
		all = append(all, f)
	}
	return all, nil
}

func (l *look) check(ctx context.Context, n *graph.Node) (f Finding, err error) {
	f = Finding{Node: n, State: Current}
	j, err := l.job(ctx, n)
	if err == nil {
		err = j.prepare(ctx)
	}
	if err == nil {
		err = j.findFresh(ctx)
	}
	var report Report
	var spans []span
	if err == nil {
		spans, err = j.spans(ctx, &report)
	}
	if err == nil && j.had != nil && !j.options.Revise {
		err = j.recheck(ctx)
	}
	if err != nil {
		return f, err
	}
	if len(spans) > 0 {
		f.State, f.From = spans[0].state, spans[0].from
		if i := slices.IndexFunc(spans, func(s span) bool { return s.state == Revised }); i >= 0 {
			f.State, f.From = Revised, spans[i].from
		}
	}
	f.Redone = report.Redone
	if !j.options.Revise { // else they are what is redone, or mended
		j.noted(j.unmarked(), nil)
		f.Marks = j.marks[n.ID()]
	}
	return f, nil
}

// Lines say how the node stands.
func (f Finding) Lines() (lines []string) {
	name := f.Node.Name
	switch {
	case f.Err != nil:
		return []string{name + " cannot be updated: " + f.Err.Error()}
	case f.State == Revised:
		lines = append(lines, fmt.Sprintf("%s would be computed again from %s: %s", name, dateText(f.From), strings.Join(f.Redone, "; ")))
	case f.State != Current:
		lines = append(lines, fmt.Sprintf("%s would be %s from %s", name, f.State, dateText(f.From)))
	}
	for _, m := range f.Marks {
		lines = append(lines, Stale(name, m))
	}
	if len(f.Behind) > 0 {
		lines = append(lines, fmt.Sprintf("%s reads what would be other rows then: %s", name, few(f.Behind, "nodes")))
	}
	if len(lines) == 0 {
		lines = append(lines, name+" is up to date")
	}
	return lines
}
