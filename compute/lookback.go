package compute

import (
	"context"
	"maps"
	"slices"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// lookedBack evaluates the inputs of a node whose code may look at every row it is given. What they hold depends on the node alone, whatever others need
// of them: all rows from the node's lookback on, each identifier's own last rows before, and what was known before where an input is read as of a time.
func (e *Engine) lookedBack(ctx context.Context, n *graph.Node, r graph.Range) (inputs []*frame.Frame, warnings []string, err error) {
	var nodes []*graph.Node
	for _, in := range n.Inputs {
		nodes = append(nodes, in.Nodes...)
	}
	results, err := e.evalAll(ctx, nodes)
	if err != nil {
		return nil, nil, err
	}
	e.mu.Lock()
	cut := maps.Clone(e.cut)
	e.mu.Unlock()
	from, err := graph.From(ctx, n, r.From, cut, e.start, e.end, e.grid)
	if err != nil {
		return nil, nil, err
	}
	l := lookback{needed: r.From, from: from, end: e.end, rows: n.Params.Int("lookback")}
	inputs = make([]*frame.Frame, len(results))
	first := from
	for i, in := range n.Inputs {
		if n.AsOf(in.Role) != nil {
			continue
		}
		var at int64
		if inputs[i], at, err = l.input(results[i]); err != nil {
			return nil, nil, err
		}
		first = min(first, at)
	}
	for i, in := range n.Inputs {
		if a := n.AsOf(in.Role); a != nil {
			if inputs[i], err = l.asOf(results[i], first, a); err != nil {
				return nil, nil, err
			}
		}
	}
	return inputs, warningsOf(results), nil
}

// lookback says which rows of its inputs a node's code is given.
type lookback struct {
	needed int64 // the first time that rows are asked for
	from   int64 // from here on all rows are given
	end    int64
	rows   int // of each identifier that has a row at needed or after, its own last ones before
}

// input returns the rows of an input, and the time of the first of them, at most from.
func (l lookback) input(r *Result) (rows *frame.Frame, first int64, err error) {
	f := r.Frame().Between(graph.Beginning, l.end)
	given := f.Between(l.from, l.end)
	own := l.own(f, given)
	if first = l.from; len(own) > 0 {
		first = f.Times()[own[0]]
	}
	rows, err = take(f, own, given)
	return rows, first, err
}

// own returns the positions of identifiers' own rows before those that are given anyway.
func (l lookback) own(f, given *frame.Frame) []int {
	begin := f.Rows() - given.Rows()
	if l.rows == 0 || begin == 0 || f.Schema().Key == 1 || l.needed == graph.Beginning {
		return nil
	}
	own := graph.OwnRows(f, l.needed, l.rows)
	k, _ := slices.BinarySearch(own, begin)
	return own[:k]
}

// asOf returns the rows of an input that is read as of first, the earliest time that a row of the others has: all from there on, identifiers' own ones,
// and those by which values before can be told.
func (l lookback) asOf(r *Result, first int64, a *graph.AsOf) (*frame.Frame, error) {
	f := r.Frame()
	if r.before != nil && r.before.Rows() > 0 {
		joined, err := frame.Concat(r.before, f)
		if err != nil {
			return nil, err
		}
		f = joined
	}
	f = f.Between(graph.Beginning, l.end)
	given := f.Between(first, l.end)
	rows := append(l.own(f, given), asOfRows(f.Between(graph.Beginning, first), first, a)...)
	slices.Sort(rows)
	return take(f, slices.Compact(rows), given)
}

// asOfRows returns the positions of the rows that were valid when a frame ends.
func asOfRows(f *frame.Frame, at int64, a *graph.AsOf) []int {
	if a.MaxAge > 0 && at != graph.Beginning {
		skip := f.Rows() - f.Between(at-a.MaxAge, at).Rows()
		rows := asOfRows(f.Slice(skip, f.Rows()), at, &graph.AsOf{Whole: a.Whole})
		for i := range rows {
			rows[i] += skip
		}
		return rows
	}
	if a.Whole {
		times := f.Times()
		var rows []int
		for i := len(times) - 1; i >= 0 && times[i] == times[len(times)-1]; i-- {
			rows = append(rows, i)
		}
		return rows
	}
	return graph.LastRows(f)
}

// take returns the rows at some positions of a frame, and then those of its end, which lie behind them.
func take(f *frame.Frame, rows []int, end *frame.Frame) (*frame.Frame, error) {
	if len(rows) == 0 {
		return end, nil
	}
	if n := f.Rows() - rows[0]; n == len(rows)+end.Rows() {
		return f.Slice(rows[0], f.Rows()), nil // nothing lies between
	}
	return frame.Concat(f.Take(rows), end)
}
