package compute

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/cache"
	"github.com/tdlake/tdlake/compute/regress"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// lasso evaluates a regression, together with the planned ones that share its sums.
func (e *Engine) lasso(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	d, err := e.design(ctx, n)
	if err != nil {
		return nil, err
	}
	nodes := e.group(n, r, func(other *graph.Node) bool {
		_, done := e.cache.Get(resultKey(other, r))
		return !done && !e.isCut(other) && !e.inputs.Stored(other, r, e.end) && e.isRead(other)
	})
	v, err := e.cache.Do(ctx, cache.HashOf("lassos", idsOf(nodes), fmt.Sprint(r.From)), func() (sized, int64, error) {
		batch, err := inParts(ctx, e, nodes, func(some []*graph.Node) (map[graph.Hash]*Result, error) { return e.fit(ctx, d, some, r) })
		return lassoBatch(batch), -1, err // not remembered as a batch: each result is, by itself
	})
	if err != nil {
		return nil, err
	}
	return v.(lassoBatch)[n.Hash], nil
}

// lassoBatch is the results of regressions that were fitted together.
type lassoBatch map[graph.Hash]*Result

// Bytes is not called: batches are not remembered.
func (lassoBatch) Bytes() int64 { return 0 }

// groupKey is what regressions must have in common to share their sums: everything but the penalty's weight.
type groupKey struct {
	design              designKey
	inWindow            int
	intercept, positive bool
	l1Ratio             float64
}

func groupOf(n *graph.Node) groupKey {
	p := n.Params
	return groupKey{designOf(n), p.Int("in_window"), p.Bool("fit_intercept"), p.Bool("positive"), p.Float("l1_ratio")}
}

// designKey is what regressions must have in common to share regressors and target.
type designKey struct{ inputs, column, target, where, universe, rows string }

func designOf(n *graph.Node) designKey {
	p := n.Params
	var inputs string
	for _, in := range n.Inputs {
		inputs += in.Role + "=" + idsOf(in.Nodes) + " "
	}
	k := designKey{inputs: inputs, column: p.String("column"), target: p.String("ticker_to_replicate"), where: p.String("universe_where"), rows: p.String("rows")}
	if names := p.Strings("universe"); len(names) > 0 {
		k.universe = fmt.Sprintf("%q", names)
	}
	return k
}

func idsOf(nodes []*graph.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		b.Write(n.Hash[:])
	}
	return b.String()
}

// register adds a regression to those it shares its sums with. The caller holds e.mu.
func (e *Engine) register(n *graph.Node) {
	if e.grouped[n.Hash] {
		return
	}
	e.grouped[n.Hash] = true
	key := groupOf(n)
	if e.groups[key] == nil {
		e.groupOrder = append(e.groupOrder, key)
	}
	e.groups[key] = append(e.groups[key], n)
}

// isRead reports whether somebody reads a regression's weights themselves.
func (e *Engine) isRead(n *graph.Node) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.needsWeights(n)
}

// group returns n and the planned regressions that share its sums, cover the same range and are wanted.
func (e *Engine) group(n *graph.Node, r graph.Range, wanted func(*graph.Node) bool) []*graph.Node {
	e.mu.Lock()
	group := slices.Clone(e.groups[groupOf(n)])
	e.mu.Unlock()
	out := []*graph.Node{}
	for _, other := range group {
		if or, _ := e.Range(other); other == n || or == r && wanted(other) {
			out = append(out, other)
		}
	}
	if len(out) == 0 {
		out = append(out, n)
	}
	return out
}

// fit rolls the regressions over the range, remembers each result and returns them all.
func (e *Engine) fit(ctx context.Context, d *design, nodes []*graph.Node, r graph.Range) (map[graph.Hash]*Result, error) {
	from, to := d.rows(e.span(r))
	weights := make([]*frame.Panel, len(nodes))
	for i := range nodes {
		weights[i] = frame.NewPanel(d.times[from:to], d.columns, "weight")
	}
	warnings, err := e.roll(ctx, d, nodes, r, func(i int, f regress.Fit) {
		row, grid := f.Row-from, weights[i].Data[0]
		for _, j := range f.Features {
			grid[j][row] = 0
		}
		for k, j := range f.Active {
			grid[j][row] = f.Weights[k]
		}
	})
	if err != nil {
		return nil, err
	}
	out := map[graph.Hash]*Result{}
	for i, n := range nodes {
		res := ofPanel(weights[i])
		res.warnings = warnings[i]
		out[n.Hash] = res
		e.cache.Put(resultKey(n, r), res, res.Bytes())
	}
	return out, nil
}

// design is the regressors and the target that regressions over one universe share.
type design struct {
	times      []int64
	columns    []string
	regressors *regress.Design
	warnings   []string // of its inputs, and its own

	target   unbroken   // of the ticker to replicate
	unbroken []unbroken // of columns
}

func (d *design) Bytes() int64 { return d.regressors.Bytes() + int64(8*len(d.times)) }

