package schedule

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// loader gives an engine the inputs of one node, from one view of the database, and remembers what it read of each. It meets
// graph.Rows and graph.Grid.
type loader struct {
	view   View
	tables map[graph.Hash]graph.Table // of derived inputs that have rows
	seen   map[graph.Hash]*Seen       // by earlier updates
	begins map[graph.Hash]int64       // of derived inputs: where their rows begin

	mu   sync.Mutex
	read map[graph.Hash]reading
}

func newLoader(v View, tables map[graph.Hash]graph.Table, seen map[graph.Hash]*Seen) *loader {
	return &loader{view: v, tables: tables, seen: seen, read: map[graph.Hash]reading{}}
}

// table says where a node's rows are.
func (l *loader) table(n *graph.Node) (graph.Table, bool) {
	if !derived(n) {
		return n.Source(), true
	}
	t, ok := l.tables[n.Hash]
	return t, ok
}

// Stored reports whether rows are read: those of all inputs are.
func (l *loader) Stored(n *graph.Node, _ graph.Range, _ int64) bool {
	_, ok := l.table(n)
	return ok
}

// Back counts distinct times backwards: see graph.Grid.
func (l *loader) Back(ctx context.Context, n *graph.Node, before int64, rows int) (int64, bool, error) {
	t, ok := l.table(n)
	if !ok {
		return before, true, nil
	}
	l.mu.Lock() // a view is used by one goroutine at a time
	defer l.mu.Unlock()
	return l.view.Back(ctx, t, before, rows)
}

// Own returns identifiers' own last rows: see graph.Grid.
func (l *loader) Own(ctx context.Context, n *graph.Node, from, end int64, rows int) ([]graph.Tail, error) {
	t, ok := l.table(n)
	if !ok {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.view.Own(ctx, t, from, end, rows)
}

// Load returns rows as graph.Rows asks. Reading begins at the first instant of a month, so that whole months can be
// compared with what was seen; an input that is read as of a time is read from where the last update began, since what is
// known at a time may have been stamped long before.
func (l *loader) Load(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	next := monthStart(r.From)
	at := next
	if begin, ok := l.begins[n.Hash]; ok && !r.AsOf {
		at = min(max(at, begin), r.From)
	}
	if old := l.seen[n.Hash]; old != nil && r.AsOf {
		at = min(at, old.At)
	}
	got, err := l.fetch(ctx, n, reading{at: at, end: end, next: next}, r.AsOf && at != graph.Beginning)
	if err != nil {
		return nil, nil, err
	}
	rows = got.rows.Between(r.From, end)
	if !r.AsOf {
		return rows, nil, nil
	}
	before = got.rows.Between(at, r.From)
	if got.before != nil {
		if before, err = frame.Concat(got.before, before); err != nil {
			return nil, nil, err
		}
	}
	return rows, before, nil
}

// fetch fills in a reading of an input, once.
func (l *loader) fetch(ctx context.Context, n *graph.Node, got reading, asOf bool) (reading, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.read[n.Hash]; ok && known.at == got.at && known.end == got.end && (known.before != nil || !asOf) {
		return known, nil
	}
	t, ok := l.table(n)
	if !ok {
		return reading{}, fmt.Errorf("%s has no rows in the database", n.Name)
	}
	var err error
	if got.rows, err = readAll(ctx, l.view, t, got.at, got.end); err != nil {
		return reading{}, err
	}
	if asOf {
		if got.before, err = l.view.Before(ctx, t, got.at); err != nil {
			return reading{}, err
		}
		got.last = got.before
		if got.next != got.at {
			if got.last, err = l.view.Before(ctx, t, got.next); err != nil {
				return reading{}, err
			}
		}
	}
	l.read[n.Hash] = got
	return got, nil
}

// readAll reads rows into one frame.
func readAll(ctx context.Context, v View, t graph.Table, from, to int64) (*frame.Frame, error) {
	var parts []*frame.Frame
	for f, err := range v.Rows(ctx, t, from, to) {
		if err != nil {
			return nil, err
		}
		parts = append(parts, f)
	}
	if len(parts) > 0 {
		return frame.Concat(parts...)
	}
	schema, err := v.Schema(ctx, t)
	if err != nil {
		return nil, err
	}
	return frame.Empty(schema), nil
}

// rows counts what was read.
func (l *loader) rows() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.read {
		n += int64(r.rows.Rows())
	}
	return n
}

func sorted(set map[int64]bool) []int64 { return slices.Sorted(maps.Keys(set)) }
