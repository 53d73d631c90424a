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
// It knows the legs it has met without holding them: a weak pointer is much cheaper to follow than the hot cache is to ask,
// and what the cache forgets is forgotten here as well.
type Series struct {
	rows portfolio
	legs map[legOf]weak.Pointer[leg]
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

// Series evaluates a planned portfolio into s and reports true, or reports false where the node is no portfolio or its rows
// are stored: Eval is the way then. The numbers are those of Eval, to the bit; nothing is remembered but the legs. The node
// itself is not kept.
func (e *Engine) Series(ctx context.Context, n *graph.Node, s *Series) (bool, error) {
	if n.Kind.Name != graph.KindLongShort {
		return false, nil
	}
	begin := time.Now()
	returns, column := n.In("returns")[0], n.Params.String("column")
	long, short := newLegOf(returns, column, n.In("long")), newLegOf(returns, column, n.In("short"))
	if !s.knows(long) || !s.knows(short) {
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
	e.add(func(c *Counts) { c.Computed++ })
	return false
}

// join is portfolio, with the legs that s knows.
func (e *Engine) join(ctx context.Context, n *graph.Node, s *Series, long, short legOf) error {
	l, err := s.leg(ctx, e, long, n.In("long"))
	if err != nil {
		return err
	}
	r, err := s.leg(ctx, e, short, n.In("short"))
	if err != nil {
		return err
	}
	return s.rows.join(l, r, n.Params.Float("fee"), e.stretch())
}

func newLegOf(returns *graph.Node, column string, nodes []*graph.Node) legOf {
	return legOf{returns, column, &nodes[0], len(nodes)}
}

// knows reports whether s has met a leg, which was planned then.
func (s *Series) knows(of legOf) bool {
	_, ok := s.legs[of]
	return ok
}

func (s *Series) leg(ctx context.Context, e *Engine, of legOf, nodes []*graph.Node) (*leg, error) {
	if l := s.legs[of].Value(); l != nil {
		return l, nil
	}
	l, err := e.leg(ctx, legName{of.returns, of.column, nodes})
	if err != nil {
		return nil, err
	}
	if s.legs == nil {
		s.legs = map[legOf]weak.Pointer[leg]{}
	}
	s.legs[of] = weak.Make(l)
	return l, nil
}
