package compute

import (
	"math"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// rolling is a statistic of each identifier over the last in_window rows of the grid up to and including the row. Missing
// values are passed over; a row with fewer than min_periods values is missing.
//
//	sum, mean, min, max
//	std     square root of the sum of squared deviations over (values - ddof)
//	zscore  (last value - mean) / std; missing where the last value is, or std is 0
//	ewm     mean weighted by 0.5^(age/halflife), age in rows
//
// State restarts at the first row of each UTC month, as in package regress: the bits of a row depend on the rows from the
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
	size := p.Int("in_window")
	function := p.String("function")
	minPeriods := size
	if p.Has("min_periods") {
		minPeriods = p.Int("min_periods")
	}
	out := frame.NewPanel(panel.Times, panel.IDs, function)
	starts := monthStarts(panel.Times)
	for j, values := range grid {
		stat := newStatistic(function, size, p)
		for k, start := range starts {
			anchor, end := max(start, size-1), len(panel.Times)
			if k+1 < len(starts) {
				end = starts[k+1]
			}
			for t := anchor; t < end; t++ {
				if t == anchor {
					stat.restart(values[t-size+1 : t+1])
				} else {
					stat.advance(values[t-size : t+1])
				}
				if stat.count() >= max(1, minPeriods) {
					out.Data[0][j][t] = finite(stat.value())
				}
			}
		}
	}
	return ofPanel(out.Between(s.from, s.end)), nil
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

func newStatistic(function string, size int, p graph.Params) statistic {
	switch function {
	case "sum":
		return &moments{pick: func(m *moments) float64 { return m.sum + float64(float64(m.n)*m.shift) }}
	case "mean":
		return &moments{pick: (*moments).mean}
	case "std", "zscore":
		m := &moments{ddof: p.Int("ddof"), pick: (*moments).std}
		if function == "zscore" {
			m.pick = (*moments).zscore
		}
		return m
	case "min":
		return &extreme{better: func(a, b float64) bool { return a <= b }}
	case "max":
		return &extreme{better: func(a, b float64) bool { return a >= b }}
	default:
		return newDecay(size, p.Float("halflife"))
	}
}

// moments keeps the sums of values and squares, both less a shift that is chosen at each restart so that they stay small.
type moments struct {
	ddof         int
	pick         func(*moments) float64
	n            int
	shift        float64
	sum, squares float64
	peak         float64 // largest squares since the restart
	last         float64
}

func (m *moments) restart(window []float64) {
	m.n, m.shift = 0, 0
	for _, v := range window {
		if v == v {
			m.n++
			m.shift += v
		}
	}
	if m.n > 0 {
		m.shift /= float64(m.n)
	}
	m.sum, m.squares = 0, 0
	for _, v := range window {
		if v == v {
			m.sum += v - m.shift
			m.squares += float64((v - m.shift) * (v - m.shift))
		}
	}
	m.peak = m.squares
	m.last = window[len(window)-1]
}

// lost is how far the sum of squares may fall below its peak before what went out shows in what is left.
const lost = 1e-5

func (m *moments) advance(values []float64) {
	out, in := values[0], values[len(values)-1]
	m.last = in
	if in == in {
		m.n++
		m.sum += in - m.shift
		m.squares += float64((in - m.shift) * (in - m.shift))
		m.peak = max(m.peak, m.squares)
	}
	if out == out {
		m.n--
		m.sum -= out - m.shift
		m.squares -= float64((out - m.shift) * (out - m.shift))
	}
	centred := m.squares - float64(m.sum*m.sum)/float64(max(1, m.n))
	if centred < lost*m.peak {
		m.restart(values[1:])
	}
}

func (m *moments) count() int     { return m.n }
func (m *moments) value() float64 { return m.pick(m) }
func (m *moments) mean() float64  { return m.shift + m.sum/float64(m.n) }

func (m *moments) std() float64 {
	if m.n <= m.ddof {
		return math.NaN()
	}
	centred := m.squares - float64(m.sum*m.sum)/float64(m.n)
	return math.Sqrt(max(0, centred) / float64(m.n-m.ddof))
}

func (m *moments) zscore() float64 {
	std := m.std()
	if !(std > 0) {
		return math.NaN()
	}
	return (m.last - m.mean()) / std
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
	if v != v {
		return
	}
	x.n++
	for len(x.queue) > 0 && x.better(v, x.queue[len(x.queue)-1].value) {
		x.queue = x.queue[:len(x.queue)-1]
	}
	x.queue = append(x.queue, aged{x.clock, v})
}

func (x *extreme) advance(values []float64) {
	if values[0] == values[0] {
		x.n--
	}
	x.push(values[len(values)-1])
	if size := len(values) - 1; len(x.queue) > 0 && x.queue[0].at <= x.clock-size {
		x.queue = x.queue[1:]
	}
}

func (x *extreme) count() int     { return x.n }
func (x *extreme) value() float64 { return x.queue[0].value }

// decay is a mean whose weights halve every halflife rows.
type decay struct {
	keep, gone  float64 // the weight of one row's age, and of the whole window's
	sum, weight float64
	n           int
}

func newDecay(size int, halflife float64) *decay {
	keep := math.Pow(0.5, 1/halflife)
	return &decay{keep: keep, gone: math.Pow(keep, float64(size))}
}

func (d *decay) restart(window []float64) {
	d.sum, d.weight, d.n = 0, 0, 0
	for _, v := range window {
		d.push(v)
	}
}

func (d *decay) push(v float64) {
	d.sum *= d.keep
	d.weight *= d.keep
	if v == v {
		d.sum += v
		d.weight++
		d.n++
	}
}

func (d *decay) advance(values []float64) {
	d.push(values[len(values)-1])
	if out := values[0]; out == out {
		d.sum -= float64(d.gone * out)
		d.weight -= d.gone
		d.n--
	}
}

func (d *decay) count() int     { return d.n }
func (d *decay) value() float64 { return d.sum / d.weight }
