package graph

import "time"

// signals adds what a node of weights needs: whether a row is the first of its period shows in the row before; weights that
// are counted, or follow changes, begin with the date range.
func (w *rangeWalk) signals(n *Node, r Range) error {
	from := r.From
	switch RebalanceOf(n.Params).Every {
	case "every_row":
	case "rows", "changes":
		from = max(from, w.start)
	default:
		return w.rows(n, "input", from, 1)
	}
	w.need(n.In("input")[0], Range{From: from})
	return nil
}

// held adds what a portfolio needs, which begins with the date range: the returns, and each node's weights as of the time
// that is its delay before the first row.
func (w *rangeWalk) held(n *Node, r Range) error {
	returns := n.In("returns")[0]
	at, err := w.back(returns, w.start, max(1, n.Params.Int("delay")))
	if err != nil {
		return err
	}
	w.need(returns, Range{From: at})
	for _, h := range Holdings(n) {
		from, err := w.asOf(h.Node, at)
		if err != nil {
			return err
		}
		w.need(h.Node, from)
	}
	return nil
}

// asOf is the range that has a node's last rows at or before a time.
func (w *rangeWalk) asOf(n *Node, t int64) (Range, error) {
	switch {
	case w.stored(n):
		return Range{From: t, AsOf: true}, nil
	case FromStart(n):
		return Range{From: w.start}, nil
	case n.Kind.Name == KindWeights && RebalanceOf(n.Params).Every != "every_row":
		zone, err := time.LoadLocation(n.Params.String("timezone"))
		if err != nil || t == Beginning {
			return Range{From: t}, err
		}
		every := RebalanceOf(n.Params).Every
		return Range{From: Period(Period(t, every, zone)-1, every, zone)}, nil
	}
	from, err := w.back(n, t+1, 1)
	return Range{From: from}, err
}
