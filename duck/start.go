package duck

import (
	"fmt"
	"slices"
	"strings"

	bindings "github.com/duckdb/duckdb-go-bindings" // streaming, which mapping leaves out
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// start prepares a statement and begins to run it.
func (r *Rows) start(sql string, convert Convert) error {
	if err := r.prepare(sql); err != nil {
		return err
	}
	if err := r.convert(sql, convert); err != nil {
		return err
	}
	if bindings.ExecutePreparedStreaming(r.stmt, &r.res) == mapping.StateError {
		return failure(r.ctx, mapping.ResultError(&r.res))
	}
	for i, c := range r.columns {
		t := mapping.ColumnLogicalType(&r.res, mapping.IdxT(i))
		if sqlName(t) != c.SQL {
			return fmt.Errorf("column %q turned from %s into %s", c.Name, c.SQL, sqlName(t))
		}
		r.readers = append(r.readers, newReader(c, t))
		mapping.DestroyLogicalType(&t)
	}
	return nil
}

// prepare runs what DuckDB makes of a statement before its last part (a PIVOT first finds its columns), and prepares that.
func (r *Rows) prepare(sql string) error {
	var list mapping.ExtractedStatements
	n := mapping.ExtractStatements(*r.conn, sql, &list)
	defer mapping.DestroyExtracted(&list)
	if n == 0 {
		if m := mapping.ExtractStatementsError(list); m != "" {
			return failure(r.ctx, m)
		}
		return &RefusedError{"there is no statement", ""}
	}
	if r.guard != nil {
		if err := r.guard.checkCount(n); err != nil {
			return err
		}
	}
	for i := range n {
		mapping.DestroyPrepare(&r.stmt)
		if mapping.PrepareExtractedStatement(*r.conn, list, i, &r.stmt) == mapping.StateError {
			return failure(r.ctx, mapping.PrepareError(r.stmt))
		}
		if r.guard != nil {
			if err := r.guard.checkType(mapping.PreparedStatementType(r.stmt), i, n); err != nil {
				return err
			}
		}
		if i == n-1 {
			break
		}
		var res mapping.Result
		state := mapping.ExecutePrepared(r.stmt, &res)
		message := mapping.ResultError(&res)
		mapping.DestroyResult(&res)
		if state == mapping.StateError {
			return failure(r.ctx, message)
		}
	}
	r.describe()
	return nil
}

// describe takes the columns of the prepared statement.
func (r *Rows) describe() {
	r.columns = nil
	for i := range mapping.PreparedStatementColumnCount(r.stmt) {
		t := mapping.PreparedStatementColumnLogicalType(r.stmt, i)
		r.columns = append(r.columns, Column{
			Name: mapping.PreparedStatementColumnName(r.stmt, i),
			SQL:  sqlName(t),
			Type: frameTypes[mapping.GetTypeId(t)],
		})
		mapping.DestroyLogicalType(&t)
	}
}

// convert prepares the statement again, around it a cast of the columns that need one.
func (r *Rows) convert(sql string, convert Convert) error {
	odd := slices.IndexFunc(r.columns, func(c Column) bool { return c.Type == 0 })
	if odd < 0 {
		return nil
	}
	if convert == Refuse {
		return &TypeError{r.columns[odd].Name, r.columns[odd].SQL}
	}
	original := r.columns
	names, values := make([]string, len(original)), make([]string, len(original))
	for i, c := range original {
		names[i] = fmt.Sprintf("c%d", i)
		values[i] = names[i]
		switch {
		case c.Type != 0:
		case convert == AsJSON:
			values[i] = "cast(to_json(" + names[i] + ") as varchar)"
		default:
			values[i] = "cast(" + names[i] + " as varchar)"
		}
	}
	sql, err := Trim(sql)
	if err != nil {
		return err
	}
	err = r.prepare(fmt.Sprintf("select %s from (%s\n) t(%s)", strings.Join(values, ", "), sql, strings.Join(names, ", ")))
	for i := range r.columns {
		r.columns[i].Name = original[i].Name
	}
	return err
}
