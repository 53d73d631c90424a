package graph

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/tdlake/tdlake/frame"
)

// Reacher is a Grid that tells lookbacks from what is asked to find out how far back to compute.
type Reacher interface {
	Grid
	// Reach is Back, but that the history is shorter is nothing to report.
	Reach(ctx context.Context, t *Node, before int64, n int) (at int64, short bool, err error)
}

// Counter is a Grid that computes nodes to count on their own times, where these may be fewer than those of what they are made from.
type Counter interface {
	Reacher
	// Keys returns the keys of a computed node's rows, from a time up to another. cut is as for Ranges. Where the node itself cannot be computed the
	// error is ErrUncountable.
	Keys(ctx context.Context, n *Node, cut map[Hash]bool, from, to int64) (*frame.Frame, error)

	// Hold keeps what nodes are computed with, and what was computed, until the function it returns is called.
	Hold() (release func())

	// Answers are those given so far, always the same ones.
	Answers() *Answers
}

// Quiet returns a grid to find out by how far back to compute: whatever is asked of it, no lookback asks.
func Quiet(c Counter) Counter { return quiet{c} }

type quiet struct{ Counter }

func (q quiet) Back(ctx context.Context, t *Node, before int64, n int) (at int64, short bool, err error) {
	return q.Reach(ctx, t, before, n)
}

// ErrUncountable is a node that cannot be computed, though its inputs can be read.
var ErrUncountable = errors.New("the node cannot be computed")

// counter returns the grid to count on a node's own times by, nil where these are the times of what it is made from. Nodes of other languages are taken to
// keep the grid they are given: to see, one would have to run them.
func (w *rangeWalk) counter(n *Node) Counter {
	f := w.factsOf(n)
	c, ok := w.grid.(Counter)
	if !ok || w.stored(n) || f.opaque || !thins(n, f, w.factsOf(n.Inputs[0].Nodes[0])) {
		return nil
	}
	return c
}

// thins reports whether a computed node may lack times of its input, other than at the history's beginning. Held prices have all.
func thins(n *Node, f, below facts) bool {
	switch n.Kind.Name {
	case KindSQL:
		return !f.keeps
	case KindPython, KindCommand:
		return false
	case KindExpression:
		return n.Params.Bool("drop")
	case KindWeights:
		return RebalanceOf(n.Params).Every != "every_row"
	case KindInterpolate:
		return n.Params.Has("max_gap") && (n.Params.Has("every") || below.gaps)
	case KindReturns, KindLag, KindRolling, KindLasso:
		// There is no zscore where the window is flat. Where own rows are counted, an identifier that begins may be alone at a time.
		if n.Params.String("function") == "zscore" || n.Params.OwnRows() {
			return true
		}
	}
	return below.gaps
}

// count returns the time that is some rows of a node's own times before t. It computes the node from further and further back, until there are as many
// or the history ends, and asks for what that takes, so that it can be done again from what is stored.
func (w *rangeWalk) count(c Counter, n *Node, t int64, rows int) (int64, error) {
	return w.remembered(c, n, asked{before: t, rows: rows}, func(w *rangeWalk) (int64, error) {
		for k := rows; ; k *= 2 {
			from, all, err := w.reach(c, n, t, k)
			if err != nil {
				return 0, err
			}
			f, _, err := w.computed(c, n, from, w.until)
			switch {
			case errors.Is(err, ErrUncountable): // it is for whoever evaluates the node to say why
				return w.ask(nil, question{w.factsOf(n).root, t, rows})
			case err != nil:
				return 0, err
			}
			times := slices.Compact(slices.Clone(f.Between(from, t).Times()))
			switch {
			case len(times) >= rows:
				return times[len(times)-rows], nil
			case all || k > math.MaxInt/4:
				_, err := w.ask(nil, question{w.factsOf(n).root, t, rows}) // whoever reports short histories hears of this one
				return from, err
			}
		}
	})
}

// computed returns the keys of a node's rows over a range, and from when stored nodes were read for that, which it needs.
func (w *rangeWalk) computed(c Counter, n *Node, from, to int64) (*frame.Frame, map[*Node]Range, error) {
	if w.release == nil {
		w.release = c.Hold()
	}
	inner := newWalk(w.ctx, w.cut, from, to, Quiet(c))
	defer inner.rest()
	if err := inner.run([]*Node{n}, from); err != nil {
		return nil, nil, err
	}
	mergeInto(inner.ranges, inner.counted)
	sources := map[*Node]Range{}
	Walk([]*Node{n}, w.cut, func(n *Node) {
		if w.stored(n) {
			sources[n] = inner.ranges[n.Hash]
			mergeInto(w.counted, map[Hash]Range{n.Hash: sources[n]})
		}
	})
	f, err := c.Keys(w.ctx, n, w.cut, from, to)
	return f, sources, err
}

// rest lets go of what was computed.
func (w *rangeWalk) rest() {
	if w.release != nil {
		w.release()
	}
}

func mergeInto(all, more map[Hash]Range) {
	for h, r := range more {
		if old, ok := all[h]; ok {
			r = old.merge(r)
		}
		all[h] = r
	}
}

// reach returns the time that is some rows before t on the grid that a node's times are of, and whether there are no rows before it.
func (w *rangeWalk) reach(c Counter, n *Node, t int64, rows int) (at int64, all bool, err error) {
	source := w.factsOf(n).root
	if w.stored(source) {
		return c.Reach(w.ctx, source, t, rows)
	}
	steps, err := stepsOf(source)
	if err != nil {
		return 0, false, err
	}
	at = steps.Back(t, rows)
	for !w.stored(source) {
		source = source.Inputs[0].Nodes[0]
	}
	before, all, err := c.Reach(w.ctx, source, at, 1)
	if err == nil && !all {
		mergeInto(w.counted, map[Hash]Range{source.Hash: {From: before}}) // so that what is stored answers as well
	}
	return at, all, err
}

func stepsOf(interpolate *Node) (Steps, error) {
	return NewSteps(interpolate.Params.String("every"), interpolate.Params.String("timezone"))
}

// Answers are what was found out by computing nodes, so that it is found out once for a plan, however many nodes ask. The zero value is empty, and safe
// for concurrent use.
type Answers struct {
	mu    sync.Mutex
	known map[asked]answer
}

type asked struct {
	node   Hash
	before int64
	until  int64
	end    int64
	rows   int
	own    bool // each identifier's own rows, not times
	quiet  bool // a short history was not reported
}

type answer struct {
	at    int64
	needs map[Hash]Range // of stored nodes
}

// remembered finds out by f, on a walk of its own, what is not known yet.
func (w *rangeWalk) remembered(c Counter, n *Node, q asked, f func(*rangeWalk) (int64, error)) (int64, error) {
	q.node, q.until = n.Hash, w.until
	_, q.quiet = c.(quiet)
	all := c.Answers()
	all.mu.Lock()
	a, ok := all.known[q]
	all.mu.Unlock()
	if !ok {
		inner := *w
		inner.counted = map[Hash]Range{}
		var err error
		a.at, err = f(&inner)
		w.release = inner.release
		if err != nil {
			return 0, err
		}
		a.needs = inner.counted
		all.mu.Lock()
		if all.known == nil {
			all.known = map[asked]answer{}
		}
		all.known[q] = a
		all.mu.Unlock()
	}
	mergeInto(w.counted, a.needs)
	return a.at, nil
}
