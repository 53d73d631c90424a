package lake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Two vintages of one table never meet: whoever adjusts history anew (a split, a dividend, a revision) changes rows that are stored, and what is
// fetched from then on goes with the new ones alone. So where rows of one table come together that were not fetched at one time, what is
// stored of it is looked at again first, as far as a few rows tell: see again.go.

// VintageError says that a table is no longer what stored rows were taken from. Nothing was joined.
type VintageError struct {
	Node   string
	Source string
	In     string // the date range that the rows are stored in
	What   []string
}

func (e *VintageError) Error() string {
	return fmt.Sprintf("node %s: %s has changed what is stored in %s, and rows of two vintages would come together:\n  %s",
		e.Node, e.Source, e.In, strings.Join(e.What, "\n  "))
}

// Hint says what to do.
func (e *VintageError) Hint() string {
	return "`tdlake snapshot --refresh` takes all rows anew, as they are now; another datalake_name keeps what is stored beside them"
}

// stock is what is stored of a node and is about to meet other rows, or might.
type stock struct {
	node    string
	table   graph.Table
	d       *DateRange
	m       *Manifest
	held    Spans // what of it counts
	befores []Before
	planned bool   // the plan has the node
	step    *step  // that takes it; nil where it is the date range's own
	gives   bool   // where the table has other columns by now nothing is joined to it: see stepRun.columns
	origin  string // when it was fetched, so far as can be told apart
}

const (
	fromHere   = "" // stored in the date range
	fromSource = "\x00source"
)

// checkVintages compares with the database what is stored of tables of which rows from elsewhere, or from now, are about to be added. It asks
// nothing where all of a table is of one origin.
func (p *SnapshotPlan) checkVintages(ctx context.Context) error {
	stocks, err := p.stocks()
	if err != nil {
		return err
	}
	for _, s := range stocks {
		mixed := slices.ContainsFunc(stocks, func(o *stock) bool { return o.origin != s.origin && meet(o.table, s.table) })
		if !mixed || s.origin == fromSource {
			continue
		}
		if err := p.checkVintage(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *SnapshotPlan) checkVintage(ctx context.Context, s *stock) error {
	v, err := p.open(ctx)
	if err != nil {
		return err
	}
	what, err := s.again(ctx, v)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !s.planned:
		return nil // of another config: its table may be gone, its files damaged, and this plan joins nothing to it
	case err != nil:
		return err
	case len(what) == 0:
		return nil
	}
	if err := s.d.intact(ctx, s.m); err != nil {
		return err
	}
	return &VintageError{Node: s.node, Source: p.src.Place(), In: s.d.Name(), What: what}
}

// meet reports whether two nodes read one table, or may: what a query reads is not known but for the names that it mentions.
func meet(a, b graph.Table) bool {
	switch {
	case a.Query == "" && b.Query == "":
		return a.Name == b.Name
	case a.Query == "":
		return strings.Contains(strings.ToLower(b.Query), strings.ToLower(a.Name))
	case b.Query == "":
		return meet(b, a)
	}
	return true
}

// stocks lists what is stored in the date range, what steps take from others, and, without rows, what they fetch.
func (p *SnapshotPlan) stocks() ([]*stock, error) {
	var out []*stock
	known := map[string]bool{}
	for _, s := range p.steps {
		t := s.node.Source()
		known[s.node.ID()] = true
		if s.stored != nil && len(s.cover) > 0 {
			out = append(out, &stock{node: s.node.Name, table: t, d: p.d, m: s.stored, held: s.own, befores: s.keep, planned: true, gives: s.reads(), origin: fromHere})
		}
		for _, took := range s.takes {
			out = append(out, &stock{node: s.node.Name, table: t, d: took.from, m: took.m, held: took.spans, planned: true, step: s, gives: s.reads(), origin: took.from.Name()})
		}
		if s.reads() {
			out = append(out, &stock{node: s.node.Name, table: t, origin: fromSource})
		}
	}
	for _, n := range p.done {
		known[n.ID()] = true
		m, err := p.d.Manifest(n.ID())
		if err != nil {
			return nil, err
		}
		out = append(out, &stock{node: n.Name, table: n.Source(), d: p.d, m: m, held: m.Covered, befores: m.Before, planned: true, origin: fromHere})
	}
	others, err := p.others(known)
	return append(out, others...), err
}

// others are the tables that other configs have stored in the date range.
func (p *SnapshotPlan) others(known map[string]bool) ([]*stock, error) {
	ids, err := p.d.nodeFolders()
	if err != nil {
		return nil, err
	}
	var out []*stock
	for _, id := range ids {
		if known[id] {
			continue
		}
		m, err := p.d.Manifest(id)
		if err != nil || m.Origin != FromDatabase {
			continue
		}
		if t, ok := graph.SpecTable(m.Spec); ok {
			out = append(out, &stock{node: id, table: t, d: p.d, m: m, held: m.Covered, befores: m.Before, origin: fromHere})
		}
	}
	return out, nil
}

// intact returns a *DamageError where a part is not what was written: then it is not the database that changed.
func (d *DateRange) intact(ctx context.Context, m *Manifest) error {
	for _, part := range m.Parts {
		path := d.partPath(m, part)
		size, sum, err := digestFile(ctx, path)
		if err != nil {
			return err
		}
		if size != part.Bytes || sum != part.SHA256 {
			return &DamageError{Path: path, Problem: "its content is not what was written"}
		}
	}
	return nil
}

// dropDamaged leaves out what siblings have that is not what they wrote: it is fetched.
func (s *step) dropDamaged(ctx context.Context) error {
	kept := s.adopt[:0:0]
	for _, a := range s.adopt {
		size, sum, err := digestFile(ctx, a.path())
		if unreadable := (*ReadError)(nil); err != nil && !errors.As(err, &unreadable) {
			return err
		}
		if err == nil && size == a.part.Bytes && sum == a.part.SHA256 {
			kept = append(kept, a)
			continue
		}
		s.cover = s.cover.remove(a.part.Span)
		s.gaps = s.gaps.Add(a.part.Span)
		for i := range s.takes {
			if s.takes[i].from == a.from {
				s.takes[i].spans = s.takes[i].spans.remove(a.part.Span)
			}
		}
	}
	s.adopt = kept
	return nil
}

// untake leaves out what a sibling has of a span, and the parts that reach into it: it is fetched.
func (s *step) untake(from *DateRange, span Span) {
	kept := s.adopt[:0:0]
	for _, a := range s.adopt {
		if a.from != from || !a.part.Span.Overlaps(span) {
			kept = append(kept, a)
			continue
		}
		span = Span{min(span.Start, a.part.Span.Start), max(span.End, a.part.Span.End)}
	}
	s.adopt, s.cover, s.gaps = kept, s.cover.remove(span), s.gaps.Add(span)
}

// commonColumns selects the value columns that both frames have; ok is false where their keys differ.
func commonColumns(a, b *frame.Frame) (x, y *frame.Frame, ok bool) {
	var c Change
	names, ok := c.columns(a.Schema(), b.Schema())
	if !ok {
		return nil, nil, false
	}
	x, errX := a.Select(names...)
	y, errY := b.Select(names...)
	return x, y, errX == nil && errY == nil
}
