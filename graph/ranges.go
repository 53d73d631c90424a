package graph

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/tdlake/tdlake/frame"
)

// Range says from when a node's rows are needed; they always end at the end of the date range.
type Range struct {
	From int64 // the first output time needed, microseconds; Beginning: all there is
	AsOf bool  // also the last values before From
}

// Beginning is the From of a node whose whole history is needed.
const Beginning = math.MinInt64

// merge returns the range that serves both.
func (r Range) merge(o Range) Range {
	return Range{From: min(r.From, o.From), AsOf: r.AsOf || o.AsOf}
}

// Grid answers how far back some rows are. It is asked about nodes that are read from the database, and no others. It may be called from several
// goroutines.
type Grid interface {
	// Back returns the time of the n-th distinct time_index of t strictly before `before`, n being 1 or more. short says
	// there are fewer; then the first there is is returned, or `before` itself where there is none.
	Back(ctx context.Context, t *Node, before int64, n int) (at int64, short bool, err error)

	// Own returns the last n rows before a time of each identifier that has a row in [from, end): see TailsOf.
	Own(ctx context.Context, t *Node, from, end int64, n int) ([]Tail, error)
}

// Ranges walks from the targets, which are needed over [start, end), to the nodes that are read from the database, and says from
// when each node is needed: at the earliest of what its readers ask for. cut is the derived nodes that are read from the
// database; nothing above them is in the result unless something else needs it. The cost is linear in nodes and inputs, but for nodes that
// are computed to count.
func Ranges(ctx context.Context, targets []*Node, cut map[Hash]bool, start, end int64, g Grid) (map[Hash]Range, error) {
	w := newWalk(ctx, cut, start, end, g)
	defer w.rest()
	if err := w.run(targets, start); err != nil {
		return nil, err // it is about a table, or names the node that could not be counted on
	}
	mergeInto(w.ranges, w.counted)
	return w.ranges, nil
}

// rangeWalk is one call of Ranges.
type rangeWalk struct {
	ctx     context.Context
	cut     map[Hash]bool
	start   int64 // from when the targets are needed
	until   int64 // nodes are computed up to here to count: where the targets begin
	end     int64
	grid    Grid
	ranges  map[Hash]Range
	counted map[Hash]Range     // what it took to count, which is needed as well
	known   map[question]int64 // answers, since sweeps ask the same for many nodes
	owned   map[question]int64 // likewise, about identifiers' own rows
	facts   map[*Node]facts
	release func() // lets go of what nodes were computed with to count; nil: none was
}

type question struct {
	node   *Node
	before int64
	n      int
}

func newWalk(ctx context.Context, cut map[Hash]bool, start, end int64, g Grid) *rangeWalk {
	until := start
	if _, inner := g.(quiet); inner {
		until = end // all that is computed to count is computed as far, so that it is computed once
	}
	return &rangeWalk{ctx: ctx, cut: cut, start: start, until: until, end: end, grid: g, ranges: map[Hash]Range{}, counted: map[Hash]Range{}, known: map[question]int64{}, owned: map[question]int64{}, facts: map[*Node]facts{}}
}

// run fills in ranges.
func (w *rangeWalk) run(targets []*Node, start int64) error {
	var order []*Node
	Walk(targets, w.cut, func(n *Node) {
		order = append(order, n)
		w.factsOf(n) // inputs first, so that no chain is followed twice
	})
	for _, t := range targets {
		w.need(t, Range{From: start})
	}
	for i := len(order) - 1; i >= 0; i-- {
		if n := order[i]; !w.stored(n) {
			if err := w.inputs(n, w.ranges[n.Hash]); err != nil {
				return err
			}
		}
	}
	return nil
}

// stored reports whether a node is read from the database, and not computed.
func (w *rangeWalk) stored(n *Node) bool { return n.Kind.Name == KindTable || w.cut[n.Hash] }

// need adds to what is needed of a node. What is computed has no rows to look up before its range: it is computed from
// the beginning.
func (w *rangeWalk) need(n *Node, r Range) {
	if r.From == Beginning {
		r.AsOf = false
	}
	if r.AsOf && !w.stored(n) {
		r = Range{From: Beginning}
	}
	if old, ok := w.ranges[n.Hash]; ok {
		r = old.merge(r)
	}
	w.ranges[n.Hash] = r
}

