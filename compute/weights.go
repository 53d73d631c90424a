package compute

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tdlake/tdlake/compute/allocate"
	"github.com/tdlake/tdlake/compute/formula"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// weights chooses members and their weights at each rebalance: a row for every identifier of the input then, zeros
// included, from the first time on at which any has a signal.
func (e *Engine) weights(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	in, err := e.evalAll(ctx, n.In("input"))
	if err != nil {
		return nil, err
	}
	var out *Result
	err = e.inSlot(ctx, func() error {
		a, err := newAllocation(n, in[0].Frame())
		if err != nil {
			return err
		}
		f, notes, err := a.frame(e.span(r))
		if err != nil {
			return err
		}
		out = ofFrame(f)
		out.warnings = weightsWarnings(notes)
		return nil
	})
	if err != nil {
		return nil, err
	}
	e.tell(n, out.warnings)
	out.warnings = union(warningsOf(in), out.warnings)
	return out, nil
}

// weightsWarnings says what a user should know of how weights were made.
func weightsWarnings(notes allocate.Notes) (warnings []string) {
	for _, note := range []struct {
		count int
		text  string
	}{
		{notes.Both, "candidates would have been long and short at once, and were neither: ask for fewer on each side"},
		{notes.Opposed, "members were left out: their signal has the sign of the other side, or their volatility is missing or not above 0"},
		{notes.Ungrouped, "candidates had no group, and were left out"},
		{notes.Fewer, "sides had fewer candidates than asked for, and took all"},
		{notes.Uncapped, "sides or weights were cut by max_weight, and a part of them stayed cash"},
	} {
		if note.count > 0 {
			warnings = append(warnings, fmt.Sprintf("%d %s", note.count, note.text))
		}
	}
	return warnings
}

// allocation is a node of weights over its input's rows.
type allocation struct {
	*gridded
	rule                      allocate.Rule
	rebalance                 graph.Rebalance
	zone                      *time.Location
	signal, group, volatility [][]float64
}

func newAllocation(n *graph.Node, f *frame.Frame) (*allocation, error) {
	g, err := newGridded(f, formula.NewWords())
	if err != nil {
		return nil, err
	}
	p := n.Params
	a := &allocation{gridded: g, rebalance: graph.RebalanceOf(p)}
	if a.zone, err = time.LoadLocation(p.String("timezone")); err != nil {
		return nil, err
	}
	if a.signal, err = g.numbers(p.String("column"), "signal"); err != nil {
		return nil, err
	}
	r := &a.rule
	r.Long, r.Short = sideOfRule(graph.SideOf(p, "long")), sideOfRule(graph.SideOf(p, "short"))
	r.GrossLong, r.GrossShort = graph.GrossOf(p)
	r.MaxWeight = p.Float("max_weight")
	switch weighting := p.String("weighting"); weighting {
	case "rank":
		r.Weighting = allocate.ByRank
	case "value":
		r.Weighting = allocate.ByValue
	case "given":
		r.Weighting = allocate.Given
	case "equal":
	default:
		r.Weighting = allocate.ByInverse
		if a.volatility, err = g.numbers(strings.TrimPrefix(weighting, "inverse_volatility "), ""); err != nil {
			return nil, err
		}
	}
	if within := p.String("within"); within != "" {
		r.Within = true
		c, ok := g.columns[within]
		if !ok {
			return nil, fmt.Errorf("within: there is no column %s (columns: %s)", within, strings.Join(g.order, ", "))
		}
		a.group = c.Data
	}
	return a, nil
}

func sideOfRule(s graph.Side) allocate.Side {
	choice := map[string]allocate.Choice{"all": allocate.Everybody, "first": allocate.First, "share": allocate.Share, "beyond": allocate.Beyond}[s.Choice]
	return allocate.Side{Chosen: choice, Number: s.Number}
}

// numbers returns a column of numbers or conditions: the one named, else the usual one, else the only one.
func (g *gridded) numbers(named, usual string) ([][]float64, error) {
	var found []string
	for _, name := range g.order {
		if t := g.columns[name].Type; t == frame.Float64 || t == frame.Int64 || t == frame.Bool {
			found = append(found, name)
		}
	}
	switch {
	case named == "" && slices.Contains(found, usual):
		named = usual
	case named == "" && len(found) == 1:
		named = found[0]
	case named == "":
		return nil, fmt.Errorf("the input has %d columns of numbers or conditions (%s): name one with `column`", len(found), strings.Join(found, ", "))
	case !slices.Contains(found, named):
		return nil, fmt.Errorf("there is no column %s of numbers or conditions (there are: %s)", named, strings.Join(found, ", "))
	}
	return g.columns[named].Data, nil
}

// frame makes the rows of a span. Weights that are counted, or follow changes, begin with the date range; what is to be
// noted is of its rows.
func (a *allocation) frame(s span) (*frame.Frame, allocate.Notes, error) {
	b := frame.NewBuilder(frame.Long("weight"))
	var total allocate.Notes
	var last []float64
	begun := false
	for _, k := range a.rebalances(s) {
		members, candidates := a.at(k)
		begun = begun || slices.ContainsFunc(candidates, func(c allocate.Candidate) bool { return c.Signal == c.Signal })
		if !begun {
			continue
		}
		weights, notes := a.rule.Weigh(candidates)
		if a.rebalance.Every == "changes" {
			whole := a.onAll(members, weights)
			if last != nil && slices.EqualFunc(last, whole, sameSign) {
				continue
			}
			last = whole
		}
		if a.times[k] >= s.start {
			total.Add(notes)
		}
		for i, id := range members {
			b.Time(0, a.times[k])
			b.String(1, a.ids[id])
			b.Float(2, weights[i])
		}
	}
	f, err := b.Take()
	return f, total, err
}

func sameSign(a, b float64) bool { return (a > 0) == (b > 0) && (a < 0) == (b < 0) }

// at lists who has a row at a time.
func (a *allocation) at(k int) (members []int, candidates []allocate.Candidate) {
	for id := range a.ids {
		if a.has != nil && !a.has[id][k] {
			continue
		}
		c := allocate.Candidate{Signal: a.signal[id][k], Group: math.NaN(), Volatility: math.NaN()}
		if a.group != nil {
			c.Group = a.group[id][k]
		}
		if a.volatility != nil {
			c.Volatility = a.volatility[id][k]
		}
		members, candidates = append(members, id), append(candidates, c)
	}
	return members, candidates
}

func (a *allocation) onAll(members []int, weights []float64) []float64 {
	whole := make([]float64, len(a.ids))
	for i, id := range members {
		whole[id] = weights[i]
	}
	return whole
}

// rebalances lists the rows of a span at which weights are made.
func (a *allocation) rebalances(s span) []int {
	from, _ := slices.BinarySearch(a.times, s.from)
	end, _ := slices.BinarySearch(a.times, s.end)
	begin, _ := slices.BinarySearch(a.times, s.start)
	var out []int
	for k := from; k < end; k++ {
		if a.isRebalance(k, begin) {
			out = append(out, k)
		}
	}
	return out
}

func (a *allocation) isRebalance(k, begin int) bool {
	switch a.rebalance.Every {
	case "every_row":
		return true
	case "changes":
		return k >= begin
	case "rows":
		return k >= begin+a.rebalance.Offset && (k-begin-a.rebalance.Offset)%a.rebalance.Rows == 0
	}
	every := a.rebalance.Every
	return k == 0 || graph.Period(a.times[k], every, a.zone) != graph.Period(a.times[k-1], every, a.zone)
}
