package compute

import (
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/graph"
)

// Rows of the grid are those of all identifiers together, so one whose days are not the others' has missing values between its own, and loses what is
// computed over several rows. Who loses how much is told.

// tooMany is the share of its values that an identifier may lose without a word, as by a day on which it was not traded.
const tooMany = 0.05

// loss is what an identifier would have, were its own rows counted, and what it lacks of that.
type loss struct {
	id        string
	lost, all int
}

// lost tells which identifiers lose values of a node because rows are counted on the grid.
func (e *Engine) lost(n *graph.Node, in *Result) ([]string, error) {
	p := n.Params
	if e.options.Warn == nil || p.OwnRows() || n.Kind.Name != graph.KindReturns && n.Kind.Name != graph.KindLag && n.Kind.Name != graph.KindRolling {
		return nil, nil
	}
	panel, err := in.Panel()
	if err != nil || len(panel.IDs) < 2 {
		return nil, err
	}
	grid := panel.Data[0]
	if n.Kind.Name != graph.KindLag {
		if _, grid, err = oneColumn(panel, p.String("column"), ""); err != nil {
			return nil, err
		}
	}
	need, least := neededRows(n)
	var losses []loss
	for j, id := range panel.IDs {
		l := loss{id: id}
		for i, lost := range lostRows(grid[j], need, least) {
			if at := panel.Times[i]; lost != unasked && at >= e.start {
				l.all++
				if lost == yes {
					l.lost++
				}
			}
		}
		if float64(l.lost) > tooMany*float64(l.all) {
			losses = append(losses, l)
		}
	}
	if len(losses) > 0 {
		return []string{fmt.Sprintf("rows are counted on the times of all identifiers, so %s\nhint: %s counts each identifier's own rows", tellLosses(losses), ownRowsOption(n))}, nil
	}
	return nil, nil
}

// ownRowsOption is what to write for own rows.
func ownRowsOption(n *graph.Node) string {
	if n.Kind.Name == graph.KindLag && n.Params.LagRows() > 1 {
		return fmt.Sprintf("rows: own, periods: %d", n.Params.LagRows())
	}
	return "rows: own"
}

// neededRows returns how many rows a value is made of, and how many of them must not be missing: of a difference both ends.
func neededRows(n *graph.Node) (rows, least int) {
	p := n.Params
	switch {
	case n.Kind.Name == graph.KindReturns:
		return p.Int("periods") + 1, ends
	case n.Kind.Name == graph.KindLag:
		return p.LagRows() + 1, ends
	case p.Has("min_periods"):
		return p.Int("in_window"), p.Int("min_periods")
	}
	return p.Int("in_window"), p.Int("in_window")
}

const ends = 0 // of a window, its first and last row must not be missing

const (
	unasked int8 = iota // there is no value, or not enough rows of it yet
	no
	yes
)

// lostRows says of each row whether a value is lost there that the identifier's own rows would give.
func lostRows(values []float64, need, least int) []int8 {
	out := make([]int8, len(values))
	seen, within := 0, 0
	for i, v := range values {
		if i >= need && known(values[i-need]) {
			within--
		}
		if !known(v) {
			continue
		}
		seen++
		within++
		switch {
		case seen < need:
		case least == ends && known(values[i-need+1]), least != ends && within >= least:
			out[i] = no
		default:
			out[i] = yes
		}
	}
	return out
}

func tellLosses(losses []loss) string {
	const most = 5
	var told []string
	for _, l := range losses[:min(most, len(losses))] {
		told = append(told, fmt.Sprintf("%s loses %d of %d values", l.id, l.lost, l.all))
	}
	if more := len(losses) - most; more > 0 {
		told = append(told, fmt.Sprintf("%d more identifiers lose some", more))
	}
	return strings.Join(told, ", ")
}

// unbroken is how many values a column has, and how many at most one after the other.
type unbroken struct{ values, longest int }

func unbrokenOf(column []float64) unbroken {
	var s unbroken
	run := 0
	for _, v := range column {
		if v != v {
			run = 0
			continue
		}
		run++
		s.values++
		s.longest = max(s.longest, run)
	}
	return s
}

// never reports whether a column has enough values for a window, and no window without a gap.
func (s unbroken) never(window int) bool { return s.longest < window && window <= s.values }

// gaps tells whose gaps leave a regression without rows, or without a feature.
func (d *design) gaps(n *graph.Node) []string {
	window, ticker := n.Params.Int("in_window"), n.Params.String("ticker_to_replicate")
	if d.target.never(window) {
		return []string{fmt.Sprintf("it has no rows: every window lacks a return of %s, which has %d\nhint: rows: own counts the rows at which %s has a return", ticker, d.target.values, ticker)}
	}
	var gone []string
	for j, s := range d.unbroken {
		if s.never(window) {
			gone = append(gone, d.columns[j])
		}
	}
	if len(gone) > 0 {
		return []string{fmt.Sprintf("members of the universe that are no feature at any time, since every window lacks one of their returns: %s\nhint: interpolate the prices (method: previous), so that each member has a return at every time",
			strings.Join(gone, ", "))}
	}
	return nil
}
