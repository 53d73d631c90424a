package compute

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/tdlake/tdlake/cache"
	"github.com/tdlake/tdlake/graph"
)

// leg is what one side of a portfolio comes to at each row of the returns' grid.
type leg struct {
	times  []int64
	has    []bool    // there are weights stamped at the row
	earned []float64 // the return at the row of the weights stamped one row before
	change []float64 // sum of |weight - weight one row before|, where both rows have weights
	gross  []float64 // sum of |weight|

	first int  // the first row that has weights; all rows where none has
	whole bool // every row from there on has
}

// settle finds out whether there are gaps, once all rows are in.
func (l *leg) settle() {
	l.first = len(l.has)
	if i := slices.Index(l.has, true); i >= 0 {
		l.first = i
	}
	l.whole = !slices.Contains(l.has[l.first:], false)
}

func (l *leg) Bytes() int64 { return int64(len(l.times)) * (8*4 + 1) }

// leg returns one side's rows, made once for all portfolios that hold it.
func (e *Engine) leg(ctx context.Context, returns *graph.Node, column string, nodes []*graph.Node) (*leg, error) {
	v, err := e.cache.Do(ctx, e.legKey(returns, column, nodes), func() (sized, int64, error) {
		l, err := e.makeLeg(ctx, returns, column, nodes)
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

func (e *Engine) legKey(returns *graph.Node, column string, nodes []*graph.Node) cache.Key {
	r, _ := e.Range(returns)
	return cache.HashOf("leg", string(returns.Hash[:]), column, strconv.FormatInt(r.From, 36), idsOf(nodes))
}

func (e *Engine) makeLeg(ctx context.Context, returns *graph.Node, column string, nodes []*graph.Node) (l *leg, err error) {
	if e.fusable(nodes) {
		return e.fused(ctx, returns, column, nodes[0])
	}
	results, err := e.evalAll(ctx, append([]*graph.Node{returns}, nodes...))
	if err != nil {
		return nil, err
	}
	err = e.inSlot(ctx, func() error {
		l, err = newLeg(results[0], column, results[1:])
		return err
	})
	return l, err
}

func newEmptyLeg(times []int64) *leg {
	n := len(times)
	flat := make([]float64, 3*n)
	return &leg{times: times, has: make([]bool, n), earned: flat[:n:n], change: flat[n : 2*n : 2*n], gross: flat[2*n:]}
}

// newLeg takes the mean of the nodes' weights. A row exists where every node has one; an identifier that a node gives no
// weight counts as 0 in that node, and so does a missing return.
func newLeg(returns *Result, column string, nodes []*Result) (*leg, error) {
	panel, err := returns.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, column, "return")
	if err != nil {
		return nil, err
	}
	n := len(panel.Times)
	l := newEmptyLeg(panel.Times)
	b := &blend{weights: map[string][]float64{}, rows: make([]int, n)}
	for _, res := range nodes {
		if err := b.add(res, panel.Times); err != nil {
			return nil, err
		}
	}
	for i, k := range b.rows {
		l.has[i] = k == len(nodes)
	}
	for _, id := range b.ids() {
		w := b.weights[id]
		for i := range w {
			w[i] /= float64(len(nodes))
		}
		var earned []float64
		if j := panel.ID(id); j >= 0 {
			earned = grid[j]
		}
		l.add(w, earned)
	}
	l.settle()
	return l, nil
}

// add takes one identifier's weights and returns in. Identifiers come in ascending order, which fixes the order of the sums.
func (l *leg) add(w, returns []float64) {
	last := 0.0
	for i, v := range w {
		l.change[i] += math.Abs(v - last)
		l.gross[i] += math.Abs(v)
		if last != 0 && returns != nil && returns[i] == returns[i] {
			l.earned[i] += float64(last * returns[i])
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
