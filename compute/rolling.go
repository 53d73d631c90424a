package compute

import (
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// rolling is a statistic of each identifier over the last in_window rows, of the grid or its own, up to and including the row. Missing
// values are passed over; a row with fewer than min_periods values is missing.
//
//	sum, mean, min, max
//	std     square root of the sum of squared deviations over (values - ddof)
//	zscore  (last value - mean) / std; missing where the last value is, or std is 0
//	ewm     mean weighted by 0.5^(age/halflife), age in rows
//
// What has left the window leaves nothing behind, however large it was: sums and means are exact but for a last rounding, the others never take from a sum.
// State of those restarts at the first row, of the grid or the identifier's own, of each UTC month, as in package regress: the bits of a row depend on the rows from the
// first window of its month on, not on where the history begins.
func rolling(in *Result, p graph.Params, s span) (*Result, error) {
	panel, err := in.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(panel, p.String("column"), "")
	if err != nil {
		return nil, err
	}
	function := p.String("function")
	out := frame.NewPanel(panel.Times, panel.IDs, function)
	var starts []int
	if !p.OwnRows() {
		starts = restarts(function, panel.Times)
	}
	alongRows(in, panel, p.OwnRows(), grid, out.Data[0], func(times []int64, values, out []float64) {
		of := starts
		if of == nil {
			of = restarts(function, times)
		}
		roll(newStatistic(p), p, values, of, out)
	})
	return ofPanel(out.Between(s.from, s.end)), nil
}

// restarts returns the rows at which a statistic's state restarts: the first one alone where no bit depends on it.
func restarts(function string, times []int64) []int {
	switch function {
	case "sum", "mean", "min", "max":
		return []int{0}
	}
	return monthStarts(times)
}

// roll writes a statistic of each window of values that is complete.
func roll(stat statistic, p graph.Params, values []float64, starts []int, out []float64) {
	size := p.Int("in_window")
	least := size
	if p.Has("min_periods") {
		least = p.Int("min_periods")
	}
	next := 0 // of starts
	for t := size - 1; t < len(values); t++ {
		restart := t == size-1
		for ; next < len(starts) && starts[next] <= t; next++ {
			restart = true
		}
		if restart {
			stat.restart(values[t-size+1 : t+1])
		} else {
			stat.advance(values[t-size : t+1])
		}
		if stat.count() >= max(1, least) {
			out[t] = finite(stat.value())
		}
	}
}

// monthStarts returns the first row of each UTC month.
func monthStarts(times []int64) []int {
	var starts []int
	last := -1
	for i, us := range times {
		at := time.UnixMicro(us).UTC()
		if m := at.Year()*12 + int(at.Month()); m != last {
			starts, last = append(starts, i), m
		}
	}
	return starts
}

// statistic is rolled along one identifier's values. Missing values are NaN.
type statistic interface {
	restart(window []float64) // the first window
	advance(values []float64) // the window before and one value more: values[0] goes out, the last comes in
	count() int               // values in the window
	value() float64
}

func newStatistic(p graph.Params) statistic {
	switch function, size := p.String("function"), p.Int("in_window"); function {
	case "sum", "mean":
		return &total{mean: function == "mean"}
	case "std", "zscore":
		return newSpread(size, function == "zscore", p.Int("ddof"))
	case "min":
		return &extreme{better: func(a, b float64) bool { return a <= b }}
	case "max":
		return &extreme{better: func(a, b float64) bool { return a >= b }}
	default:
		return newDecay(size, p.Float("halflife"))
	}
}

// extreme is a smallest or largest value: a queue of the values that may still become it.
type extreme struct {
	better func(a, b float64) bool
	queue  []aged
	clock  int
	n      int
}

type aged struct {
	at    int
	value float64
}

func (x *extreme) restart(window []float64) {
	x.queue, x.clock, x.n = x.queue[:0], 0, 0
	for _, v := range window {
		x.push(v)
	}
}

func (x *extreme) push(v float64) {
	x.clock++
	if !known(v) {
		return
	}
	x.n++
	for len(x.queue) > 0 && x.better(v, x.queue[len(x.queue)-1].value) {
		x.queue = x.queue[:len(x.queue)-1]
	}
	x.queue = append(x.queue, aged{x.clock, v})
}

func (x *extreme) advance(values []float64) {
	if known(values[0]) {
		x.n--
	}
	x.push(values[len(values)-1])
	if size := len(values) - 1; len(x.queue) > 0 && x.queue[0].at <= x.clock-size {
		x.queue = x.queue[1:]
	}
}

func (x *extreme) count() int     { return x.n }
func (x *extreme) value() float64 { return x.queue[0].value }
