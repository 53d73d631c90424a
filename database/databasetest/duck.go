package databasetest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tdlake/tdlake/duck"
)

// Insert returns the SQL that makes a table with its rows, in the words that DuckDB and PostgreSQL share.
func Insert(t Table) []string {
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, duck.Quote(c.Name)+" "+c.Type.SQL())
	}
	out := []string{fmt.Sprintf("create table %s (%s)", duck.Quote(t.Name), strings.Join(columns, ", "))}
	const most = 5000 // rows a statement
	for from := 0; from < len(t.Rows); from += most {
		var rows []string
		for _, row := range t.Rows[from:min(from+most, len(t.Rows))] {
			values := make([]string, len(row))
			for i, v := range row {
				values[i] = literal(v, t.Columns[i].Type)
			}
			rows = append(rows, "("+strings.Join(values, ", ")+")")
		}
		out = append(out, fmt.Sprintf("insert into %s values %s", duck.Quote(t.Name), strings.Join(rows, ", ")))
	}
	return out
}

// literal writes a value of a type.
func literal(v any, t Type) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case float64:
		switch {
		case math.IsNaN(v):
			return "cast('NaN' as double precision)"
		case math.IsInf(v, 0):
			return fmt.Sprintf("cast('%sInfinity' as double precision)", map[bool]string{true: "-"}[v < 0])
		}
		return fmt.Sprintf("cast('%g' as double precision)", v)
	case time.Time:
		return fmt.Sprintf("cast('%s' as %s)", v.UTC().Format(map[Type]string{
			TimestampTZ: "2006-01-02 15:04:05.999999+00", Timestamp: "2006-01-02 15:04:05.999999", Date: "2006-01-02"}[t]), t.SQL())
	case string:
		return fmt.Sprintf("cast(%s as %s)", duck.Literal(v), t.SQL())
	default:
		return fmt.Sprintf("cast(%v as %s)", map[bool]any{true: fmt.Sprintf("'%v'", v), false: v}[t != Bool], t.SQL())
	}
}