// rows returns the rows of the design's grid within a range.
func (d *design) rows(s span) (from, to int) {
	from, _ = slices.BinarySearch(d.times, s.from)
	to, _ = slices.BinarySearch(d.times, s.end)
	return from, to
}

// roll fits regressions that share their sums, and hands on each fit with the position of its node. It returns what there is to say of each node.
func (e *Engine) roll(ctx context.Context, d *design, nodes []*graph.Node, r graph.Range, emit func(node int, f regress.Fit)) ([][]string, error) {
	from, to := d.rows(e.span(r))
	specs, twins := make([]regress.Spec, len(nodes)), make([]leftOut, len(nodes))
	for i, n := range nodes {
		p := n.Params
		specs[i] = regress.Spec{
			Alpha: p.Float("lasso_alpha"), L1Ratio: p.Float("l1_ratio"), Positive: p.Bool("positive"), Intercept: p.Bool("fit_intercept"),
		}
	}
	err := d.regressors.Roll(ctx, nodes[0].Params.Int("in_window"), specs, from, to, func(i int, f regress.Fit) {
		if f.Twins != nil {
			twins[i] = twins[i].add(f)
		}
		emit(i, f)
	})
	warnings := make([][]string, len(nodes))
	for i, n := range nodes {
		own := append(d.gaps(n), twins[i].concerns(n, d.columns)...)
		e.tell(n, own)
		warnings[i] = union(d.warnings, own)
	}
	return warnings, err
}

// leftOut counts the windows in which a column had to be left out for another.
type leftOut map[regress.Twin]int

func (l leftOut) add(f regress.Fit) leftOut {
	if l == nil {
		l = leftOut{}
	}
	for _, t := range f.Twins {
		l[t]++
	}
	return l
}

func (l leftOut) concerns(n *graph.Node, columns []string) (all []string) {
	twins := slices.SortedFunc(maps.Keys(l), func(a, b regress.Twin) int {
		return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Like, b.Like))
	})
	for _, t := range twins {
		all = append(all, fmt.Sprintf("%s is too nearly %s, or a combination of it and others, to tell their weights apart in %d windows of %d rows: it has weight 0 there\nhint: leave one of them out of the universe, or raise lasso_alpha",
			columns[t.Column], columns[t.Like], l[t], n.Params.Int("in_window")))
	}
	return all
}

func (e *Engine) design(ctx context.Context, n *graph.Node) (*design, error) {
	from := int64(math.MinInt64)
	if r, ok := e.Range(n.In("input")[0]); ok {
		from = r.From
	}
	v, err := e.cache.Do(ctx, cache.HashOf("design", fmt.Sprintf("%q", designOf(n)), fmt.Sprint(from)), func() (sized, int64, error) {
		inputs, err := e.evalAll(ctx, append(slices.Clone(n.In("input")), n.In("universe")...))
		if err != nil {
			return nil, 0, err
		}
		var d *design
		err = e.inSlot(ctx, func() error {
			d, err = e.arrange(ctx, n, inputs)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		return d, d.Bytes(), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*design), nil
}

// arrange picks the target, the columns that were ever members, and who was a member when.
func (e *Engine) arrange(ctx context.Context, n *graph.Node, inputs []*Result) (*design, error) {
	panel, err := inputs[0].Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, n.Params.String("column"), "return")
	if err != nil {
		return nil, err
	}
	ticker := n.Params.String("ticker_to_replicate")
	at := panel.ID(ticker)
	if at < 0 {
		return nil, fmt.Errorf("the input has no %s to replicate: it is not among its %d identifiers", ticker, len(panel.IDs))
	}
	var u *universe
	if len(inputs) > 1 {
		u, err = e.universeOf(ctx, inputs[1], n.Params.String("universe_where"))
	} else {
		u = fixedUniverse(n.Params.Strings("universe"))
	}
	if err != nil {
		return nil, err
	}
	times := panel.Times
	if n.Params.OwnRows() {
		times, grid = rowsOf(times, grid, grid[at])
	}
	d := &design{times: times, target: unbrokenOf(grid[at])}
	var columns [][]float64
	var strangers []string
	for _, id := range u.everyone() {
		switch j := panel.ID(id); {
		case id == ticker: // never its own feature
		case j < 0:
			strangers = append(strangers, id)
		default:
			d.columns = append(d.columns, id)
			d.unbroken = append(d.unbroken, unbrokenOf(grid[j]))
			columns = append(columns, grid[j])
		}
	}
	own := u.concerns(n, d, strangers, grid[at], e.start)
	e.tell(n, own)
	d.warnings = union(warningsOf(inputs), own)
	d.regressors, err = regress.NewDesign(times, grid[at], columns, u.members(times, d.columns))
	return d, err
}

// rowsOf keeps the times at which one column has a value.
func rowsOf(times []int64, grid [][]float64, column []float64) ([]int64, [][]float64) {
	var rows []int
	for i, v := range column {
		if known(v) {
			rows = append(rows, i)
		}
	}
	out := make([][]float64, len(grid))
	for j, values := range grid {
		out[j] = pick(values, rows)
	}
	return pick(times, rows), out
}
