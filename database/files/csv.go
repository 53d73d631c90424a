package files

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/duck"
)

// csvColumn is a column of a CSV file and the type that all its values have.
type csvColumn struct {
	name string
	kind csvKind
}

// csvKind is a type and the condition that a text is one: exact, where DuckDB's own casts round.
type csvKind struct {
	sql  string
	test string // of the text %[1]s
}

const noLeadingZero = `not (%[1]s[1] = '0' and %[1]s[2] between '0' and '9')`

var csvKinds = []csvKind{
	{"BIGINT", `not contains(%[1]s, '.') and not contains(%[1]s, 'e') and not contains(%[1]s, 'E') and ` + noLeadingZero + ` and try_cast(%[1]s as bigint) is not null`},
	{"DOUBLE", `try_cast(%[1]s as double) is not null and ` + noLeadingZero},
	{"DATE", `length(%[1]s) = 10 and try_cast(%[1]s as date) is not null`},
	{"TIMESTAMP WITH TIME ZONE", `try_cast(%[1]s as timestamp with time zone) is not null`},
	{"BOOLEAN", `lower(%[1]s) in ('true', 'false')`},
}

var csvText = csvKind{sql: "VARCHAR"}

// readCSV returns the table function that reads a file's fields as text. Small buffers keep it within a view's memory.
func (c *folder) readCSV(file string) string {
	return fmt.Sprintf("read_csv(%s, header = true, all_varchar = true, hive_partitioning = false, buffer_size = %d)", c.literal(file), 4<<20)
}

// detect finds the types of a file's columns: by its first rows, then by all of them with what is left.
func detect(ctx context.Context, db duck.Session, read string) ([]csvColumn, error) {
	columns, err := db.Columns(ctx, "from "+read)
	if err != nil {
		return nil, err
	}
	out := make([]csvColumn, len(columns))
	left := make([][]csvKind, len(columns))
	for i, c := range columns {
		out[i] = csvColumn{c.Name, csvText}
		left[i] = csvKinds
	}
	for _, from := range []string{"(from " + read + " limit 2000)", read} {
		if left, err = fitting(ctx, db, from, out, left); err != nil {
			return nil, err
		}
	}
	for i := range out {
		if len(left[i]) > 0 {
			out[i].kind = left[i][0]
		}
		if len(left[i]) == len(csvKinds) {
			out[i].kind = csvKinds[1] // nothing but missing values
		}
	}
	return out, nil
}

// fitting returns, of the kinds that are left for each column, those that all rows have.
func fitting(ctx context.Context, db duck.Session, from string, columns []csvColumn, left [][]csvKind) ([][]csvKind, error) {
	tests := []string{"true"}
	for i, kinds := range left {
		q := duck.Quote(columns[i].name)
		for _, k := range kinds {
			tests = append(tests, fmt.Sprintf("coalesce(bool_and(%s is null or ("+strings.ReplaceAll(k.test, "%[1]s", "%[2]s")+")), true)", q, q))
		}
	}
	rows, err := db.Query(ctx, "select "+strings.Join(tests, ", ")+" from "+from, duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([][]csvKind, len(left))
	for rows.Next() {
		answers := rows.Table().Columns[1:]
		for i, kinds := range left {
			for k := range kinds {
				if answers[k].(*array.Boolean).Value(0) {
					out[i] = append(out[i], kinds[k])
				}
			}
			answers = answers[len(kinds):]
		}
	}
	return out, rows.Err()
}

// selectCSV is the query for a file's rows with its columns' types.
func selectCSV(columns []csvColumn, read, identifier string) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = duck.Quote(c.name)
		if c.kind.sql != csvText.sql && c.name != identifier {
			values[i] = fmt.Sprintf("cast(%s as %s) as %s", values[i], c.kind.sql, values[i])
		}
	}
	return "select " + strings.Join(values, ", ") + " from " + read
}
