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
	if err := r.execute(); err != nil {
		return err
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

// execute begins to run the prepared statement, if it does not run yet.
func (r *Rows) execute() error {
	if r.running {
		return nil
	}
	if bindings.ExecutePreparedStreaming(r.stmt, &r.res) == mapping.StateError {
		return failure(r.ctx, mapping.ResultError(&r.res))
	}
	r.running = true
	return nil
}

// prepare prepares a statement and finds its columns. Those of a PIVOT are known once it runs: it begins to.
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
	if n > 1 {
		return errSeveral
	}
	mapping.DestroyPrepare(&r.stmt)
	if mapping.PrepareExtractedStatement(*r.conn, list, 0, &r.stmt) == mapping.StateError {
		return failure(r.ctx, mapping.PrepareError(r.stmt))
	}
	kind := mapping.PreparedStatementType(r.stmt)
	if r.guard != nil {
		if err := r.guard.checkType(kind); err != nil {
			return err
		}
	}
	if kind != mapping.StatementTypeMulti {
		r.describe()
		return nil
	}
	if err := r.execute(); err != nil {
		return err
	}
	r.describeResult()
	return nil
}

// describe takes the columns of the prepared statement.
func (r *Rows) describe() {
	r.columns = nil
	for i := range mapping.PreparedStatementColumnCount(r.stmt) {
		r.describeColumn(mapping.PreparedStatementColumnName(r.stmt, i), mapping.PreparedStatementColumnLogicalType(r.stmt, i))
	}
}

// describeResult takes the columns of the running statement.
func (r *Rows) describeResult() {
	r.columns = nil
	for i := range mapping.ColumnCount(&r.res) {
		r.describeColumn(mapping.ColumnName(&r.res, i), mapping.ColumnLogicalType(&r.res, i))
	}
}

func (r *Rows) describeColumn(name string, t mapping.LogicalType) {
	r.columns = append(r.columns, Column{Name: name, SQL: sqlName(t), Type: frameTypes[mapping.GetTypeId(t)]})
	mapping.DestroyLogicalType(&t)
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
	mapping.DestroyResult(&r.res)
	r.running = false
	err = r.prepare(fmt.Sprintf("select %s from (%s\n) t(%s)", strings.Join(values, ", "), sql, strings.Join(names, ", ")))
	for i := range r.columns {
		r.columns[i].Name = original[i].Name
	}
	return err
}
