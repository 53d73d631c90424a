package allocate

import (
	"math"
	"slices"
)

// divide gives a side's members their weights.
func (r Rule) divide(members []member, all []Candidate, sign, gross float64, weights []float64, notes *Notes) {
	members = r.shares(members, all, notes)
	if len(members) == 0 {
		return
	}
	groups := r.split(members)
	rest := 0.0
	for _, g := range groups {
		rest += r.fill(g, gross/float64(len(groups)))
	}
	for len(groups) > 1 && rest > 0 {
		left := r.spread(members, rest)
		if !(left < rest) {
			break
		}
		rest = left
	}
	if rest > 1e-12*gross {
		notes.Uncapped++
	}
	for _, m := range members {
		weights[m.at] = sign * m.share
	}
}

// split returns the side's members by group, all of them as one where the rule knows no groups. The
// slices share the members' memory.
func (r Rule) split(members []member) [][]member {
	if !r.Within {
		return [][]member{members}
	}
	slices.SortStableFunc(members, func(a, b member) int {
		switch {
		case a.group < b.group:
			return -1
		case a.group > b.group:
			return 1
		}
		return 0
	})
	var out [][]member
	for from := 0; from < len(members); {
		to := from
		for to < len(members) && members[to].group == members[from].group {
			to++
		}
		out = append(out, members[from:to])
		from = to
	}
	return out
}

// shares sets what each member's weight is in proportion to, and leaves out who has none.
func (r Rule) shares(members []member, all []Candidate, notes *Notes) []member {
	var out []member
	for _, m := range members {
		switch m.share = 1; r.Weighting {
		case ByValue:
			m.share = math.Abs(m.strength)
			if m.strength < 0 {
				notes.Opposed++
				continue
			}
		case ByInverse:
			v := all[m.at].Volatility
			if !(v > 0) {
				notes.Opposed++
				continue
			}
			m.share = 1 / v
		}
		out = append(out, m)
	}
	if r.Weighting == ByRank {
		for _, g := range r.split(out) {
			rank(g)
		}
	}
	return out
}

// rank sets shares of 1 to m by strength, equal ones the mean.
func rank(members []member) {
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case members[a].strength < members[b].strength:
			return -1
		case members[a].strength > members[b].strength:
			return 1
		}
		return 0
	})
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && members[order[j]].strength == members[order[i]].strength {
			j++
		}
		for _, at := range order[i:j] {
			members[at].share = float64(i+j+1) / 2
		}
		i = j
	}
}

// fill scales shares to a total, none above the largest weight: the excess goes to the others in
// proportion, and what finds no room is returned.
func (r Rule) fill(members []member, total float64) (rest float64) {
	sum := 0.0
	for _, m := range members {
		sum += m.share
	}
	if !(sum > 0) {
		for i := range members {
			members[i].share = 0
		}
		return total
	}
	for i := range members {
		members[i].share *= total / sum
	}
	if r.MaxWeight <= 0 {
		return 0
	}
	for {
		cut := 0.0
		for i := range members {
			if over := members[i].share - r.MaxWeight; over > 0 {
				members[i].share = r.MaxWeight
				cut += over
			}
		}
		if cut == 0 {
			return 0
		}
		if left := r.spread(members, cut); left > 0 {
			return left
		}
	}
}

// spread adds to the members below the largest weight in proportion to what they have, and returns
// what none of them can take.
func (r Rule) spread(members []member, more float64) (rest float64) {
	open := 0.0
	for _, m := range members {
		if m.share < r.MaxWeight {
			open += m.share
		}
	}
	if !(open > 0) {
		return more
	}
	for i := range members {
		if members[i].share < r.MaxWeight {
			members[i].share += more * members[i].share / open
			if over := members[i].share - r.MaxWeight; over > 0 {
				members[i].share = r.MaxWeight
				rest += over
			}
		}
	}
	if rest > 0 {
		return r.spread(members, rest)
	}
	return 0
}
