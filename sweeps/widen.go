package sweeps

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// What a point comes to depends on the point alone, so a metric may be a whole number at one and a float at another: the target's query has a
// parameter in it that is 1 here and 0.5 there. Such a column is one of floats. Which of its values are whole numbers is known in memory and, where
// a file has both, said in its footer: a file's columns then are those that its points give, whatever other points there were before.

// widen makes a column of whole numbers one of floats.
func (c *column) widen() {
	n := c.rows()
	c.kind, c.floats, c.whole = frame.Float64, make([]float64, n), make([]bool, n)
	for i := range n {
		c.floats[i], c.whole[i] = math.NaN(), true
		if c.valid[i] {
			c.floats[i] = float64(c.ints[i])
		}
	}
	c.valid = nil
}

// copyNumber is copyFrom for a column of floats.
func (c *column) copyNumber(i int, o *column, j int) {
	whole := o.kind == frame.Int64 || o.whole != nil && o.whole[j]
	if whole && c.whole == nil {
		c.whole, c.ints = make([]bool, len(c.floats)), make([]int64, len(c.floats))
	}
	if c.whole != nil {
		c.whole[i] = whole
	}
	if !whole {
		c.floats[i] = o.floats[j]
		return
	}
	c.floats[i], c.ints[i] = math.NaN(), o.ints[j]
	if !o.missing(j) {
		c.floats[i] = float64(o.ints[j])
	}
}

// markWhole says which rows of a column that was read are whole numbers.
func (c *column) markWhole(rows []share, first int) {
	c.whole, c.ints = make([]bool, len(c.floats)), make([]int64, len(c.floats))
	for _, s := range rows {
		for row := max(s.from-first, 0); row < min(s.to-first, len(c.floats)); row++ {
			c.whole[row] = true
			if !math.IsNaN(c.floats[row]) {
				c.ints[row] = int64(c.floats[row])
			}
		}
	}
}

// kindOf returns the type of a column that holds these rows and no others.
func (c *column) kindOf(rows []int) frame.Type {
	if c.whole == nil || len(rows) == 0 || slices.ContainsFunc(rows, func(row int) bool { return !c.whole[row] }) {
		return c.kind
	}
	return frame.Int64
}

// as is at, as a value of the type that kindOf says.
func (c *column) as(i int, kind frame.Type) any {
	if c.kind == frame.Float64 && kind == frame.Int64 && !c.missing(i) {
		return c.ints[i]
	}
	return c.at(i)
}

// arrowAs is arrow, as a column of the type that kindOf says.
func (c *column) arrowAs(rows []int, kind frame.Type) arrow.Array {
	if c.kind == kind {
		return c.arrow(rows)
	}
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.Reserve(len(rows))
	for _, i := range rows {
		if c.missing(i) {
			b.AppendNull()
		} else {
			b.Append(c.ints[i])
		}
	}
	return b.NewArray()
}

// wholeRows writes which of these rows are whole numbers, "0-3,7-8" for 0, 1, 2 and 7; nothing where all are or none is.
func (c *column) wholeRows(rows []int) string {
	if c.whole == nil || c.kindOf(rows) == frame.Int64 {
		return ""
	}
	var out []string
	for i := 0; i < len(rows); i++ {
		from := i
		for i < len(rows) && c.whole[rows[i]] {
			i++
		}
		if i > from {
			out = append(out, fmt.Sprintf("%d-%d", from, i))
		}
	}
	return strings.Join(out, ",")
}

// parseRows reads what wholeRows writes.
func parseRows(text string) ([]share, error) {
	if text == "" {
		return nil, nil
	}
	var out []share
	for _, part := range strings.Split(text, ",") {
		var s share
		if _, err := fmt.Sscanf(part, "%d-%d", &s.from, &s.to); err != nil {
			return nil, fmt.Errorf("%q are no rows", part)
		}
		out = append(out, s)
	}
	return out, nil
}

// onlyRows says of metrics what holds for a file of some of the rows.
func onlyRows(metrics []storedMetric, rows []int) []storedMetric {
	out := slices.Clone(metrics)
	for k, m := range out {
		whole, err := parseRows(m.Whole)
		if err != nil || whole == nil {
			continue
		}
		c := column{kind: frame.Float64, whole: make([]bool, len(rows))}
		for i, row := range rows {
			c.whole[i] = slices.ContainsFunc(whole, func(s share) bool { return s.from <= row && row < s.to })
		}
		out[k].Whole = c.allWholeRows()
	}
	return out
}

// allWholeRows is wholeRows of every row, which are named also where all are whole numbers: the column stays one of floats.
func (c *column) allWholeRows() string {
	if n := len(c.whole); n > 0 && !slices.Contains(c.whole, false) {
		return fmt.Sprintf("0-%d", n)
	}
	return c.wholeRows(everyPoint(len(c.whole)))
}

// numbers reports whether both types are of numbers.
func numbers(a, b frame.Type) bool {
	isNumber := func(t frame.Type) bool { return t == frame.Int64 || t == frame.Float64 }
	return isNumber(a) && isNumber(b)
}

// sameButNumbers reports whether two targets' columns differ in no more than that one has whole numbers where the other has floats.
func sameButNumbers(a, b frame.Schema) bool {
	return a.Key == b.Key && len(a.Fields) == len(b.Fields) && !slices.ContainsFunc(everyPoint(len(a.Fields)), func(i int) bool {
		f, g := a.Fields[i], b.Fields[i]
		return f.Name != g.Name || f.Type != g.Type && (i < a.Key || !numbers(f.Type, g.Type))
	})
}

// columnsOfType names a target's columns of a type, in their order.
func columnsOfType(s frame.Schema, t frame.Type) []string {
	var names []string
	for _, f := range s.Fields {
		if f.Type == t {
			names = append(names, f.Name)
		}
	}
	return names
}

// wholeColumns names the columns that a point has as whole numbers, in their order; k is its place in the file.
func (f *storedTarget) wholeColumns(k int) []string {
	whole := slices.Clone(f.meta.Points[k].Whole)
	for name, t := range f.types {
		if t == frame.Int64 {
			whole = append(whole, name)
		}
	}
	slices.Sort(whole)
	return whole
}

// toWhole returns a table whose columns of these names are whole numbers where they are floats.
func toWhole(t duck.Table, names []string) duck.Table {
	out := duck.Table{Names: t.Names, Columns: slices.Clone(t.Columns)}
	for i, a := range t.Columns {
		floats, ok := a.(*array.Float64)
		if !ok || !slices.Contains(names, t.Names[i]) {
			continue
		}
		c := newColumn(frame.Int64, a.Len())
		for row := range a.Len() {
			if a.IsValid(row) {
				c.setInt(row, int64(floats.Value(row)))
			}
		}
		out.Columns[i] = c.arrow(everyPoint(a.Len()))
	}
	return out
}

// toFloats returns a table whose columns of these names are floats where they are whole numbers.
func toFloats(t duck.Table, names map[string]bool) (duck.Table, error) {
	out := duck.Table{Names: t.Names, Columns: slices.Clone(t.Columns)}
	for i, a := range t.Columns {
		if !names[t.Names[i]] || a.DataType().ID() != arrow.INT64 {
			continue
		}
		c, err := columnOf(a, frame.Float64)
		if err != nil {
			return out, err
		}
		out.Columns[i] = frame.FloatColumn(c.floats)
	}
	return out, nil
}
