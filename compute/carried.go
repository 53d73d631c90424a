package compute

import (
	"fmt"
	"math"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// carriedOn says who is carried on although nothing is heard of them any more, as of a share that is delisted: rows at which an identifier has a value
// after its last observation, where that silence is longer than ten rows and than twice its longest silence before, within the date range. Whoever is
// observed less than twice there is compared with the median of the others, so that yearly values, of which all are carried on, are none.
func carriedOn(observed, out *frame.Panel, s span) []string {
	from, _ := slices.BinarySearch(observed.Times, s.start)
	heard, longest := make([]int64, len(out.IDs)), make([]int64, len(out.IDs)) // last observation, longest silence
	var usual []int64
	for j, id := range out.IDs {
		heard[j], longest[j] = silence(observed, observed.ID(id), from)
		if longest[j] > 0 {
			usual = append(usual, longest[j])
		}
	}
	if len(usual) == 0 {
		return nil
	}
	slices.Sort(usual)
	made := tally{}
	for j, id := range out.IDs {
		before := longest[j]
		if before == 0 {
			before = usual[len(usual)/2]
		}
		first, _ := slices.BinarySearch(out.Times, max(heard[j]+1, s.start))
		end, _ := slices.BinarySearch(out.Times, s.end)
		if end-first <= 10 || out.Times[end-1]-max(heard[j], s.start) <= 2*before {
			continue
		}
		for i := first; i < end; i++ {
			if hasValue(out, j, i) {
				made.add(id, out.Times[i])
			}
		}
	}
	if made.rows() == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s made of values that are not observed any more (max_gap: 5d ends them): %s", counted(made.rows(), "row is", "rows are"), made)}
}

// silence returns when an identifier was last observed, and the longest time between two observations from a row on; 0 for fewer than two.
func silence(p *frame.Panel, j, from int) (last, longest int64) {
	last = math.MinInt64
	if j < 0 {
		return last, 0
	}
	for i, t := range p.Times {
		if !hasValue(p, j, i) {
			continue
		}
		if last != math.MinInt64 && last >= p.Times[min(from, len(p.Times)-1)] {
			longest = max(longest, t-last)
		}
		last = t
	}
	return last, longest
}

func hasValue(p *frame.Panel, j, i int) bool {
	return slices.ContainsFunc(p.Data, func(column [][]float64) bool { return column[j][i] == column[j][i] })
}
