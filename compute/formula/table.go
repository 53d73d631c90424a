package formula

import (
	"math"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph/expression"
)

// Table is what a program runs on. Nothing in it is written to.
type Table struct {
	Times []int64  // microseconds since the epoch, ascending
	IDs   []string // ascending
	Has   [][]bool // of each identifier, the times at which it has a row; nil: all
	Words *Words   // the texts that codes stand for
	// Column returns an input's column, NaN where missing; the input's name is empty where the formula
	// names none.
	Column func(input, name string) (Column, error)
}

// Column is a column on the table's rows.
type Column struct {
	Type frame.Type
	Data [][]float64 // of each identifier, a value a time
}

// Words numbers texts; equal texts have equal codes. It is filled before a program runs and read only
// then.
type Words struct {
	list []string
	code map[string]float64
}

// NewWords returns an empty vocabulary.
func NewWords() *Words { return &Words{code: map[string]float64{}} }

// Code returns a text's number, giving it one where it has none.
func (w *Words) Code(text string) float64 {
	c, ok := w.code[text]
	if !ok {
		c = float64(len(w.list))
		w.code[text] = c
		w.list = append(w.list, text)
	}
	return c
}

// Text returns the text of a code.
func (w *Words) Text(code float64) string { return w.list[int(code)] }

// Options say how a program runs.
type Options struct {
	Jobs       int
	MinPeriods int // values that a window needs; 0: all its rows
}

// Result is what a program computes.
type Result struct {
	Outputs []Column
	Keep    [][]float64 // nil: all rows count
	Expired int         // positions of latch that ended because their event was too many rows old
}

// typeOf is the type of a column that an operation makes.
func typeOf(t expression.Type) frame.Type {
	switch t {
	case expression.Cond:
		return frame.Bool
	case expression.Str:
		return frame.String
	}
	return frame.Float64
}

func newGrid(ids, times int) [][]float64 {
	flat := make([]float64, ids*times)
	grid := make([][]float64, ids)
	for i := range grid {
		grid[i] = flat[i*times : (i+1)*times : (i+1)*times]
	}
	return grid
}

func missing(x float64) bool { return x != x }

// finite makes what is no number missing.
func finite(x float64) float64 {
	if x-x != 0 {
		return math.NaN()
	}
	return x
}
