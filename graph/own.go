package graph

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/tdlake/tdlake/frame"
)

// A lookback of k rows is two things: the last k times of the first input's grid, and of each identifier that has rows from the first time on that is
// needed, its own last k rows before that: windows of SQL are counted on an identifier's own rows. The second reaches further back where identifiers have
// gaps. Rows are counted for each combination of the key without time_index; whether it counts is a matter of its unique_identifier, where it has one.

// Tail is the last rows of a combination before a time.
type Tail struct {
	ID    string // its unique_identifier; "" where the key has none
	Rows  int    // how many there are, at most as many as were asked for
	First int64  // the time of the first of them; the time itself where there are none
}

// TailsOf returns, of rows sorted by their key, the last n before a time of each combination whose identifier has a row at or after that time. What lies
// before the first row is not known of.
func TailsOf(f *frame.Frame, from int64, n int) []Tail {
	var tails []Tail
	index := map[string]int{}
	forOwn(f, from, n, func(at int64, combination, id string, i int) {
		k, ok := index[combination]
		if !ok {
			k = len(tails)
			index[combination] = k
			tails = append(tails, Tail{ID: id, First: from})
		}
		if i >= 0 {
			tails[k].Rows++
			tails[k].First = at
		}
	})
	return tails
}

// OwnRows returns the positions, ascending, of the rows that TailsOf counts.
func OwnRows(f *frame.Frame, from int64, n int) []int {
	var rows []int
	forOwn(f, from, n, func(_ int64, _, _ string, i int) {
		if i >= 0 {
			rows = append(rows, i)
		}
	})
	slices.Sort(rows)
	return rows
}

// LastRows returns the positions, ascending, of the last row of each combination of the key without time_index.
func LastRows(f *frame.Frame) []int {
	combination, _ := keyOf(f)
	seen := map[string]bool{}
	var rows []int
	for i := f.Rows() - 1; i >= 0; i-- {
		if c := combination(i); !seen[c] {
			seen[c] = true
			rows = append(rows, i)
		}
	}
	slices.Reverse(rows)
	return rows
}

// forOwn calls f with each row that counts, the last first, and with -1 for each combination that has a row at or after from.
func forOwn(f *frame.Frame, from int64, n int, visit func(at int64, combination, id string, row int)) {
	times := f.Times()
	first, _ := slices.BinarySearch(times, from)
	combination, id := keyOf(f)
	alive, counted := map[string]bool{}, map[string]int{}
	for i := first; i < len(times); i++ {
		c := combination(i)
		if _, ok := counted[c]; !ok {
			counted[c], alive[id(i)] = 0, true
			visit(from, c, id(i), -1)
		}
	}
	left := len(counted) // combinations that may have more rows; others of the same identifiers are met on the way
	for i := first - 1; i >= 0; i-- {
		if left == 0 && f.Schema().Key == 2 {
			return
		}
		c := combination(i)
		if k := counted[c]; k < n && alive[id(i)] {
			counted[c] = k + 1
			visit(times[i], c, id(i), i)
			if k+1 == n {
				left--
			}
		}
	}
}

// keyOf returns what tells a row's combination of the key without time_index, and its identifier.
func keyOf(f *frame.Frame) (combination, id func(i int) string) {
	key := f.Schema().Key
	combination = func(i int) string {
		switch key {
		case 1:
			return ""
		case 2:
			return f.Column(1).ValueStr(i)
		}
		var b []byte
		for k := 1; k < key; k++ {
			v := f.Column(k).ValueStr(i)
			b = append(strconv.AppendInt(b, int64(len(v)), 10), ':')
			b = append(b, v...)
		}
		return string(b)
	}
	for k := 1; k < key; k++ {
		if f.Schema().Fields[k].Name == frame.UniqueIdentifier {
			return combination, func(i int) string { return f.Column(k).ValueStr(i) }
		}
	}
	return combination, combination
}

// First returns the earliest time of some tails, and whether one of them has fewer rows than were asked for.
func First(tails []Tail, from int64, n int) (at int64, short bool) {
	at = from
	for _, t := range tails {
		at = min(at, t.First)
		short = short || t.Rows < n
	}
	return at, short
}

