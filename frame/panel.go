package frame

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Panel is the wide form of a frame keyed by time_index and unique_identifier: a grid of floats a value column.
// It is immutable and may be shared.
type Panel struct {
	Times []int64       // microseconds since the epoch, strictly ascending
	IDs   []string      // ascending by UTF-8 bytes
	Names []string      // value columns
	Data  [][][]float64 // Data[c][j][i] is column c of identifier j at time i; NaN is missing
}

// Column returns the grid of the named value column: one slice an identifier, each as long as Times.
func (p *Panel) Column(name string) ([][]float64, error) {
	i := slices.Index(p.Names, name)
	if i < 0 {
		return nil, fmt.Errorf("no column %q of numbers (columns of numbers: %v)", name, p.Names)
	}
	return p.Data[i], nil
}

// ID returns the position of an identifier, or -1.
func (p *Panel) ID(id string) int {
	if i, ok := slices.BinarySearch(p.IDs, id); ok {
		return i
	}
	return -1
}

// Panel returns the wide form. Every value column must be numeric, the key (time_index, unique_identifier), the rows in
// order. Every time of the frame is kept, also one at which nothing but missing values was observed.
func (f *Frame) Panel() (*Panel, error) {
	if f.schema.Key != 2 || f.schema.Fields[1] != (Field{UniqueIdentifier, String}) {
		return nil, fmt.Errorf("a panel needs the key (%s, %s), not (%v)", TimeIndex, UniqueIdentifier, f.schema.KeyNames())
	}
	p := &Panel{Names: f.schema.Names()[2:]}
	ids := f.cols[1].(*array.String)
	rowOf := p.index(f.Times(), ids)
	for _, name := range p.Names {
		vals, err := f.Floats(name)
		if err != nil {
			return nil, err
		}
		grid := newGrid(len(p.IDs), len(p.Times))
		for k, v := range vals {
			grid[rowOf[k].id][rowOf[k].time] = v
		}
		p.Data = append(p.Data, grid)
	}
	return p, nil
}

type cell struct{ id, time int32 }

// index fills Times and IDs and returns each row's place in the grid.
func (p *Panel) index(times []int64, ids *array.String) []cell {
	cells := make([]cell, len(times))
	seen := map[string]int32{}
	var after []int32 // of each identifier the one that came after it last: from time to time they mostly come in the same order
	at := int32(0)
	for k, t := range times {
		if k == 0 || t != times[k-1] {
			p.Times = append(p.Times, t)
		}
		id, before := ids.Value(k), at
		if k == 0 || p.IDs[after[before]] != id {
			var ok bool
			if at, ok = seen[id]; !ok {
				at = int32(len(p.IDs))
				seen[id] = at
				p.IDs, after = append(p.IDs, id), append(after, 0)
			}
			after[before] = at
		}
		at = after[before]
		cells[k] = cell{at, int32(len(p.Times) - 1)}
	}
	firstSeen := slices.Clone(p.IDs)
	slices.Sort(p.IDs)
	rank := make([]int32, len(firstSeen))
	for at, id := range firstSeen {
		rank[at] = int32(p.ID(id))
	}
	for k := range cells {
		cells[k].id = rank[cells[k].id]
	}
	return cells
}

func newGrid(ids, times int) [][]float64 {
	flat := make([]float64, ids*times)
	for i := range flat {
		flat[i] = math.NaN()
	}
	grid := make([][]float64, ids)
	for j := range grid {
		grid[j] = flat[j*times : (j+1)*times : (j+1)*times]
	}
	return grid
}

// Frame returns the long form: a row for each time and identifier where any column has a value.
func (p *Panel) Frame() *Frame {
	n := 0
	p.each(func(int, int) { n++ })
	times, ids := make([]int64, 0, n), array.NewStringBuilder(allocator)
	ids.Reserve(n)
	vals := make([][]float64, len(p.Names))
	for c := range vals {
		vals[c] = make([]float64, 0, n)
	}
	p.each(func(i, j int) {
		times = append(times, p.Times[i])
		ids.Append(p.IDs[j])
		for c := range vals {
			vals[c] = append(vals[c], p.Data[c][j][i])
		}
	})
	cols := []arrow.Array{TimeColumn(times), ids.NewStringArray()}
	for _, v := range vals {
		cols = append(cols, FloatColumn(v))
	}
	return must(New(Long(p.Names...), cols))
}

// each visits, in the order of the key, the cells where any column has a value.
func (p *Panel) each(visit func(i, j int)) {
	for i := range p.Times {
		for j := range p.IDs {
			for c := range p.Data {
				if v := p.Data[c][j][i]; v == v {
					visit(i, j)
					break
				}
			}
		}
	}
}

// Compact drops the times at which nothing has a value, so that a panel has the same times as its long form. Memory is shared where only such times at
// the ends are dropped, as the first one of returns is.
func (p *Panel) Compact() *Panel {
	keep := make([]int, 0, len(p.Times))
	for i := range p.Times {
		if p.anyAt(i) {
			keep = append(keep, i)
		}
	}
	n := len(keep)
	if n == 0 || keep[n-1]-keep[0] == n-1 {
		i := append(keep, 0)[0]
		return p.slice(i, i+n)
	}
	out := &Panel{IDs: p.IDs, Names: p.Names, Times: make([]int64, n)}
	for k, i := range keep {
		out.Times[k] = p.Times[i]
	}
	for c := range p.Data {
		grid := newGrid(len(p.IDs), n)
		for j := range grid {
			for k, i := range keep {
				grid[j][k] = p.Data[c][j][i]
			}
		}
		out.Data = append(out.Data, grid)
	}
	return out
}

// anyAt reports whether anything has a value at a time.
func (p *Panel) anyAt(i int) bool {
	for _, grid := range p.Data {
		for _, col := range grid {
			if v := col[i]; v == v {
				return true
			}
		}
	}
	return false
}

// Between returns the times with from <= t < to, sharing memory.
func (p *Panel) Between(from, to int64) *Panel {
	i, _ := slices.BinarySearch(p.Times, from)
	j, _ := slices.BinarySearch(p.Times, to)
	return p.slice(i, j)
}

// slice returns the times from the i-th to before the j-th, sharing memory.
func (p *Panel) slice(i, j int) *Panel {
	out := &Panel{Times: p.Times[i:j], IDs: p.IDs, Names: p.Names, Data: make([][][]float64, len(p.Data))}
	for c, grid := range p.Data {
		out.Data[c] = make([][]float64, len(grid))
		for k, col := range grid {
			out.Data[c][k] = col[i:j]
		}
	}
	return out
}

// NewPanel returns a panel of missing values, for its maker to fill before anyone else sees it.
func NewPanel(times []int64, ids []string, names ...string) *Panel {
	p := &Panel{Times: times, IDs: ids, Names: names, Data: make([][][]float64, len(names))}
	for c := range p.Data {
		p.Data[c] = newGrid(len(ids), len(times))
	}
	return p
}
