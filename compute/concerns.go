package compute

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// concerns says what of a regression's universe and target makes rows few, or none at all.
func (u *universe) concerns(n *graph.Node, d *design, strangers []string, target []float64, start int64) (all []string) {
	ticker := n.Params.String("ticker_to_replicate")
	say := func(format string, args ...any) {
		all = append(all, "replicating "+ticker+": "+fmt.Sprintf(format, args...))
	}
	if len(strangers) > 0 {
		say("%s: %s", counted(len(strangers), "member of the universe has no prices and is left out", "members of the universe have no prices and are left out"), strings.Join(strangers, ", "))
	}
	begin, _ := slices.BinarySearch(d.times, start)
	switch {
	case u.nobody != "":
		say("%s, so there are no rows", u.nobody)
	case len(d.columns) == 0:
		say("the universe has nobody beside it, and it is never its own feature: there are no rows")
	case u.dates[0] > start && begin < len(d.times) && d.times[begin] < u.dates[0]:
		say("the universe has no members before %s: there are no rows before that", showTime(u.dates[0]))
	}
	if first := firstValue(target); begin < len(d.times) && first > begin {
		if first == len(d.times) {
			say("it has no returns in the range: there are no rows")
		} else {
			say("its returns begin at %s, and rows when they fill a window", showTime(d.times[first]))
		}
	}
	return all
}

// firstValue is the place of the first value that isn't missing, the length where all are.
func firstValue(v []float64) int {
	if i := slices.IndexFunc(v, func(x float64) bool { return x == x }); i >= 0 {
		return i
	}
	return len(v)
}

// keepsNobody says of a condition that keeps no row what the values are that it looks at, where it is a plain one.
func keepsNobody(rows *frame.Frame, where string) string {
	said := fmt.Sprintf("the universe's condition %s keeps nobody", where)
	if rows.Rows() == 0 {
		return "the universe's node has no rows"
	}
	column, value, ok := duck.Equality(where)
	if !ok {
		return said
	}
	texts, ok := rows.Named(column).(*array.String)
	if !ok {
		return said
	}
	var known []string
	for i := range texts.Len() {
		if texts.IsValid(i) {
			known = append(known, texts.Value(i))
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	if near := graph.Nearest(value, known); near != "" {
		return fmt.Sprintf("%s (did you mean '%s'?)", said, near)
	}
	const most = 10
	more := ""
	if len(known) > most {
		more = fmt.Sprintf(" and %d more", len(known)-most)
	}
	return fmt.Sprintf("%s (%s is %s%s)", said, column, strings.Join(known[:min(most, len(known))], ", "), more)
}
