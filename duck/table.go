package duck

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/tdlake/tdlake/frame"
)

// Table is columns of equal length under names: a frame without a key. The columns are of the types that frames have
// (float columns may hold NaN, which DuckDB is given as NULL) or lists of them. A Table is not to be written to.
type Table struct {
	Names   []string
	Columns []arrow.Array
}

// TableOf returns a frame's columns, without copying.
func TableOf(f *frame.Frame) Table {
	t := Table{Names: f.Schema().Names()}
	for i := range t.Names {
		t.Columns = append(t.Columns, f.Column(i))
	}
	return t
}

// Rows returns the number of rows.
func (t Table) Rows() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return t.Columns[0].Len()
}

// check reports columns that DuckDB cannot be given.
func (t Table) check() error {
	if len(t.Names) == 0 || len(t.Names) != len(t.Columns) {
		return fmt.Errorf("%d names for %d columns", len(t.Names), len(t.Columns))
	}
	for i, c := range t.Columns {
		if c.Len() != t.Rows() {
			return fmt.Errorf("column %q has %d rows, not %d", t.Names[i], c.Len(), t.Rows())
		}
		if _, ok := logicalTypeOf(c.DataType()); !ok {
			return fmt.Errorf("column %q is %s, which DuckDB is not given", t.Names[i], c.DataType())
		}
	}
	return nil
}
