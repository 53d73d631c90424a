package formula

import (
	"math"
	"slices"

	"github.com/tdlake/tdlake/graph/expression"
	"github.com/tdlake/tdlake/internal/exact"
)

// member is one identifier's value at a time.
type member struct {
	id    int
	value float64
}

// across evaluates an operation over all identifiers, time by time.
type across struct {
	op        expression.Op
	x         [][]float64
	by        [][]float64 // nil: one group
	keep      [][]float64 // nil: all rows count
	has       [][]bool    // nil: every identifier has a row at every time
	condition bool        // x is a condition
	out       [][]float64
	members   []member
	groups    map[float64][]member
}

// run does the times from one to another. Where a row does not count, or has no group, its value is
// missing; so it is where x is, but for sums and means, which every row of the group shows.
func (a *across) run(from, to int) {
	a.groups = map[float64][]member{}
	for t := from; t < to; t++ {
		for _, members := range a.gather(t) {
			a.evaluate(t, members)
		}
	}
}

// gather returns the members of each group at a time; within a group identifiers are in order.
func (a *across) gather(t int) [][]member {
	a.members = a.members[:0]
	for key := range a.groups {
		a.groups[key] = a.groups[key][:0]
	}
	for id := range a.x {
		a.out[id][t] = math.NaN()
		if a.keep != nil && a.keep[id][t] != 1 || a.has != nil && !a.has[id][t] {
			continue
		}
		m := member{id, a.x[id][t]}
		if a.by == nil {
			a.members = append(a.members, m)
			continue
		}
		if group := a.by[id][t]; !missing(group) {
			a.groups[group] = append(a.groups[group], m)
		}
	}
	if a.by == nil {
		return [][]member{a.members}
	}
	var all [][]member
	for _, members := range a.groups {
		if len(members) > 0 {
			all = append(all, members)
		}
	}
	return all
}

// evaluate does one group: whoever has a value takes part.
func (a *across) evaluate(t int, all []member) {
	present := make([]member, 0, len(all))
	for _, m := range all {
		if !missing(m.value) {
			present = append(present, m)
		}
	}
	set := func(m member, v float64) { a.out[m.id][t] = finite(v) }
	switch a.op.Code {
	case "rank":
		ranks(present, func(m member, rank float64) { set(m, rank/float64(len(present))) })
	case "quantile_of":
		k := a.op.Numbers[0]
		ranks(present, func(m member, rank float64) { set(m, math.Ceil(rank*k/float64(len(present)))) })
	case "sum_across", "mean_across", "count_across":
		v := a.total(present)
		for _, m := range all {
			set(m, v)
		}
	default:
		a.center(present, set)
	}
}

func (a *across) total(present []member) float64 {
	switch {
	case a.op.Code == "count_across" && a.condition:
		return sumOf(present)
	case a.op.Code == "count_across":
		return float64(len(present))
	case len(present) == 0:
		return math.NaN()
	case a.op.Code == "mean_across":
		return meanOf(present)
	}
	return sumOf(present)
}

// center evaluates what compares a value with its group.
func (a *across) center(present []member, set func(m member, v float64)) {
	var shift, scale float64
	switch a.op.Code {
	case "demean":
		shift, scale = meanOf(present), 1
	case "zscore":
		shift, scale = meanOf(present), deviationOf(present)
	case "scale":
		for _, m := range present {
			scale += math.Abs(m.value)
		}
	case "winsorize":
		winsorize(present, a.op.Numbers[0], set)
		return
	}
	for _, m := range present {
		set(m, (m.value-shift)/scale)
	}
}

func winsorize(present []member, p float64, set func(m member, v float64)) {
	if len(present) == 0 {
		return
	}
	sorted := make([]float64, len(present))
	for i, m := range present {
		sorted[i] = m.value
	}
	slices.Sort(sorted)
	low, high := quantile(sorted, p), quantile(sorted, 1-p)
	for _, m := range present {
		set(m, math.Min(math.Max(m.value, low), high))
	}
}

// ranks tells each member's rank, from 1; equal ones share the mean.
func ranks(present []member, tell func(m member, rank float64)) {
	order := slices.Clone(present)
	slices.SortFunc(order, func(a, b member) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return a.id - b.id
	})
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && order[j].value == order[i].value {
			j++
		}
		for _, m := range order[i:j] {
			tell(m, float64(i+j+1)/2)
		}
		i = j
	}
}

// sumOf adds exactly: groups may be met in any order.
func sumOf(members []member) float64 {
	var s exact.Sum
	for _, m := range members {
		s.Add(m.value)
	}
	return s.Value()
}

// meanOf is the mean, exactly that of equal values.
func meanOf(members []member) float64 {
	if len(members) == 0 {
		return math.NaN()
	}
	var s exact.Sum
	for _, m := range members {
		s.Add(m.value)
	}
	return s.Over(len(members))
}

// deviationOf has ddof 1; it is missing where all are equal.
func deviationOf(members []member) float64 {
	mean := meanOf(members)
	var squares float64
	same := true
	for _, m := range members {
		d := m.value - mean
		squares += float64(d * d)
		same = same && m.value == members[0].value
	}
	if same || len(members) < 2 {
		return math.NaN()
	}
	return math.Sqrt(squares / float64(len(members)-1))
}
