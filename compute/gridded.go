package compute

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/compute/formula"
	"github.com/tdlake/tdlake/frame"
)

// gridded is a frame with every value column, whatever its type, as numbers on a grid of identifiers and times: see package
// formula for what stands for text, times and conditions.
type gridded struct {
	times   []int64
	ids     []string // nil: keyed by time alone
	has     [][]bool // nil: a row everywhere
	columns map[string]formula.Column
	order   []string // of the columns
}

func newGridded(f *frame.Frame, words *formula.Words) (*gridded, error) {
	s := f.Schema()
	g := &gridded{columns: map[string]formula.Column{}, order: s.Names()[s.Key:]}
	switch {
	case s.Key == 2 && s.Fields[1] == (frame.Field{Name: frame.UniqueIdentifier, Type: frame.String}):
		g.ids = slices.Compact(slices.Sorted(slices.Values(f.Identifiers())))
		if g.ids == nil {
			g.ids = []string{}
		}
	case s.Key != 1:
		return nil, fmt.Errorf("it is keyed by (%v): time_index alone, or time_index and unique_identifier, can be joined", s.KeyNames())
	}
	times := f.Times()
	g.times = slices.Compact(slices.Clone(times))
	id, at := g.places(f, times)
	for c, name := range g.order {
		column := formula.Column{Type: s.Fields[s.Key+c].Type, Data: emptyGrid(max(len(g.ids), g.single()), len(g.times))}
		if err := fillGrid(f.Column(s.Key+c), words, func(row int, v float64) { column.Data[id[row]][at[row]] = v }); err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		g.columns[name] = column
	}
	return g, nil
}

// single is 1 where there is one series for all identifiers.
func (g *gridded) single() int {
	if g.ids == nil {
		return 1
	}
	return 0
}

// places returns each row's identifier and time by place, and notes which cells have a row.
func (g *gridded) places(f *frame.Frame, times []int64) (id, at []int) {
	id, at = make([]int, len(times)), make([]int, len(times))
	place := map[string]int{}
	for i, name := range g.ids {
		place[name] = i
	}
	var identifiers *array.String
	if g.ids != nil {
		identifiers = f.Column(1).(*array.String)
	}
	k := 0
	for row, t := range times {
		for g.times[k] < t {
			k++
		}
		at[row] = k
		if identifiers != nil {
			id[row] = place[identifiers.Value(row)]
		}
	}
	if g.ids == nil || len(times) == len(g.ids)*len(g.times) {
		return id, at
	}
	g.has = make([][]bool, len(g.ids))
	for i := range g.has {
		g.has[i] = make([]bool, len(g.times))
	}
	for row := range times {
		g.has[id[row]][at[row]] = true
	}
	return id, at
}

func (g *gridded) names() []string { return g.order }

func (g *gridded) hasColumn(name string) bool { _, ok := g.columns[name]; return ok }

// fillGrid tells every value that is not missing, as a number.
func fillGrid(a arrow.Array, words *formula.Words, put func(row int, v float64)) error {
	value, err := valueOf(a, words)
	if err != nil {
		return err
	}
	for row := range a.Len() {
		if !a.IsNull(row) {
			put(row, value(row))
		}
	}
	return nil
}

func valueOf(a arrow.Array, words *formula.Words) (func(row int) float64, error) {
	switch a := a.(type) {
	case *array.Float64:
		return a.Value, nil
	case *array.Int64:
		return func(row int) float64 { return float64(a.Value(row)) }, nil
	case *array.Boolean:
		return func(row int) float64 {
			if a.Value(row) {
				return 1
			}
			return 0
		}, nil
	case *array.String:
		return func(row int) float64 { return words.Code(a.Value(row)) }, nil
	case *array.Timestamp:
		return func(row int) float64 { return float64(a.Value(row)) }, nil
	case *array.Date32:
		return func(row int) float64 { return float64(a.Value(row)) }, nil
	}
	return func(int) float64 { return math.NaN() }, fmt.Errorf("values of type %s cannot be computed with", a.DataType())
}
