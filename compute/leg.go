package compute

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/cache"
	"github.com/tdlake/tdlake/graph"
)

// leg is a Leg, and what portfolios want to know of it.
type leg struct {
	Leg
	first int  // the first row that has weights; all rows where none has
	whole bool // every row from there on has
}

// settle finds out whether there are gaps, once all rows are in.
func (l *leg) settle() {
	l.first = len(l.Has)
	if i := slices.Index(l.Has, true); i >= 0 {
		l.first = i
	}
	l.whole = !slices.Contains(l.Has[l.first:], false)
	slices.SortFunc(l.Unpriced, func(a, b Unpriced) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), a.From-b.From)
	})
}

func (l *leg) Bytes() int64 { return int64(len(l.Times)) * (8*4 + 1) }

// legsFrom is the row of the returns' grid that legs begin at: the one before the date range, as portfolios read no more. How much there
// is before that depends on what else was planned.
func (e *Engine) legsFrom(times []int64) (from int) {
	from, _ = slices.BinarySearch(times, e.start)
	return max(0, from-1)
}

// leg returns one side's rows, made once for all portfolios that hold it.
func (e *Engine) leg(ctx context.Context, name legName) (*leg, error) {
	key := name.key()
	v, err := e.cache.Do(ctx, key, func() (sized, int64, error) {
		l, err := e.keptLeg(ctx, key)
		if l == nil && err == nil {
			l, err = e.makeLeg(ctx, name)
		}
		if err != nil {
			return nil, 0, err
		}
		return l, l.Bytes(), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*leg), nil
}

// legName says which leg it is, of an engine's date range.
type legName struct {
	returns *graph.Node
	column  string
	nodes   []*graph.Node
}

func (l legName) equal(o legName) bool {
	return l.returns == o.returns && l.column == o.column && slices.Equal(l.nodes, o.nodes)
}

// key is what a leg is kept by, on disk as well: legs that are made otherwise need another number.
func (l legName) key() cache.Key {
	return cache.HashOf("leg 2", string(l.returns.Hash[:]), l.column, idsOf(l.nodes))
}

// Side is one side of a portfolio: the nodes whose weights it holds, the mean of them, and the key that its leg is kept by.
type Side struct {
	Key   LegKey
	Nodes []*graph.Node
}

// Sides returns the sides of a portfolio, none of another node.
func Sides(n *graph.Node) []Side {
	if n.Kind.Name != graph.KindLongShort {
		return nil
	}
	var out []Side
	for _, role := range []string{"long", "short"} {
		name := sideOf(n, n.In(role))
		out = append(out, Side{LegKey(name.key()), name.nodes})
	}
	return out
}

// sideOf names the leg of the nodes that are one side of a portfolio.
func sideOf(n *graph.Node, nodes []*graph.Node) legName {
	return legName{n.In("returns")[0], n.Params.String("column"), nodes}
}

func (e *Engine) makeLeg(ctx context.Context, name legName) (l *leg, err error) {
	if e.fusable(name.nodes) {
		return e.fused(ctx, name)
	}
	results, err := e.evalAll(ctx, append([]*graph.Node{name.returns}, name.nodes...))
	if err != nil {
		return nil, err
	}
	err = e.inSlot(ctx, func() error {
		if l, err = e.newLeg(results[0], name.column, results[1:]); err != nil {
			return err
		}
		return e.keepLeg(name.key(), l)
	})
	return l, err
}

// newLeg takes the mean of the nodes' weights. A row exists where every node has one; an identifier that a node gives no
// weight counts as 0 in that node, and so does a missing return.
func (e *Engine) newLeg(returns *Result, column string, nodes []*Result) (*leg, error) {
	panel, err := returns.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, column, "return")
	if err != nil {
		return nil, err
	}
	from := e.legsFrom(panel.Times)
	l := &leg{Leg: *NewLeg(panel.Times[from:])}
	b := &blend{weights: map[string][]float64{}, rows: make([]int, len(l.Times))}
	for _, res := range nodes {
		if err := b.add(res, l.Times); err != nil {
			return nil, err
		}
	}
	for i, k := range b.rows {
		l.Has[i] = k == len(nodes)
	}
	for _, id := range b.ids() {
		w := b.weights[id]
		for i := range w {
			w[i] /= float64(len(nodes))
		}
		var earned []float64
		if j := panel.ID(id); j >= 0 {
			earned = grid[j][from:]
		}
		l.add(id, w, earned)
	}
	l.Warnings = union(returns.warnings, warningsOf(nodes))
	l.settle()
	return l, nil
}

// add takes one identifier's weights and returns in. Identifiers come in ascending order, which fixes the order of the sums.
func (l *Leg) add(id string, w, returns []float64) {
	last := 0.0
	for i, v := range w {
		l.Change[i] += math.Abs(v - last)
		l.Gross[i] += math.Abs(v)
		switch {
		case last == 0:
		case returns != nil && returns[i] == returns[i]:
			l.Earned[i] += float64(last * returns[i])
		default:
			l.lacks(id, i)
		}
		last = v
	}
}

// blend sums the weights of several nodes on one grid.
type blend struct {
	weights map[string][]float64
	rows    []int // how many nodes have a row there
}

func (b *blend) add(res *Result, times []int64) error {
	panel, err := res.Panel()
	if err != nil {
		return err
	}
	_, grid, err := oneColumn(panel, "", "weight")
	if err != nil {
		return err
	}
	at := make([]int, len(panel.Times)) // where each of the node's rows is on the grid
	for k, t := range panel.Times {
		i, ok := slices.BinarySearch(times, t)
		if !ok {
			i = -1
		} else {
			b.rows[i]++
		}
		at[k] = i
	}
	for j, id := range panel.IDs {
		sum := b.weights[id]
		if sum == nil {
			sum = make([]float64, len(times))
			b.weights[id] = sum
		}
		for k, v := range grid[j] {
			if v == v && at[k] >= 0 {
				sum[at[k]] += v
			}
		}
	}
	return nil
}

func (b *blend) ids() []string {
	ids := make([]string, 0, len(b.weights))
	for id := range b.weights {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
