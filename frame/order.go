package frame

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// DuplicateError names a key that two rows share.
type DuplicateError struct {
	Key    []string // the key's columns
	Values []string // what they are in both rows
}

func (e *DuplicateError) Error() string {
	parts := make([]string, len(e.Key))
	for i := range e.Key {
		parts[i] = e.Key[i] + " = " + e.Values[i]
	}
	return "two rows have the key " + strings.Join(parts, ", ")
}

// comparer returns a function that orders rows of f by its key.
func (f *Frame) comparer() func(i, j int) int {
	times := f.Times()
	return func(i, j int) int {
		if r := cmp.Compare(times[i], times[j]); r != 0 {
			return r
		}
		for _, c := range f.cols[1:f.schema.Key] {
			if r := compareValues(c, i, c, j); r != 0 {
				return r
			}
		}
		return 0
	}
}

// CheckOrder reports whether rows ascend strictly by the key: nil, a *DuplicateError, or an error that names the row.
func (f *Frame) CheckOrder() error {
	compare := f.comparer()
	for i := 1; i < f.rows; i++ {
		switch r := compare(i-1, i); {
		case r == 0:
			return f.duplicate(i)
		case r > 0:
			return fmt.Errorf("row %d (%s) comes after row %d (%s)", i-1, strings.Join(f.keyAt(i-1), ", "), i, strings.Join(f.keyAt(i), ", "))
		}
	}
	return nil
}

func (f *Frame) duplicate(i int) error {
	return &DuplicateError{Key: f.schema.KeyNames(), Values: f.keyAt(i)}
}

func (f *Frame) keyAt(i int) []string {
	out := make([]string, f.schema.Key)
	for k := range out {
		out[k] = f.cols[k].ValueStr(i)
		if ts, ok := f.cols[k].(*array.Timestamp); ok {
			out[k] = time.UnixMicro(int64(ts.Value(i))).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
		}
	}
	return out
}

// Sorted returns the rows in the order of the key, or a *DuplicateError.
func (f *Frame) Sorted() (*Frame, error) {
	compare := f.comparer()
	order := make([]int, f.rows)
	ascending := true
	for i := range order {
		order[i] = i
		ascending = ascending && (i == 0 || compare(i-1, i) < 0)
	}
	if ascending {
		return f, nil
	}
	slices.SortFunc(order, compare)
	for i := 1; i < len(order); i++ {
		if compare(order[i-1], order[i]) == 0 {
			return nil, f.duplicate(order[i])
		}
	}
	return f.Take(order), nil
}

// Take returns the rows at the given positions, in that order. Rows that come out of the order of the key are the caller's affair.
func (f *Frame) Take(order []int) *Frame {
	b := NewBuilder(f.schema)
	for k, c := range f.cols {
		appendRow := b.copier(k, c)
		for _, i := range order {
			appendRow(i)
		}
	}
	return b.Frame()
}

// Compare orders row i of f and row j of g, frames of one schema, by their keys.
func Compare(f *Frame, i int, g *Frame, j int) int {
	for k := range f.schema.Key {
		if r := compareValues(f.cols[k], i, g.cols[k], j); r != 0 {
			return r
		}
	}
	return 0
}

func compareValues(a arrow.Array, i int, b arrow.Array, j int) int {
	switch a := a.(type) {
	case *array.Timestamp:
		return cmp.Compare(a.Value(i), b.(*array.Timestamp).Value(j))
	case *array.String:
		return strings.Compare(a.Value(i), b.(*array.String).Value(j))
	case *array.Int64:
		return cmp.Compare(a.Value(i), b.(*array.Int64).Value(j))
	case *array.Float64:
		return cmp.Compare(a.Value(i), b.(*array.Float64).Value(j))
	case *array.Date32:
		return cmp.Compare(a.Value(i), b.(*array.Date32).Value(j))
	case *array.Boolean:
		return truth(a.Value(i)) - truth(b.(*array.Boolean).Value(j))
	}
	panic(fmt.Sprintf("frame: no order for %s", a.DataType()))
}

func truth(v bool) int {
	if v {
		return 1
	}
	return 0
}
