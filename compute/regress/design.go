package regress

import (
	"fmt"
	"math"
	"sync"
	"time"
)

// Design is the regressors and the target of a family of regressions: every window and every alpha over the same columns
// shares one. It is immutable and may be shared between goroutines.
type Design struct {
	rows, cols int
	stride     int       // cols, rounded up so that rows begin on even lanes
	triangle   triangle  // where sums of products lie
	x          []float64 // rows x stride, row after row; 0 where missing
	y          []float64 // 0 where missing
	gaps       [][]int32 // a row: the columns missing there
	gapY       []bool
	members    [][]bool // a row: which columns may be features there; rows share slices
	month      []int32  // a row: months since year 0, UTC
	monthStart []int32  // a row: the first row of its month

	blocks sync.Map // month (int32) -> *block: sums over its rows, made when first asked for
}

// NewDesign arranges a time grid, in microseconds since the epoch and strictly ascending, the target's values and the
// columns' (each as long as times, NaN where missing) for regressing. members[t][j] says whether column j may be a feature
// at row t; a row's slice may be shared by other rows.
func NewDesign(times []int64, y []float64, columns [][]float64, members [][]bool) (*Design, error) {
	if len(y) != len(times) || len(members) != len(times) {
		return nil, fmt.Errorf("regress: %d times, %d target values, %d rows of members", len(times), len(y), len(members))
	}
	d := &Design{rows: len(times), cols: len(columns), stride: (len(columns) + 3) &^ 3, members: members}
	d.x = make([]float64, d.rows*d.stride)
	d.triangle = newTriangle(d.stride)
	d.y = make([]float64, d.rows)
	d.gaps = make([][]int32, d.rows)
	d.gapY = make([]bool, d.rows)
	for t := range d.rows {
		row := d.row(t)
		for j, col := range columns {
			if v := col[t]; !math.IsNaN(v) {
				row[j] = v
			} else {
				d.gaps[t] = append(d.gaps[t], int32(j))
			}
		}
	}
	for t, v := range y {
		if d.gapY[t] = math.IsNaN(v); !d.gapY[t] {
			d.y[t] = v
		}
	}
	d.month, d.monthStart = monthsOf(times)
	return d, nil
}

func monthsOf(times []int64) (month, start []int32) {
	month, start = make([]int32, len(times)), make([]int32, len(times))
	for i, us := range times {
		at := time.UnixMicro(us).UTC()
		month[i] = int32(at.Year())*12 + int32(at.Month()) - 1
		start[i] = int32(i)
		if i > 0 && month[i] == month[i-1] {
			start[i] = start[i-1]
		}
	}
	return month, start
}

// Bytes returns the memory that the design holds at most, blocks included, for a cache's accounts.
func (d *Design) Bytes() int64 {
	months := 0
	for i := range d.monthStart {
		if int(d.monthStart[i]) == i {
			months++
		}
	}
	return int64(8*d.rows*(d.stride+4) + 8*months*d.triangle.size)
}

func (d *Design) row(t int) []float64 { return d.x[t*d.stride : (t+1)*d.stride] }

// block is the sums of one whole month.
type block struct{ sums }

// blockAt returns the sums over the month that begins at row t, which must be whole within the design.
func (d *Design) blockAt(t int) *block {
	if b, ok := d.blocks.Load(d.month[t]); ok {
		return b.(*block)
	}
	b := &block{newSums(d)}
	end := t
	for end < d.rows && d.month[end] == d.month[t] {
		end++
	}
	b.add(d, t, end)
	kept, _ := d.blocks.LoadOrStore(d.month[t], b) // whoever is first, the bits are the same
	return kept.(*block)
}
