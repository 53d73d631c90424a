package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
)

// Source is a DuckDB file.
type Source struct{ path string }

// View is one consistent view of a DuckDB file.
type View = relation.View

// Open returns the source of an address of the scheme duckdb. It opens nothing yet.
func Open(_ context.Context, a database.Address) (*Source, error) {
	path, err := filepath.Abs(a.Path)
	if err != nil {
		return nil, err
	}
	return &Source{path}, nil
}

// Name returns the address.
func (s *Source) Name() string { return "duckdb:" + s.path }

// Begin opens the file.
func (s *Source) Begin(ctx context.Context) (*View, error) {
	if err := check(s.Name(), s.path); err != nil {
		return nil, err
	}
	v, err := relation.New(ctx, s.Name(), &catalog{name: s.Name()}, duck.Options{ReadOnlyFile: s.path})
	var said *duck.Error
	if errors.As(err, &said) {
		return nil, refused(s.Name(), said)
	}
	return v, err
}

// catalog finds tables by their names: relation.Catalog.
type catalog struct{ name string }

// Prepare does nothing: the file's own names are there.
func (c *catalog) Prepare(context.Context, duck.Session, string) error { return nil }

// Check finds nothing wrong: the file is locked.
func (c *catalog) Check() error { return nil }

// Schemas that tdlake makes in a file.
const ownSchema, viewSchema = "tdlake", "tdlake_views"

// Table returns what follows FROM for a table or view. A name without a schema that is not in the main one is looked for
// among the tables that tdlake keeps.
func (c *catalog) Table(ctx context.Context, db duck.Session, name, _ string) (string, error) {
	const list = `select schema_name, table_name from duckdb_tables() where not internal
		union all select schema_name, view_name from duckdb_views() where not internal order by all`
	var known []string
	found, own := "", ""
	err := each(ctx, db, list, func(r row) error {
		schema, table := r.text(0), r.text(1)
		full := schema + "." + table
		if schema == "main" {
			full = table
		}
		switch {
		case schema == ownSchema && (table == name || strings.HasPrefix(name+processMark, full+processMark)):
			own = ownRows(table, strings.TrimPrefix(name, full))
		case full == name:
			found = duck.Quote(schema) + "." + duck.Quote(table)
		case schema != ownSchema:
			known = append(known, full)
		}
		return nil
	})
	switch {
	case err != nil || found != "":
		return found, err
	case own != "":
		return own, nil
	}
	return "", database.NewError(database.Missing, c.name, database.Among("table", name, known), "there is no table %q", name)
}

// processMark stands between the name of a table and the number of the process whose rows are meant.
const processMark = "#"

// ownRows selects the rows of one of tdlake's tables, where several processes fill it those of one, if that is marked.
func ownRows(table, process string) string {
	where := ""
	if number, ok := strings.CutPrefix(process, processMark); ok {
		where = fmt.Sprintf(" where list_contains(%s, %s)", processes, number)
	}
	return fmt.Sprintf("(select columns(lambda c: c <> %s) from %s%s) as own", duck.Literal(processes), ownTable(table), where)
}
