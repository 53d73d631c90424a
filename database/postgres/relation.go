package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// relation is a graph.Table looked up in the database.
type relation struct {
	table  graph.Table
	label  string // for messages: table prices, or the query
	from   string // for SQL: what rows are selected from
	oid    uint32 // 0 for a query
	cols   []column
	schema frame.Schema
	id     *column // that identifiers restrict; nil where nothing is restricted
	index  indexes
	times  *times // what Back found so far
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
	r := &relation{table: t}
	attrs, err := v.find(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := v.choose(r, attrs); err != nil {
		return nil, err
	}
	if err := v.findIndexes(ctx, r); err != nil {
		return nil, err
	}
	v.relations[string(key)] = r
	return r, nil
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
	if r.from, r.oid, err = v.locate(ctx, r, parts); err != nil {
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
	return attrs, v.resolve(ctx, r.label, attrs)
}

// locate finds a table by its name exactly as written: a config's names are not folded to lower case as SQL's are.
func (v *View) locate(ctx context.Context, r *relation, parts []string) (string, uint32, error) {
	name := quoteAll(parts)
	rows, err := v.query(ctx, r.label, `select c.oid from pg_class c where c.oid = to_regclass(`+literal(name)+`) and c.relkind in ('r', 'p', 'v', 'm', 'f')`)
	if err != nil {
		return "", 0, err
	}
	if len(rows) == 1 {
		return name, number(rows[0][0]), nil
	}
	known, err := v.query(ctx, r.label, `select case when pg_table_is_visible(c.oid) then relname else nspname || '.' || relname end
from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'p', 'v', 'm', 'f') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
and not relispartition order by 1 limit 10000`)
	if err != nil {
		return "", 0, err
	}
	return "", 0, v.missing(r, database.Among("table", r.table.Name, texts(known)), "there is no table %q", r.table.Name)
}

// findQuery describes a query. Being described alone, by a protocol that takes one statement only, is also what makes it
// safe to wrap: whatever is one whole statement cannot end the subquery that it is put in.
func (v *View) findQuery(ctx context.Context, r *relation) ([]attribute, error) {
	r.label = "the query"
	text := statement(r.table.Query)
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
		return database.NewError(database.Data, v.source.name, "a query is one SELECT statement", "the query: %s", said.Message).Because(err)
	}
	return v.fail(ctx, r.label, err)
}

func (v *View) missing(r *relation, hint, format string, args ...any) error {
	return database.NewError(database.Missing, v.source.name, hint, format, args...)
}

func (v *View) data(hint, format string, args ...any) error {
	return database.NewError(database.Data, v.source.name, hint, format, args...)
}

// choose picks the columns of the node among the attributes, and sets cols and schema.
func (v *View) choose(r *relation, attrs []attribute) error {
	byName, err := v.renamed(r, attrs)
	if err != nil {
		return err
	}
	names := slices.Clone(r.table.Key)
	wanted := r.table.Columns
	if wanted == nil {
		for _, a := range byName {
			wanted = append(wanted, a.as)
		}
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for i, name := range names {
		c, err := v.column(r, byName, name, i < len(r.table.Key))
		if err != nil {
			return err
		}
		r.cols = append(r.cols, c)
		r.schema.Fields = append(r.schema.Fields, c.field)
	}
	r.schema.Key = len(r.table.Key)
	if len(r.table.Identifiers) > 0 {
		id, err := v.column(r, byName, frame.UniqueIdentifier, true)
		if err != nil {
			return err
		}
		r.id = &id
	}
	return r.schema.Check()
}

// named is an attribute under its name in the node.
type named struct {
	attribute
	as string
}

func (v *View) renamed(r *relation, attrs []attribute) ([]named, error) {
	var out []named
	var known []string
	seen := map[string]bool{}
	for _, a := range attrs {
		as, ok := r.table.Rename[a.name]
		if !ok {
			as = a.name
		}
		if seen[as] {
			return nil, v.data("rename one of them to another name", "%s: two columns are named %q", r.label, as)
		}
		seen[as] = true
		out = append(out, named{a, as})
		known = append(known, a.name)
	}
	for _, from := range slices.Sorted(maps.Keys(r.table.Rename)) {
		if !slices.Contains(known, from) {
			return nil, v.missing(r, database.Among("column", from, known), "%s has no column %q to rename", r.label, from)
		}
	}
	return out, nil
}

// column finds one column of the node.
func (v *View) column(r *relation, attrs []named, name string, key bool) (column, error) {
	i := slices.IndexFunc(attrs, func(a named) bool { return a.as == name })
	if i < 0 {
		return column{}, v.noColumn(r, attrs, name, key)
	}
	a := attrs[i].attribute
	c, ok := newColumn(a, name)
	if !ok {
		return column{}, v.data(castHint(r, a), "%s: column %q is %s, which a node cannot hold", r.label, a.name, a.written)
	}
	wrong := func(cast, what string) error {
		return v.data(fmt.Sprintf("make it one in a query: select %s::%s as %s, ...", identifier(a.name), cast, name),
			"%s: column %q is in the key and is %s, not %s", r.label, a.name, a.written, what)
	}
	switch {
	case name == frame.TimeIndex && c.field.Type != frame.Timestamp:
		return column{}, wrong("timestamptz", "a time")
	case name == frame.UniqueIdentifier && c.field.Type != frame.String:
		return column{}, wrong("text", "text")
	case key && c.field.Type == frame.Float64:
		return column{}, wrong("bigint", "text, a whole number, a date or a timestamp")
	}
	if c.enc == asNumeric {
		v.warn("%s: column %q: %s is stored as float", r.label, c.name, c.written)
	}
	return c, nil
}

// noColumn is the error about a column that isn't there.
func (v *View) noColumn(r *relation, attrs []named, name string, key bool) error {
	known := make([]string, len(attrs))
	for i, a := range attrs {
		known[i] = a.as
	}
	hint, part := database.Among("column", name, known), ""
	if key {
		part = ", which is in the key"
		hint += "; rename: {" + guess(name, known) + ": " + name + "} gives a column this name"
	}
	return v.missing(r, hint, "%s has no column %q%s", r.label, name, part)
}

func castHint(r *relation, a attribute) string {
	hint := fmt.Sprintf("cast it in a query: select %s::text ... or ::float8", identifier(a.name))
	if r.table.Columns == nil {
		hint += "; or list the columns that are needed under columns"
	}
	return hint
}

// guess is the column that a key's column is probably meant to come from.
func guess(name string, known []string) string {
	likely := []string{"ticker", "symbol", "asset", "identifier", "id", "name"}
	if name == frame.TimeIndex {
		likely = []string{"time", "date", "timestamp", "datetime", "ts", "day"}
	}
	for _, l := range likely {
		if slices.Contains(known, l) {
			return l
		}
	}
	return "COLUMN"
}
