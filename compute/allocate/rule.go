package allocate

import (
	"math"
	"slices"
)

// Side says who is held on one side.
type Side struct {
	Chosen Choice
	Number float64 // of First: how many; of Share: the share of the candidates; of Beyond: the bound
}

// Choice is a way to choose members.
type Choice uint8

// The choices. The strongest of the long side have the largest signals, those of the short side the
// smallest.
const (
	Nobody Choice = iota
	Everybody
	First  // the Number strongest; all where there are fewer
	Share  // a share of the candidates, rounded down, at least one
	Beyond // above the bound on the long side, below it on the short one
)

// Weighting says how a side's gross is divided among its members.
type Weighting uint8

// The weightings.
const (
	Equal     Weighting = iota
	ByRank              // in proportion to 1..m, the strongest m, ties averaged
	ByValue             // in proportion to |signal|; whose sign opposes its side is left out
	Given               // the signal is the weight
	ByInverse           // in proportion to 1 / volatility; missing, 0 or less is no member
)

// Rule is how weights are made.
type Rule struct {
	Long, Short Side
	Weighting   Weighting
	GrossLong   float64
	GrossShort  float64
	MaxWeight   float64 // 0: none
	Within      bool    // choose and divide within groups
}

// Candidate is an identifier at one time. Candidates come in the order of their identifiers, which
// decides ties.
type Candidate struct {
	Signal     float64 // NaN: no candidate
	Group      float64 // NaN: none; such a candidate counts only where the rule is not within groups
	Volatility float64
}

// Notes count what a user should know.
type Notes struct {
	Both      int // candidates that were on both sides, and so on neither
	Opposed   int // members left out because their sign opposes their side, or their volatility is no size
	Ungrouped int // candidates without a group
	Fewer     int // sides that had fewer candidates than asked for
	Uncapped  int // sides of which a part stays cash because every member is at the largest weight
}

// Add adds counts.
func (n *Notes) Add(o Notes) {
	n.Both += o.Both
	n.Opposed += o.Opposed
	n.Ungrouped += o.Ungrouped
	n.Fewer += o.Fewer
	n.Uncapped += o.Uncapped
}

// member is a candidate on a side, by its place; strength is larger the better it fits the side.
type member struct {
	at       int
	strength float64
	group    float64
	share    float64
}

// Weigh returns a weight for each candidate, 0 for those that are not held; short weights are
// negative.
func (r Rule) Weigh(all []Candidate) ([]float64, Notes) {
	weights := make([]float64, len(all))
	var notes Notes
	if r.Weighting == Given {
		r.given(all, weights, &notes)
		return weights, notes
	}
	groups := r.groups(all, &notes)
	long := r.choose(r.Long, groups, all, 1, &notes)
	short := r.choose(r.Short, groups, all, -1, &notes)
	long, short = apart(long, short, &notes)
	r.divide(long, all, 1, r.GrossLong, weights, &notes)
	r.divide(short, all, -1, r.GrossShort, weights, &notes)
	return weights, notes
}

// given takes signals for weights, capped.
func (r Rule) given(all []Candidate, weights []float64, notes *Notes) {
	for i, c := range all {
		if c.Signal != c.Signal {
			continue
		}
		weights[i] = c.Signal
		if r.MaxWeight > 0 && math.Abs(c.Signal) > r.MaxWeight {
			weights[i] = math.Copysign(r.MaxWeight, c.Signal)
			notes.Uncapped++
		}
	}
}

// groups returns the candidates' places, group by group in the order of the groups' codes.
func (r Rule) groups(all []Candidate, notes *Notes) [][]int {
	by := map[float64][]int{}
	var keys []float64
	for i, c := range all {
		if c.Signal != c.Signal {
			continue
		}
		key := 0.0
		if r.Within {
			if key = c.Group; key != key {
				notes.Ungrouped++
				continue
			}
		}
		if by[key] == nil {
			keys = append(keys, key)
		}
		by[key] = append(by[key], i)
	}
	slices.Sort(keys)
	out := make([][]int, len(keys))
	for i, k := range keys {
		out[i] = by[k]
	}
	return out
}

// choose takes a side's members from every group. sign is 1 for the long side and -1 for the short.
func (r Rule) choose(s Side, groups [][]int, all []Candidate, sign float64, notes *Notes) []member {
	var out []member
	for _, group := range groups {
		members := make([]member, len(group))
		for i, at := range group {
			members[i] = member{at: at, strength: sign * all[at].Signal, group: all[at].Group}
		}
		slices.SortStableFunc(members, func(a, b member) int {
			switch {
			case a.strength > b.strength:
				return -1
			case a.strength < b.strength:
				return 1
			}
			return 0
		})
		out = append(out, members[:s.count(members, sign, notes)]...)
	}
	return out
}

// count returns how many of the members, the strongest first, a side takes.
func (s Side) count(members []member, sign float64, notes *Notes) int {
	switch s.Chosen {
	case Everybody:
		return len(members)
	case First:
		if int(s.Number) > len(members) {
			notes.Fewer++
		}
		return min(int(s.Number), len(members))
	case Share:
		return min(len(members), max(1, int(math.Floor(s.Number*float64(len(members))))))
	case Beyond:
		n := 0
		for n < len(members) && members[n].strength > sign*s.Number {
			n++
		}
		return n
	}
	return 0
}

// apart takes those out who are on both sides.
func apart(long, short []member, notes *Notes) (l, s []member) {
	on := map[int]bool{}
	for _, m := range long {
		on[m.at] = true
	}
	both := map[int]bool{}
	for _, m := range short {
		if on[m.at] {
			both[m.at] = true
		}
	}
	notes.Both += len(both)
	out := func(m member) bool { return both[m.at] }
	return slices.DeleteFunc(long, out), slices.DeleteFunc(short, out)
}
