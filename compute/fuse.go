package compute

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tdlake/tdlake/cache"
	"github.com/tdlake/tdlake/compute/regress"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// A leg of one regression that nobody else reads needs no panel of weights: it is made from the fits as they come. The
// additions are those of newLeg, in the same order, so the bits are the same.

// fusable reports whether a leg can be made that way.
func (e *Engine) fusable(nodes []*graph.Node) bool {
	if len(nodes) != 1 || nodes[0].Kind.Name != graph.KindLasso {
		return false
	}
	n := nodes[0]
	e.mu.Lock()
	r, read := e.ranges[n.Hash], e.needsWeights(n)
	e.mu.Unlock()
	return !read && !e.options.Keep[n.Hash] && !e.isCut(n) && !e.inputs.Stored(n, r, e.end)
}

// fused makes the leg of a regression, together with those of the planned regressions that share its sums.
func (e *Engine) fused(ctx context.Context, name legName) (*leg, error) {
	n := name.nodes[0]
	results, err := e.evalAll(ctx, []*graph.Node{name.returns})
	if err != nil {
		return nil, err
	}
	d, err := e.design(ctx, n)
	if err != nil {
		return nil, named(n, err)
	}
	r, _ := e.Range(n)
	nodes := e.group(n, r, func(other *graph.Node) bool {
		_, made := e.cache.Get(name.of(other).key())
		return !made && !e.isKept(name.of(other)) && e.fusable([]*graph.Node{other})
	})
	key := cache.HashOf("legs", idsOf(nodes), string(name.returns.Hash[:]), name.column, strconv.FormatInt(r.From, 36))
	v, err := e.cache.Do(ctx, key, func() (sized, int64, error) {
		batch, err := inParts(ctx, e, nodes, func(some []*graph.Node) (map[graph.Hash]*leg, error) {
			return e.fitLegs(ctx, d, some, r, results[0], name.column)
		})
		if err != nil {
			return nil, 0, named(n, err)
		}
		for _, made := range nodes {
			l, key := batch[made.Hash], name.of(made).key()
			e.cache.Put(key, l, l.Bytes())
			if err := e.keepLeg(key, l); err != nil {
				return nil, 0, err
			}
		}
		return legBatch(batch), -1, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(legBatch)[n.Hash], nil
}

// of names the leg of another regression.
func (l legName) of(n *graph.Node) legName { return legName{l.returns, l.column, []*graph.Node{n}} }

// legBatch is the legs of regressions that were fitted together.
type legBatch map[graph.Hash]*leg

// Bytes is not called: batches are not remembered.
func (legBatch) Bytes() int64 { return 0 }

func (e *Engine) fitLegs(ctx context.Context, d *design, nodes []*graph.Node, r graph.Range, returns *Result, column string) (map[graph.Hash]*leg, error) {
	panel, err := returns.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, column, "return")
	if err != nil {
		return nil, err
	}
	e.count.computed.Add(int64(len(nodes)))
	from := e.legsFrom(panel.Times)
	shared := newFitTarget(d, panel, grid, from)
	builders := make([]*legBuilder, len(nodes))
	out := map[graph.Hash]*leg{}
	for i := range nodes {
		builders[i] = &legBuilder{fitTarget: shared, leg: &leg{Leg: *NewLeg(panel.Times[from:])}, at: -2}
	}
	begin := time.Now()
	warnings, err := e.roll(ctx, d, nodes, r, func(i int, f regress.Fit) { builders[i].add(f) })
	for i, n := range nodes {
		builders[i].leg.Warnings = union(returns.warnings, warnings[i])
		builders[i].leg.settle()
		out[n.Hash] = builders[i].leg
		e.log(n, begin, err)
	}
	return out, err
}

// fitTarget is where fits of a design land on the grid of the legs.
type fitTarget struct {
	rows    []int       // a row of the design: its row on the legs' grid, -1 where it has none
	returns [][]float64 // a column of the design: its returns, nil where it has none
	ids     []string    // a column of the design: whose it is
}

// newFitTarget takes the row of the returns that the legs begin at.
func newFitTarget(d *design, panel *frame.Panel, grid [][]float64, from int) *fitTarget {
	t := &fitTarget{rows: make([]int, len(d.times)), returns: make([][]float64, len(d.columns)), ids: d.columns}
	for i, at := range d.times {
		t.rows[i] = -1
		if k, ok := slices.BinarySearch(panel.Times[from:], at); ok {
			t.rows[i] = k
		}
	}
	for j, id := range d.columns {
		if k := panel.ID(id); k >= 0 {
			t.returns[j] = grid[k][from:]
		}
	}
	return t
}

// legBuilder adds up one leg, fit by fit.
type legBuilder struct {
	*fitTarget
	leg     *leg
	at      int // the row of the fit before, on the legs' grid
	active  []int32
	weights []float64
}

func (b *legBuilder) add(f regress.Fit) {
	at := b.rows[f.Row]
	if at < 0 {
		return
	}
	l := b.leg
	l.Has[at] = true
	l.Gross[at], l.Change[at] = 0, 0
	for _, w := range f.Weights {
		l.Gross[at] += math.Abs(w)
	}
	l.Change[at] = l.Gross[at]
	if b.at == at-1 {
		l.Change[at] = difference(b.active, b.weights, f.Active, f.Weights)
	}
	if at+1 < len(l.Earned) {
		l.Earned[at+1] = b.earn(f, at+1)
	}
	b.at, b.active, b.weights = at, append(b.active[:0], f.Active...), append(b.weights[:0], f.Weights...)
}

// earn sums, in the order of the columns, what the weights earn at a row.
func (b *legBuilder) earn(f regress.Fit, row int) float64 {
	sum := 0.0
	for k, j := range f.Active {
		switch col := b.returns[j]; {
		case col != nil && col[row] == col[row]:
			sum += float64(f.Weights[k] * col[row])
		case f.Weights[k] != 0:
			b.leg.lacks(b.ids[j], row)
		}
	}
	return sum
}

// difference is the sum of |v - u| over the columns of either, in their order.
func difference(a []int32, u []float64, b []int32, v []float64) float64 {
	sum, i, k := 0.0, 0, 0
	for i < len(a) || k < len(b) {
		switch {
		case k == len(b) || i < len(a) && a[i] < b[k]:
			sum += math.Abs(u[i])
			i++
		case i == len(a) || b[k] < a[i]:
			sum += math.Abs(v[k])
			k++
		default:
			sum += math.Abs(v[k] - u[i])
			i, k = i+1, k+1
		}
	}
	return sum
}
