package schedule

import (
	"context"
	"maps"
	"slices"

	"github.com/tdlake/tdlake/graph"
)

// late is rows that came behind a node's progress, of identifiers that had not come as far as others when it was updated.
type late struct {
	ids  []string // ascending
	from int64    // none is before it
}

// origin returns the table of the database's users that a node's rows come from, each identifier's from its own; nil where
// something between them mixes identifiers.
func origin(n *graph.Node) *graph.Node {
	for derived(n) {
		if !n.Kind.ByIdentifier {
			return nil
		}
		n = n.Inputs[0].Nodes[0]
	}
	return n
}

// readers are the nodes whose Reads tell what is late for some nodes: these and, where rows come by identifier, their inputs.
func readers(nodes []*graph.Node) (ids []string) {
	for _, n := range nodes {
		ids = append(ids, n.ID())
		if origin(n) != nil {
			ids = append(ids, n.Inputs[0].Nodes[0].ID())
		}
	}
	return ids
}

// lastTimes returns the last time of each identifier of a table before a time.
func (l *look) lastTimes(ctx context.Context, t graph.Table, before int64) (map[string]int64, error) {
	t.Columns = []string{}
	f, err := l.view.Before(ctx, t, before)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, f.Rows())
	for i, id := range f.Identifiers() {
		if at, ok := out[id]; !ok || f.Times()[i] > at { // a key may have more than identifiers
			out[id] = f.Times()[i]
		}
	}
	return out, nil
}

// reached says how far a node has come with each identifier when it has come to a time: up to what time it has all rows that
// the origin has of it. nil: that is not known.
func (l *look) reached(ctx context.Context, n *graph.Node, to int64) (map[string]int64, error) {
	table, in := origin(n), n.Inputs[0].Nodes[0]
	switch {
	case table == nil:
		return nil, nil
	case in == table:
		return l.lastTimes(ctx, table.Source(), to)
	}
	s, err := l.seen(in, in.Inputs[0].Nodes[0])
	if err != nil || s == nil || s.Lasts == nil {
		return nil, err
	}
	out := maps.Clone(s.Lasts)
	for id, at := range out {
		out[id] = min(at, to-1) // it has come further, so that there is nothing more before
	}
	return out, nil
}

// findLate finds what is late. It trusts that each identifier's own rows come in order: those that do not are found by their
// digests, as rows that have changed are.
func (j *job) findLate(ctx context.Context) error {
	in := j.node.Inputs[0].Nodes[0]
	s, err := j.seen(j.node, in)
	if err != nil || j.had == nil || !j.ready || s == nil || s.Lasts == nil {
		return err
	}
	if j.ends, err = j.reached(ctx, j.node, j.had.To); err != nil {
		return err
	}
	behind := ahead(j.ends, s.Lasts)
	if len(behind) > 0 && derived(in) {
		// What the input has come to since may be new rows alone: what is late is older than our own progress.
		old, err := j.lastTimes(ctx, only(origin(in), behind), j.had.To)
		if err != nil {
			return err
		}
		behind = ahead(old, s.Lasts)
	}
	if len(behind) == 0 {
		return nil
	}
	j.late = &late{ids: behind}
	j.late.from, err = j.firstLate(ctx, origin(j.node), behind, s.Lasts)
	return err
}

// lastsAfter is reached when the node has come to a time by an update, or of a table that others than by identifier are computed from,
// the last times there. What is known before its progress need not be asked for again: the update has read the rest.
func (j *job) lastsAfter(ctx context.Context, in *graph.Node, got reading, to int64) (map[string]int64, error) {
	if origin(j.node) == nil {
		if !identified(in) {
			return nil, nil
		}
		return j.lastTimes(ctx, in.Source(), to)
	}
	if j.ends == nil || derived(j.node.Inputs[0].Nodes[0]) {
		return j.reached(ctx, j.node, to)
	}
	out := maps.Clone(j.ends)
	rows := got.rows.Between(j.had.To, to)
	for i, id := range rows.Identifiers() {
		out[id] = rows.Times()[i]
	}
	return out, nil
}

// firstLate returns a time before which no row of some identifiers is late: after the last one known of each, and the first
// there is of those not known at all.
func (j *job) firstLate(ctx context.Context, table *graph.Node, ids []string, lasts map[string]int64) (int64, error) {
	from := j.had.To
	var fresh []string
	for _, id := range ids {
		if at, ok := lasts[id]; ok {
			from = min(from, at+1)
		} else {
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return from, nil
	}
	const all = 1 << 30 // more times than any table has
	first, _, err := j.view.Back(ctx, only(table, fresh), j.had.To, all)
	return min(from, first), err
}

// ahead returns the identifiers that are further in a than in b, ascending.
func ahead(a, b map[string]int64) (ids []string) {
	for id, at := range a {
		if known, ok := b[id]; !ok || at > known {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// only is some identifiers of a table node's table.
func only(n *graph.Node, ids []string) graph.Table {
	t := n.Source()
	t.Identifiers = ids
	return t
}