// inputs adds what a node that is needed over r needs of its inputs.
func (w *rangeWalk) inputs(n *Node, r Range) error {
	p := n.Params
	switch n.Kind.Name {
	case KindInterpolate:
		w.need(n.In("input")[0], Range{From: r.From, AsOf: true})
		return nil
	case KindReturns:
		return w.rows(n, "input", r.From, p.Int("periods"))
	case KindLag:
		return w.rows(n, "input", r.From, p.LagRows())
	case KindRolling:
		return w.rows(n, "input", anchor(r.From), p.Int("in_window")-1)
	case KindLasso:
		for _, u := range n.In("universe") { // as of the row at which the regression begins anew, not of the first that is asked for
			w.need(u, membersRange(u, p.String("universe_where"), anchor(r.From)))
		}
		return w.rows(n, "input", anchor(r.From), p.Int("in_window")-1)
	case KindLongShort:
		// The weights that earn the first row's return are stamped one row before, and that row must be on the grid.
		from, err := w.back(n.In("returns")[0], r.From, 1)
		for _, in := range n.Inputs {
			for _, node := range in.Nodes {
				w.need(node, Range{From: from})
			}
		}
		return err
	case KindWeights:
		return w.signals(n, r)
	case KindPortfolio:
		return w.held(n, r)
	case KindExpression:
		from, err := w.back(n.Inputs[0].Nodes[0], r.From, p.Int("lookback"))
		for _, in := range n.Inputs {
			w.need(in.Nodes[0], Range{From: from})
		}
		return err
	case KindSQL, KindPython, KindCommand:
		return w.code(n, r.From)
	}
	return fmt.Errorf("no ranges for kind %s", n.Kind.Name)
}

// rows needs the nodes of a role from some rows of their own grid before.
func (w *rangeWalk) rows(n *Node, role string, from int64, rows int) error {
	for _, in := range n.In(role) {
		back := w.back
		if n.Params.OwnRows() {
			back = w.own
			if n.Kind.Name == KindLasso && w.factsOf(in).gaps { // own rows are those with a return, and nothing tells which these are
				from = Beginning
			}
		}
		at, err := back(in, from, rows)
		if err != nil {
			return err
		}
		w.need(in, Range{From: at})
	}
	return nil
}

// anchor returns the first instant of the UTC month that t is in: where rolling state begins anew.
func anchor(t int64) int64 {
	if t == Beginning {
		return Beginning
	}
	y, m, _ := time.UnixMicro(t).UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
}

// back returns the time that is n rows of a node's grid before t.
func (w *rangeWalk) back(n *Node, t int64, rows int) (int64, error) {
	if t == Beginning || rows == 0 {
		return t, nil
	}
	n = w.factsOf(n).grid
	c := w.counter(n)
	if c == nil {
		n = w.factsOf(n).root
	}
	q := question{n, t, rows}
	if at, ok := w.known[q]; ok {
		return at, nil
	}
	at, err := w.ask(c, q)
	if err == nil {
		w.known[q] = at
	}
	return at, err
}

// ask answers a question about a node whose own times count, or about where a grid comes from.
func (w *rangeWalk) ask(c Counter, q question) (int64, error) {
	if c != nil {
		return w.count(c, q.node, q.before, q.n)
	}
	if w.stored(q.node) {
		at, _, err := w.grid.Back(w.ctx, q.node, q.before, q.n)
		return at, err
	}
	steps, err := stepsOf(q.node)
	if err != nil {
		return 0, err
	}
	return steps.Back(q.before, q.n), nil
}

func (w *rangeWalk) isRoot(n *Node) bool { return w.stored(n) || OwnGrid(n) }

// OwnGrid reports whether a node has rows at regular times, whatever times its input has.
func OwnGrid(n *Node) bool { return n.Kind.Name == KindInterpolate && n.Params.Has("every") }

// membersRange is what a lasso needs of its universe's node u: rows as of each time, or all history where the condition
// may leave out the last row and go back to any before.
func membersRange(u *Node, where string, from int64) Range {
	if where == "" || aboutKeyAlone(where, u) {
		return Range{From: from, AsOf: true}
	}
	return Range{From: Beginning}
}

// aboutKeyAlone reports whether a SQL condition can only depend on the columns of u's key other than time_index. All rows
// of such a key are then in or out together, and the last row before a time stands for those before it.
func aboutKeyAlone(where string, u *Node) bool {
	var columns []string
	if u.Kind.Name == KindTable {
		columns = u.Params.Strings("columns")
	}
	for _, word := range words(where) {
		switch {
		case word == frame.TimeIndex || containsFold(columns, word):
			return false
		case word == "*" || word == "select" || word == "columns" || word == "from":
			return false
		case columns == nil && !containsFold(u.Key(), word) && !harmless[word]:
			return false
		}
	}
	return true
}
