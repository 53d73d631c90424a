package verdict

import (
	"fmt"
	"math"
	"slices"
)

// Point is what is known of one point: its returns a row, NaN where missing, and the rows' times in
// microseconds since the epoch, UTC, ascending. Points may share the slice of times.
type Point struct {
	Times   []int64
	Returns []float64
}

// minRows is the fewest rows that a sample is judged by.
const minRows = 60

// Sample is the rows that all judged points have in common.
type Sample struct {
	Matrix
	Times    []int64 // of the rows
	Judged   []int   // of each column of the matrix, the place of its point in the input
	Late     []int   // points left out because they begin after the sample does
	Early    []int   // likewise because they end before it does
	Constant []int   // likewise because they do not move
	Idle     []int   // those of Constant whose returns are all 0: they never hold anything
	Dropped  int     // rows left out because a judged point lacks a return there
}

// NewSample takes the rows that are common to all points: those that begin after latest (in
// microseconds since the epoch), or end before the others do, are left out and named. Rows begin at
// the latest first time of those that remain, and not before from.
func NewSample(points []Point, from, latest int64) (*Sample, error) {
	s := &Sample{}
	start, end := from, int64(math.MinInt64)
	var kept []int
	for k, p := range points {
		if len(p.Times) == 0 || p.Times[0] > latest {
			s.Late = append(s.Late, k)
			continue
		}
		kept = append(kept, k)
		start, end = max(start, p.Times[0]), max(end, p.Times[len(p.Times)-1])
	}
	kept = slices.DeleteFunc(kept, func(k int) bool {
		early := points[k].Times[len(points[k].Times)-1] < end
		if early {
			s.Early = append(s.Early, k)
		}
		return early
	})
	s.fill(points, kept, start)
	if len(s.Times) < minRows {
		return nil, fmt.Errorf("%d rows are common to %d points, %d is the fewest that can be judged", len(s.Times), len(kept), minRows)
	}
	return s, nil
}

// fill copies the common rows of the points kept, and sets those aside that do not move in them.
func (s *Sample) fill(points []Point, kept []int, start int64) {
	s.Times = s.commonTimes(points, kept, start)
	columns := make([][]float64, len(kept))
	forRanges(len(kept), func(from, to int) {
		for i := from; i < to; i++ {
			columns[i] = pick(points[kept[i]], s.Times)
		}
	})
	s.Rows = len(s.Times)
	for i, column := range columns {
		if len(column) > 1 && MomentsOf(column).Constant() {
			s.Constant = append(s.Constant, kept[i])
			if !slices.ContainsFunc(column, func(r float64) bool { return r != 0 }) {
				s.Idle = append(s.Idle, kept[i])
			}
			continue
		}
		s.Columns = append(s.Columns, column)
		s.Judged = append(s.Judged, kept[i])
	}
}

// commonTimes returns the times from start on at which every point has a return.
func (s *Sample) commonTimes(points []Point, kept []int, start int64) []int64 {
	has := map[int64]int{}
	var last []int64
	shared := 0 // points that have the times of last, all of them present
	flush := func() {
		for _, t := range last {
			has[t] += shared
		}
		shared = 0
	}
	for _, k := range kept {
		p := points[k]
		present := p.present(start)
		if !slices.Equal(present, last) {
			flush()
			last = present
		}
		shared++
	}
	flush()
	times := make([]int64, 0, len(has))
	for t, n := range has {
		if n == len(kept) {
			times = append(times, t)
		}
	}
	s.Dropped = len(has) - len(times)
	slices.Sort(times)
	return times
}

// present returns the times from start on at which the point has a return.
func (p Point) present(start int64) []int64 {
	at, _ := slices.BinarySearch(p.Times, start)
	if !slices.ContainsFunc(p.Returns[at:], math.IsNaN) {
		return p.Times[at:]
	}
	var out []int64
	for i := at; i < len(p.Times); i++ {
		if !math.IsNaN(p.Returns[i]) {
			out = append(out, p.Times[i])
		}
	}
	return out
}

// pick copies the returns at the given times, all of which the point has.
func pick(p Point, times []int64) []float64 {
	out := make([]float64, len(times))
	at := 0
	for i, t := range times {
		for p.Times[at] < t {
			at++
		}
		out[i] = p.Returns[at]
	}
	return out
}
