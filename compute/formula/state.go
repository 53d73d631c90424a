package formula

import (
	"math"

	"github.com/tdlake/tdlake/graph/expression"
)

// state evaluates an operation that looks for the latest event of the last n rows. A missing
// condition is no event. It returns how many positions ended because their event left the window.
func (r *row) state(o expression.Op, out []float64) (expired int) {
	n := int(o.Numbers[0])
	c := r.values[o.Args[0]]
	switch o.Code {
	case "rows_since":
		rowsSince(c, n, out)
	case "latch":
		return latch(c, r.values[o.Args[1]], n, out)
	case "at_last":
		atLast(c, r.values[o.Args[1]], n, out)
	default:
		since(c, r.values[o.Args[1]], n, o.Code == "max_since", out)
	}
	return 0
}

// none stands for an event that never was.
const none = math.MinInt / 2

// rowsSince looks n rows beyond its own.
func rowsSince(c []float64, n int, out []float64) {
	last := none
	for i, v := range c {
		if v == 1 {
			last = i
		}
		out[i] = math.NaN()
		if i-last <= n {
			out[i] = float64(i - last)
		}
	}
}

func latch(enter, exit []float64, n int, out []float64) (expired int) {
	last, open := none, false
	for i, v := range enter {
		if v == 1 || exit[i] == 1 {
			last, open = i, v == 1 && exit[i] != 1
		}
		if open && i-last == n {
			expired++
		}
		out[i] = truth(open && i-last < n)
	}
	return expired
}

func atLast(c, x []float64, n int, out []float64) {
	last := none
	for i, v := range c {
		if v == 1 {
			last = i
		}
		out[i] = math.NaN()
		if i-last < n {
			out[i] = x[last]
		}
	}
}

func since(c, x []float64, n int, largest bool, out []float64) {
	last, best := none, math.NaN()
	for i, v := range c {
		if v == 1 {
			last, best = i, math.NaN()
		}
		if a := x[i]; missing(best) || largest && a > best || !largest && a < best {
			best = a
		}
		out[i] = math.NaN()
		if i-last < n {
			out[i] = best
		}
	}
}
