package compute

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// interpolate carries each identifier's last value forward: onto the times at which anything was observed, or onto a
// regular grid (`every`, in `timezone`). A value older than max_gap is not carried. Nothing is taken from the future.
func interpolate(in *Result, p graph.Params, s span) (*Result, error) {
	observed, err := widen(in.Frame()) // in.Panel is kept, and what is read of a table is large
	if err != nil {
		return nil, err
	}
	held, err := heldBefore(in.before, observed.Names)
	if err != nil {
		return nil, err
	}
	maxGap := int64(math.MaxInt64)
	if p.Has("max_gap") {
		maxGap = p.Duration("max_gap").Elapsed()
	}
	times, err := targetTimes(observed.Times, lastOf(held), maxGap, p, s)
	if err != nil {
		return nil, err
	}
	ids := mergeIDs(observed.IDs, held)
	out := frame.NewPanel(times, ids, observed.Names...)
	for c := range observed.Names {
		for j, id := range ids {
			h := held[id]
			carry := carrier{maxGap: maxGap, value: math.NaN()}
			if h != nil {
				carry.value, carry.at = h[c].value, h[c].at
			}
			var col []float64
			if k := observed.ID(id); k >= 0 {
				col = observed.Data[c][k]
			}
			carry.fill(out.Data[c][j], times, col, observed.Times)
		}
	}
	res := ofPanel(out.Between(s.from, s.end))
	if !p.Has("max_gap") {
		res.warnings = carriedOn(observed, out, s)
	}
	return res, nil
}

// carrier is the last value seen and when.
type carrier struct {
	maxGap int64
	value  float64
	at     int64
}

// fill walks the target times, taking in every observation (nil for none) that is not after them.
func (c *carrier) fill(dst []float64, times []int64, col []float64, observed []int64) {
	next := 0
	for i, t := range times {
		for ; next < len(col) && observed[next] <= t; next++ {
			if v := col[next]; v == v {
				c.value, c.at = v, observed[next]
			}
		}
		if c.value == c.value && t-c.at <= c.maxGap {
			dst[i] = c.value
		}
	}
}

// observation is a value and when it was observed.
type observation struct {
	value float64
	at    int64
}

// heldBefore returns, for each identifier, the last value of each column before the rows begin. Missing is NaN.
func heldBefore(before *frame.Frame, names []string) (map[string][]observation, error) {
	held := map[string][]observation{}
	if before == nil {
		return held, nil
	}
	ids, ok := before.Named(frame.UniqueIdentifier).(*array.String)
	if !ok {
		return nil, fmt.Errorf("no column %s", frame.UniqueIdentifier)
	}
	times := before.Times()
	for c, name := range names {
		vals, err := before.Floats(name)
		if err != nil {
			return nil, err
		}
		for i, v := range vals {
			if v != v {
				continue
			}
			id := ids.Value(i)
			if held[id] == nil {
				held[id] = slices.Repeat([]observation{{value: math.NaN()}}, len(names))
			}
			held[id][c] = observation{v, times[i]} // rows ascend in time: the last one stays
		}
	}
	return held, nil
}

func mergeIDs(ids []string, held map[string][]observation) []string {
	out := slices.Clone(ids)
	for id := range held {
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// numeric keeps the key and the numeric columns.
func numeric(f *frame.Frame) (*frame.Frame, error) {
	var names []string
	for _, field := range f.Schema().Fields[f.Schema().Key:] {
		if field.Type == frame.Float64 || field.Type == frame.Int64 {
			names = append(names, field.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the input has no numeric column (columns: %s)", f.Schema())
	}
	return f.Select(names...)
}

// targetTimes returns the grid to interpolate onto: the observed times, or all regular ones of the range at which an observation, held being the last
// one before the range, is not too old. The last observation does not end a regular grid: whether there is a row at t must not depend on what was
// observed after t.
func targetTimes(observed []int64, held, maxGap int64, p graph.Params, s span) ([]int64, error) {
	if !p.Has("every") || len(observed) == 0 && held == never {
		return observed, nil
	}
	steps, err := graph.NewSteps(p.String("every"), p.String("timezone"))
	if err != nil {
		return nil, err
	}
	from := s.from
	if from == graph.Beginning {
		from = observed[0]
	}
	var times []int64
	last, next := held, 0
	for t := steps.From(from); t < s.end; t = steps.From(t + 1) {
		for ; next < len(observed) && observed[next] <= t; next++ {
			last = observed[next]
		}
		if last != never && t-last <= maxGap {
			times = append(times, t)
		}
	}
	return times, nil
}

// never is the time of no observation.
const never = math.MinInt64

// lastOf returns the time of the last observation.
func lastOf(held map[string][]observation) int64 {
	last := int64(never)
	for _, columns := range held {
		for _, o := range columns {
			if o.value == o.value {
				last = max(last, o.at)
			}
		}
	}
	return last
}
