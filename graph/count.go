package graph

import (
	"context"
	"errors"
	"math"
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
	// Times returns the distinct times of a computed node's rows, from a time up to another, ascending. cut is as for Ranges. Where the node itself
	// cannot be computed the error is ErrUncountable.
	Times(ctx context.Context, n *Node, cut map[Hash]bool, from, to int64) ([]int64, error)
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
	c, ok := w.grid.(Counter)
	if !ok || !w.thins(n) {
		return nil
	}
	foreign := false
	Walk([]*Node{n}, w.cut, func(n *Node) {
		foreign = foreign || !w.stored(n) && (n.Kind.Name == KindPython || n.Kind.Name == KindCommand)
	})
	if foreign {
		return nil
	}
	return c
}

// thins reports whether a computed node may lack times of its input, other than at the history's beginning.
func (w *rangeWalk) thins(n *Node) bool {
	if w.stored(n) {
		return false
	}
	switch n.Kind.Name {
	case KindSQL:
		return true
	case KindPython, KindCommand:
		return false
	case KindExpression:
		return n.Params.Bool("drop")
	case KindInterpolate:
		return n.Params.Has("max_gap") && (n.Params.Has("every") || w.hasGaps(n.Inputs[0].Nodes[0]))
	case KindReturns, KindLag, KindRolling, KindLasso:
		// There is no zscore where the window is flat. Where own rows are counted, an identifier that begins may be alone at a time.
		if n.Params.String("function") == "zscore" || n.Params.OwnRows() {
			return true
		}
	}
	return w.hasGaps(n.Inputs[0].Nodes[0])
}

// hasGaps reports whether a node's rows may hold nothing but missing values: what is computed from those leaves such times out, so that nothing above it
// meets them again. Held prices have none.
func (w *rangeWalk) hasGaps(n *Node) bool {
	if w.stored(n) {
		return n.Kind.Name == KindTable
	}
	return n.Kind.Name == KindSQL || n.Kind.Name == KindPython || n.Kind.Name == KindCommand || n.Kind.Name == KindExpression
}

// count returns the time that is some rows of a node's own times before t. It computes the node from further and further back, until there are as many
// or the history ends, and asks for what that takes, so that it can be done again from what is stored.
func (w *rangeWalk) count(c Counter, n *Node, t int64, rows int) (int64, error) {
	for k := rows; ; k *= 2 {
		from, all, err := w.reach(c, n, t, k)
		if err != nil {
			return 0, err
		}
		if err := w.needAll(c, n, from); err != nil {
			return 0, err
		}
		times, err := c.Times(w.ctx, n, w.cut, from, t)
		switch {
		case errors.Is(err, ErrUncountable): // it is for whoever evaluates the node to say why
			return w.ask(nil, question{w.rootOf(n), t, rows})
		case err != nil:
			return 0, err
		case len(times) >= rows:
			return times[len(times)-rows], nil
		case all || k > math.MaxInt/4:
			_, err := w.ask(nil, question{w.rootOf(n), t, rows}) // whoever reports short histories hears of this one
			return from, err
		}
	}
}

// needAll adds a node from a time on, and all that it needs for that.
func (w *rangeWalk) needAll(c Counter, n *Node, from int64) error {
	ranges, err := Ranges(w.ctx, []*Node{n}, w.cut, from, Quiet(c))
	mergeInto(w.counted, ranges)
	return err
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
	source := w.rootOf(n)
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
