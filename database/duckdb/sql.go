package duckdb

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// ownTable is a table of tdlake's schema in SQL. No name has the file's in front: a file may be called something else later.
func ownTable(name string) string { return ownSchema + "." + duck.Quote(name) }

// processes is the column of a shared table that says whose a row is.
const processes = "tdlake_processes"

var sqlTypes = map[frame.Type]string{
	frame.Float64: "double", frame.Int64: "bigint", frame.Bool: "boolean",
	frame.String: "varchar", frame.Timestamp: "timestamptz", frame.Date: "date",
}

// quoted are names as a list in SQL, each with what is to stand before it.
func quoted(before string, names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = before + duck.Quote(n)
	}
	return strings.Join(out, ", ")
}

// columnList is a schema's columns for create table.
func columnList(s frame.Schema) string {
	parts := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		parts[i] = duck.Quote(f.Name) + " " + sqlTypes[f.Type]
	}
	return strings.Join(parts, ", ")
}

// text is a string in SQL, which has no zero bytes.
func text(s string) string { return duck.Literal(strings.ReplaceAll(s, "\x00", "")) }

// texts is a list of strings.
func texts(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = text(s)
	}
	return "[" + strings.Join(out, ", ") + "]::varchar[]"
}

// integer is a number, the least one too, whose sign would be an operator.
func integer(n int64) string { return "'" + strconv.FormatInt(n, 10) + "'::bigint" }

// instant is a time in microseconds since the epoch.
func instant(us int64) string { return "make_timestamptz(" + integer(us) + ")" }

// within is a condition on time_index.
func within(from, to int64) string {
	where := "true"
	if from != math.MinInt64 {
		where = "time_index >= " + instant(from)
	}
	if to != math.MaxInt64 {
		where += " and time_index < " + instant(to)
	}
	return where
}

// row is a row of a result.
type row struct {
	duck.Table
	at int
}

func (r row) missing(column int) bool  { return r.Columns[column].IsNull(r.at) }
func (r row) text(column int) string   { return r.Columns[column].(*array.String).Value(r.at) }
func (r row) integer(column int) int64 { return r.Columns[column].(*array.Int64).Value(r.at) }
func (r row) yes(column int) bool      { return r.Columns[column].(*array.Boolean).Value(r.at) }

// optional is an integer, nil where it is missing.
func (r row) optional(column int) *int64 {
	if r.missing(column) {
		return nil
	}
	n := r.integer(column)
	return &n
}

// each calls f for every row of a query. f must not ask s anything.
func each(ctx context.Context, s duck.Session, sql string, f func(row) error) error {
	rows, err := s.Query(ctx, sql, duck.Refuse)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		table := rows.Table()
		for i := range table.Rows() {
			if err := f(row{table, i}); err != nil {
				return err
			}
		}
	}
	return rows.Err()
}

// constant writes a setting's value in SQL; a list is text.
func constant(v any) string {
	switch x := v.(type) {
	case int64:
		return integer(x)
	case float64:
		return "'" + strconv.FormatFloat(x, 'g', -1, 64) + "'::double"
	case bool:
		return strconv.FormatBool(x)
	case string:
		return text(x)
	}
	list, _ := json.Marshal(v) // of the above
	return text(string(list))
}