// own returns the time of the first of the last n rows of a node's identifiers before a time.
func (w *rangeWalk) own(n *Node, from int64, rows int) (int64, error) {
	if from == Beginning || rows == 0 || len(n.Key()) == 1 {
		return from, nil
	}
	if n = w.factsOf(n).like; len(n.Key()) == 1 {
		return from, nil
	}
	if w.factsOf(n).full {
		return w.back(n, from, rows)
	}
	q := question{n, from, rows}
	if at, ok := w.owned[q]; ok {
		return at, nil
	}
	at, err := w.ownOf(n, from, rows)
	if err == nil {
		w.owned[q] = at
	}
	return at, err
}

// ownOf asks the source of a node's rows.
func (w *rangeWalk) ownOf(n *Node, from int64, rows int) (int64, error) {
	if !w.stored(n) {
		return w.search(w.grid.(Counter), n, from, rows)
	}
	tails, err := w.grid.Own(w.ctx, n, from, w.end, rows)
	at, _ := First(tails, from, rows)
	return at, err
}

// search is own for a node whose rows nothing tells but computing it, from further and further back, until each identifier has as many or no rows
// before.
func (w *rangeWalk) search(c Counter, n *Node, from int64, rows int) (int64, error) {
	return w.remembered(c, n, asked{before: from, end: w.end, rows: rows, own: true}, func(w *rangeWalk) (int64, error) {
		for k := rows; ; k *= 2 {
			at, all, err := w.reach(c, n, from, k)
			if err != nil {
				return 0, err
			}
			f, sources, err := w.computed(c, n, at, w.end)
			switch {
			case errors.Is(err, ErrUncountable):
				return w.own(n.Inputs[0].Nodes[0], from, rows)
			case err != nil:
				return 0, err
			}
			tails := TailsOf(f, from, rows)
			first, short := First(tails, from, rows)
			if short && !all && k <= math.MaxInt/4 {
				if short, err = w.mayGoOn(tails, rows, sources); err != nil {
					return 0, err
				}
				if short {
					continue
				}
			}
			return first, nil
		}
	})
}

// mayGoOn reports whether an identifier that lacks rows may have some before those that were computed: where a table that the node is made from has
// rows of it before what was read, or no table knows of it.
func (w *rangeWalk) mayGoOn(tails []Tail, rows int, sources map[*Node]Range) (bool, error) {
	more, known := map[string]bool{}, map[string]bool{}
	for n, r := range sources {
		if r.From == Beginning || !slices.Contains(n.Key(), frame.UniqueIdentifier) {
			continue
		}
		before, err := w.grid.Own(w.ctx, n, r.From, w.end, 1)
		if err != nil {
			return false, err
		}
		for _, t := range before {
			known[t.ID] = true
			more[t.ID] = more[t.ID] || t.Rows > 0
		}
	}
	return slices.ContainsFunc(tails, func(t Tail) bool { return t.Rows < rows && (more[t.ID] || !known[t.ID]) }), nil
}

// code needs the inputs of a node whose code sees all rows it is given.
func (w *rangeWalk) code(n *Node, from int64) error {
	rows := n.Params.Int("lookback")
	begin, err := w.back(n.Inputs[0].Nodes[0], from, rows)
	if err != nil {
		return err
	}
	first, own := begin, make([]int64, len(n.Inputs))
	for i, in := range n.Inputs {
		if own[i], err = w.own(in.Nodes[0], from, rows); err != nil {
			return err
		}
		if n.AsOf(in.Role) == nil {
			first = min(first, own[i])
		}
	}
	for i, in := range n.Inputs {
		r := Range{From: min(begin, own[i])}
		if a := n.AsOf(in.Role); a != nil {
			r = Range{From: min(first, own[i]), AsOf: true}
			if a.MaxAge > 0 && !w.stored(in.Nodes[0]) && r.From != Beginning {
				r = Range{From: min(first-a.MaxAge, own[i])}
			}
		}
		w.need(in.Nodes[0], r)
	}
	return nil
}

// From returns the time from which a sql, python or command node that is needed from a time reads all rows of its inputs: its lookback on the grid of the
// first one. The plan is of targets over [start, end); cut and g are as for Ranges.
func From(ctx context.Context, n *Node, from int64, cut map[Hash]bool, start, end int64, g Grid) (int64, error) {
	w := newWalk(ctx, cut, start, end, g)
	defer w.rest()
	return w.back(n.Inputs[0].Nodes[0], from, n.Params.Int("lookback"))
}
