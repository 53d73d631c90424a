package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
	relations "github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// relation is a graph.Table looked up in the database.
type relation struct {
	table    graph.Table
	label    string // for messages: table prices, or a query by its beginning
	from     string // for SQL: what rows are selected from
	oid      uint32 // 0 for a query
	mayIndex bool   // not a view, a foreign table or a query
	cols     []column
	schema   frame.Schema
	id       *column // that identifiers restrict; nil where nothing is restricted
	index    indexes
	times    *times // what Back found so far

	naiveSaid bool // times without a zone were met
}

// time is the column that becomes time_index.
func (r *relation) time() *column { return &r.cols[0] }

// rest is the key without time_index.
func (r *relation) rest() []column { return r.cols[1:r.schema.Key] }

// Schema returns the columns of a table, the key first, in the order of t.Columns or the table's own.
func (v *View) Schema(ctx context.Context, t graph.Table) (frame.Schema, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.relation(ctx, t)
	if err != nil {
		return frame.Schema{}, err
	}
	return r.schema, nil
}

// relation looks a table up, once a view.
func (v *View) relation(ctx context.Context, t graph.Table) (*relation, error) {
	key, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	if r := v.relations[string(key)]; r != nil {
		return r, nil
	}
	f := v.look(ctx, t, string(key))
	if f.err != nil {
		return nil, f.err
	}
	r := f.rel
	if err := v.choose(r, slices.Clone(f.attrs)); err != nil {
		return nil, err
	}
	if err := v.findIndexes(ctx, r); err != nil {
		return nil, err
	}
	v.relations[string(key)] = r
	return r, nil
}

// finding is a relation whose columns are not chosen yet, or why there is none.
type finding struct {
	rel   *relation
	attrs []attribute
	err   error
}

// look finds a table, once a view.
func (v *View) look(ctx context.Context, t graph.Table, key string) *finding {
	f := v.found[key]
	if f == nil {
		f = &finding{rel: &relation{table: t}}
		f.attrs, f.err = v.find(ctx, f.rel)
		if f.err == nil {
			f.attrs, f.err = v.reshape(f.rel, f.attrs)
		}
		if f.err == nil || v.about(ctx, f.err) {
			v.found[key] = f
		}
	}
	return f
}

// about reports whether an error is about a table, and not that the view is over.
func (v *View) about(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !v.pg.IsClosed() && !database.IsKind(err, database.Unreachable)
}

// find returns the table's or the query's columns and sets label, from and oid.
func (v *View) find(ctx context.Context, r *relation) ([]attribute, error) {
	if r.table.Query != "" {
		return v.findQuery(ctx, r)
	}
	r.label = "table " + r.table.Name
	parts, err := split(r.table.Name)
	if err != nil {
		return nil, v.missing(r, "", "%s: the name is wrong: %v", r.label, err)
	}
	if err := v.locate(ctx, r, parts); err != nil {
		return nil, err
	}
	rows, err := v.query(ctx, r.label, fmt.Sprintf(`select a.attname, a.atttypid, a.attnotnull, coalesce(not c.collisdeterministic, false)
from pg_attribute a left join pg_collation c on c.oid = a.attcollation
where a.attrelid = %d and a.attnum > 0 and not a.attisdropped order by a.attnum`, r.oid))
	if err != nil {
		return nil, err
	}
	attrs := make([]attribute, len(rows))
	for i, row := range rows {
		attrs[i] = attribute{name: string(row[0]), oid: number(row[1]), notNull: isTrue(row[2]), icase: isTrue(row[3])}
	}
	if r.table.Process != "" {
		if attrs, err = v.ownRows(ctx, r, attrs); err != nil {
			return nil, err
		}
	}
	return attrs, v.resolve(ctx, r.label, attrs)
}

