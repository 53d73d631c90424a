package compute

import (
	"context"
	"time"
	"weak"

	"github.com/tdlake/tdlake/graph"
)

// Series is a portfolio's rows as plain slices, in memory that is used again by the next one that is put in. The zero Series
// is ready for use, with one engine.
//
// It knows the legs it has met, and holds the last two: a weak pointer is much cheaper to follow than the hot cache is to ask,
// and what the cache forgets is forgotten here as well.
type Series struct {
	rows        portfolio
	legs        map[legOf]weak.Pointer[leg]
	long, short metLeg // of the last portfolio: the next one often has the same
}

// metLeg is a leg that a Series has met; nil where it has to be asked for again.
type metLeg struct {
	of  legOf
	leg *leg
}

// legOf names a leg. A slice of nodes that belongs to interned nodes, or to a cursor, is never written to again, so its
// place stands for what is in it; and as a key it keeps it in memory.
type legOf struct {
	returns *graph.Node
	column  string
	first   **graph.Node
	nodes   int
}

// Times returns the rows' times in microseconds since the epoch.
func (s *Series) Times() []int64 { return s.rows.times }

// Returns returns return_minus_fees.
func (s *Series) Returns() []float64 { return s.rows.net }

// Value returns the value of one unit of money put in before the first row.
func (s *Series) Value() []float64 { return s.rows.value }

// Turnover returns the share traded at each row, NaN where missing.
func (s *Series) Turnover() []float64 { return s.rows.turnover }

// Ruin returns the row at which the value is 0, -1 where there is none.
func (s *Series) Ruin() int { return s.rows.ruin }

// Warnings returns what there is to say of the portfolio: see Warned. The list is not to be changed.
func (s *Series) Warnings() []string { return s.rows.warnings }

// Series evaluates a planned portfolio into s and reports true, or reports false where the node is no portfolio or its rows
// are stored: Eval is the way then. The numbers are those of Eval, to the bit; nothing is remembered but the legs. The node
// itself is not kept.
func (e *Engine) Series(ctx context.Context, n *graph.Node, s *Series) (bool, error) {
	if n.Kind.Name != graph.KindLongShort {
		return false, nil
	}
	var begin time.Time
	if e.options.Log != nil {
		begin = time.Now()
	}
	returns, column := n.In("returns")[0], n.Params.String("column")
	long, short := newLegOf(returns, column, n.In("long")), newLegOf(returns, column, n.In("short"))
	if !s.meet(&s.long, long) || !s.meet(&s.short, short) {
		if _, planned := e.Range(n); !planned {
			return false, nil
		}
	}
	if e.storedOrCut(n) {
		return false, nil
	}
	err := e.join(ctx, n, s, long, short)
	e.log(n, begin, err)
	return true, named(n, err)
}

// storedOrCut reports whether a portfolio's rows are loaded, and counts it where they aren't.
func (e *Engine) storedOrCut(n *graph.Node) bool {
	e.mu.Lock()
	r, planned := e.ranges[n.Hash]
	cut := e.cut[n.Hash]
	e.mu.Unlock()
	if !planned { // its inputs are
		r = graph.Range{From: e.start}
	}
	if cut || e.inputs.Stored(n, r, e.end) {
		return true
	}
	e.count.computed.Add(1)
	return false
}

// join is portfolio, with the legs that s has met.
func (e *Engine) join(ctx context.Context, n *graph.Node, s *Series, long, short legOf) error {
	if err := s.ask(ctx, e, &s.long, long, n.In("long")); err != nil {
		return err
	}
	if err := s.ask(ctx, e, &s.short, short, n.In("short")); err != nil {
		return err
	}
	return s.rows.join(s.long.leg, s.short.leg, n.Params.Float("fee"), e.stretch())
}

func newLegOf(returns *graph.Node, column string, nodes []*graph.Node) legOf {
	return legOf{returns, column, &nodes[0], len(nodes)}
}

// meet makes a leg the last of its side, and reports whether it was met before, and so was planned.
func (s *Series) meet(last *metLeg, of legOf) bool {
	if last.of == of {
		return true
	}
	known, ok := s.legs[of]
	if ok {
		*last = metLeg{of, known.Value()}
	}
	return ok
}

// ask gets the leg of a side from the engine, if it isn't at hand.
func (s *Series) ask(ctx context.Context, e *Engine, last *metLeg, of legOf, nodes []*graph.Node) error {
	if last.of == of && last.leg != nil {
		return nil
	}
	l, err := e.leg(ctx, legName{of.returns, of.column, nodes})
	if err != nil {
		return err
	}
	if s.legs == nil {
		s.legs = map[legOf]weak.Pointer[leg]{}
	}
	s.legs[of] = weak.Make(l)
	*last = metLeg{of, l}
	return nil
}
