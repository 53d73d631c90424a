package verdict

import "fmt"

// Matrix holds the returns of points: column k is point k, Rows values in time order.
type Matrix struct {
	Rows    int
	Columns [][]float64
}

// NewMatrix checks that every column has the same number of rows, at least two.
func NewMatrix(columns [][]float64) (Matrix, error) {
	if len(columns) == 0 {
		return Matrix{}, fmt.Errorf("no points to judge")
	}
	rows := len(columns[0])
	for k, c := range columns {
		if len(c) != rows {
			return Matrix{}, fmt.Errorf("point %d has %d rows where the first has %d", k, len(c), rows)
		}
	}
	if rows < 2 {
		return Matrix{}, fmt.Errorf("%d rows are too few for a deviation", rows)
	}
	return Matrix{Rows: rows, Columns: columns}, nil
}