// ownRows restricts a table that several processes fill to the rows of one. Its indexes still serve.
func (v *View) ownRows(ctx context.Context, r *relation, attrs []attribute) ([]attribute, error) {
	i := slices.IndexFunc(attrs, func(a attribute) bool { return a.name == processes })
	if i < 0 {
		return attrs, nil // one process fills it
	}
	attrs = slices.Delete(attrs, i, i+1)
	names := make([]string, len(attrs))
	for k, a := range attrs {
		names[k] = identifier(a.name)
	}
	rows, err := v.query(ctx, r.label, "select process from tdlake.nodes where from_us is not null and local_hash_id = "+literal(r.table.Process))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, v.missing(r, "tdlake update, with a config whose node has this identity, writes them; tdlake tables says whose rows there are",
			"%s has written no rows into %s, which others fill too", r.table.Process, r.label)
	}
	r.from = fmt.Sprintf("(select %s from %s where %s @> array[%s])", join(names), r.from, processes, rows[0][0])
	return attrs, nil
}

// locate finds a table by its name exactly as written: a config's names are not folded to lower case as SQL's are. A name
// without a schema that is not on the search path is looked for among the tables that tdlake keeps.
func (v *View) locate(ctx context.Context, r *relation, parts []string) error {
	names := []string{quoteAll(parts)}
	if len(parts) == 1 {
		names = append(names, ownTable(parts[0])) // what update keeps there
	}
	for _, name := range names {
		rows, err := v.query(ctx, r.label, `select c.oid, c.relkind in ('r', 'p', 'm') from pg_class c where c.oid = to_regclass(`+literal(name)+`) and c.relkind in ('r', 'p', 'v', 'm', 'f')`)
		if err != nil {
			return err
		}
		if len(rows) == 1 {
			r.from, r.oid, r.mayIndex = name, number(rows[0][0]), isTrue(rows[0][1])
			return nil
		}
	}
	known, err := v.query(ctx, r.label, `select case when pg_table_is_visible(c.oid) then relname else nspname || '.' || relname end
from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'p', 'v', 'm', 'f') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
and not relispartition order by 1 limit 10000`)
	if err != nil {
		return err
	}
	return v.missing(r, database.Among("table", r.table.Name, texts(known)), "there is no table %q", r.table.Name)
}

// findQuery describes a query. Being described alone, by a protocol that takes one statement only, is also what makes it
// safe to wrap: whatever is one whole statement cannot end the subquery that it is put in.
func (v *View) findQuery(ctx context.Context, r *relation) ([]attribute, error) {
	r.label = relations.Label(r.table)
	text := statement(r.table.Query, v.pg.ParameterStatus("standard_conforming_strings") == "off")
	if _, err := v.pg.Prepare(ctx, "", r.table.Query, nil); err != nil {
		return nil, v.queryError(ctx, r, err)
	}
	r.from = "(" + text + "\n)" // the line ends a comment
	d, err := v.pg.Prepare(ctx, "", "select * from "+r.from+" as f", nil)
	if err != nil {
		return nil, v.queryError(ctx, r, err)
	}
	attrs := make([]attribute, len(d.Fields))
	for i, f := range d.Fields {
		attrs[i] = attribute{name: f.Name, oid: f.DataTypeOID}
	}
	return attrs, v.resolve(ctx, r.label, attrs)
}

func (v *View) queryError(ctx context.Context, r *relation, err error) error {
	var said *pgconn.PgError
	const syntax, readOnly, notAllowed = "42601", "25006", "0A000"
	if errors.As(err, &said) && slices.Contains([]string{syntax, readOnly, notAllowed}, said.Code) {
		v.rollback()
		return database.NewError(database.Data, v.source.name, "a query is one SELECT statement", "%s: %s", r.label, said.Message).Because(err)
	}
	return v.fail(ctx, r.label, err)
}

func (v *View) missing(r *relation, hint, format string, args ...any) error {
	return database.NewError(database.Missing, v.source.name, hint, format, args...)
}

func (v *View) data(hint, format string, args ...any) error {
	return database.NewError(database.Data, v.source.name, hint, format, args...)
}
