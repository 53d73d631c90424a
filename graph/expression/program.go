package expression

import (
	"fmt"
	"strconv"
	"strings"
)

// Op is one operation of a program. Its code is an operator ("+", "and"), a function's name, "column"
// (Texts: the input's name or none, the column's), "number", "text", "truth", or "neg".
type Op struct {
	Code    string
	Args    []int     // operations before this one
	By      int       // the operation that groups an operation across identifiers; -1: none
	Numbers []float64 // constants, in the order of the function's arguments; then those given by name
	Texts   []string  // constant texts; names of the constants given by name
	Type    Type
	Whole   bool // across identifiers: it sees rows that keep leaves out too
	Rows    int  // rows before its own that it and all it reads need
}

// Output is a named column.
type Output struct {
	Name string
	Op   int
}

// Program is a set of formulas as operations, each once, inputs before what reads them.
type Program struct {
	Ops     []Op
	Outputs []Output
	Keep    int // the operation that says which rows count; -1: all
}

// Lookback is the number of rows before a row that its values need.
func (p *Program) Lookback() int {
	rows := 0
	for _, o := range p.Outputs {
		rows = max(rows, p.Ops[o.Op].Rows)
	}
	if p.Keep >= 0 {
		rows = max(rows, p.Ops[p.Keep].Rows)
	}
	return rows
}

// String is the program's identity: two programs with the same text compute the same.
func (p *Program) String() string {
	var b strings.Builder
	for i, o := range p.Ops {
		fmt.Fprintf(&b, "%d %s\n", i, o)
	}
	for _, o := range p.Outputs {
		fmt.Fprintf(&b, "%s = %d\n", strconv.Quote(o.Name), o.Op)
	}
	if p.Keep >= 0 {
		fmt.Fprintf(&b, "keep %d\n", p.Keep)
	}
	return b.String()
}

// String writes an operation without its type, which follows from the rest.
func (o Op) String() string {
	parts := []string{o.Code}
	for _, a := range o.Args {
		parts = append(parts, "#"+strconv.Itoa(a))
	}
	for _, n := range o.Numbers {
		parts = append(parts, strconv.FormatFloat(n, 'g', -1, 64))
	}
	for _, t := range o.Texts {
		parts = append(parts, strconv.Quote(t))
	}
	if o.By >= 0 {
		parts = append(parts, "by #"+strconv.Itoa(o.By))
	}
	if o.Whole {
		parts = append(parts, "whole")
	}
	return strings.Join(parts, " ")
}
