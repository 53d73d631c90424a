package compute

import (
	"context"
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/compute/book"
	"github.com/tdlake/tdlake/compute/formula"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// positions follows a portfolio of weights over the rows of its returns, from the beginning of the date range.
func (e *Engine) positions(ctx context.Context, n *graph.Node) (*Result, error) {
	holdings := graph.Holdings(n)
	nodes := []*graph.Node{n.In("returns")[0]}
	for _, h := range holdings {
		nodes = append(nodes, h.Node)
	}
	results, err := e.evalAll(ctx, nodes)
	if err != nil {
		return nil, err
	}
	var out *Result
	err = e.inSlot(ctx, func() error {
		d, err := newDesk(n, results[0])
		if err != nil {
			return err
		}
		for i, h := range holdings {
			if err := d.add(h, results[i+1]); err != nil {
				return fmt.Errorf("weights of %s: %w", h.Node.Name, err)
			}
		}
		out, err = d.result(e)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.tell(n, out.warnings)
	out.warnings = union(warningsOf(results), out.warnings)
	return out, nil
}

// desk is what a portfolio is computed from, on the returns' time grid and the identifiers of all.
type desk struct {
	node    *graph.Node
	times   []int64
	ids     []string
	returns [][]float64
	place   map[string]int
	delay   int
	holders []book.Holder
	missing int // weights that were missing, and counted as 0
}

func newDesk(n *graph.Node, returns *Result) (*desk, error) {
	panel, err := returns.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, "", "return")
	if err != nil {
		return nil, err
	}
	d := &desk{node: n, times: panel.Times, ids: slices.Clone(panel.IDs), returns: slices.Clone(grid), place: map[string]int{}, delay: n.Params.Int("delay")}
	for i, id := range d.ids {
		d.place[id] = i
	}
	return d, nil
}

// add takes a node's weights in. A node that is keyed by time alone holds the only identifier that there are returns of.
func (d *desk) add(h graph.Holding, res *Result) error {
	rows := res.Frame()
	if res.before != nil {
		var err error
		if rows, err = frame.Concat(res.before, rows); err != nil {
			return err
		}
	}
	g, err := newGridded(rows, formula.NewWords())
	if err != nil {
		return err
	}
	weights, err := g.numbers(h.Column, "weight")
	if err != nil {
		return err
	}
	ids := g.ids
	if ids == nil {
		if len(d.ids) != 1 {
			return fmt.Errorf("it has no identifiers, and there are returns of %d", len(d.ids))
		}
		ids = d.ids
	}
	columns := make([]int, len(ids))
	for i, id := range ids {
		columns[i] = d.known(id)
	}
	holder := book.Holder{Factor: h.Factor}
	for k := range g.times {
		set := make([]float64, len(d.ids))
		for i := range ids {
			switch v := weights[i][k]; {
			case v == v:
				set[columns[i]] = v
			case g.has == nil || g.has[i][k]:
				d.missing++
			}
		}
		holder.Sets = append(holder.Sets, set)
	}
	holder.Held = d.held(g.times)
	d.holders = append(d.holders, holder)
	return nil
}

// known returns an identifier's place; one without returns gets one, where all returns are missing.
func (d *desk) known(id string) int {
	at, ok := d.place[id]
	if !ok {
		at = len(d.ids)
		d.place[id] = at
		d.ids = append(d.ids, id)
		d.returns = append(d.returns, emptyGrid(1, len(d.times))[0])
	}
	return at
}

// held says which of a node's sets is in force at each row of the grid: the last one stamped at or before the row that is
// the delay before it. Before as many rows as the delay none is.
func (d *desk) held(stamped []int64) []int {
	out := make([]int, len(d.times)+1)
	k := -1
	for i := range out {
		out[i] = -1
		if i < d.delay || i-d.delay >= len(d.times) {
			if i > 0 && i >= d.delay {
				out[i] = out[i-1]
			}
			continue
		}
		for k+1 < len(stamped) && stamped[k+1] <= d.times[i-d.delay] {
			k++
		}
		out[i] = k
	}
	return out
}

// result runs the portfolio and lists its rows.
func (d *desk) result(e *Engine) (*Result, error) {
	p := d.node.Params
	for j := range d.holders { // an identifier that came later is 0 in earlier sets
		for k, set := range d.holders[j].Sets {
			d.holders[j].Sets[k] = append(set, make([]float64, len(d.ids)-len(set))...)
		}
	}
	begin, _ := slices.BinarySearch(d.times, e.start)
	run := book.Run(d.holders, d.returns, d.times, begin, book.Rules{
		Drift: p.Bool("drift"), Stamped: p.String("turnover") == "stamped", Cost: p.Float("fee") + p.Float("slippage"), Borrow: p.Float("borrow"), Cash: p.Float("cash"),
	})
	end, _ := slices.BinarySearch(d.times, e.end)
	b := frame.NewBuilder(positionsSchema)
	for i := run.First; i < end; i++ {
		k := i - run.First
		b.Time(0, d.times[i])
		for c, column := range [][]float64{run.Return, run.Net, run.Value, run.Turnover, run.Gross, run.Sum} {
			b.Float(c+1, column[k])
		}
	}
	f, err := b.Take()
	if err != nil {
		return nil, err
	}
	out := ofFrame(f)
	out.warnings = d.warnings(run)
	return out, nil
}

var positionsSchema = frame.Schema{Key: 1, Fields: []frame.Field{
	{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "return", Type: frame.Float64}, {Name: "return_minus_fees", Type: frame.Float64},
	{Name: "portfolio", Type: frame.Float64}, {Name: "turnover", Type: frame.Float64}, {Name: "gross", Type: frame.Float64}, {Name: "net", Type: frame.Float64},
}}

// warnings says what was missing and counted as nothing.
func (d *desk) warnings(run *book.Portfolio) (warnings []string) {
	if d.missing > 0 {
		warnings = append(warnings, fmt.Sprintf("%d missing weights count as 0", d.missing))
	}
	held := tally{}
	for k, rows := range run.Unpriced {
		for _, i := range rows {
			held.add(d.ids[k], d.times[i])
		}
	}
	if len(held) > 0 {
		warnings = append(warnings, fmt.Sprintf("held without a return at %d rows, which count as 0: %s", held.rows(), held))
	}
	return warnings
}
