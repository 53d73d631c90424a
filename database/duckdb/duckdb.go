package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
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
	return whenFree(ctx, func() (*View, error) {
		v, err := relation.New(ctx, s.Name(), &catalog{name: s.Name()}, duck.Options{ReadOnlyFile: s.path, AllowedDirs: []string{filepath.Dir(s.path)}})
		var said *duck.Error
		if errors.As(err, &said) {
			return nil, refused(s.Name(), said)
		}
		return v, err
	})
}

// catalog finds tables by their names: relation.Catalog.
type catalog struct{ name string }

// Prepare does nothing: the file's own names are there.
func (c *catalog) Prepare(context.Context, duck.Session, string) ([]string, error) { return nil, nil }

// Check finds nothing wrong: the file is locked.
func (c *catalog) Check() error { return nil }

// Schemas that tdlake makes in a file.
const ownSchema, viewSchema = "tdlake", "tdlake_views"

// Table returns what follows FROM for a table or view. A name without a schema that is not in the main one is looked for
// among the tables that tdlake keeps.
func (c *catalog) Table(ctx context.Context, db duck.Session, t graph.Table, _ string) (relation.Found, error) {
	from, err := c.table(ctx, db, t)
	return relation.Found{From: from}, err
}

func (c *catalog) table(ctx context.Context, db duck.Session, t graph.Table) (string, error) {
	const list = `select schema_name, table_name from duckdb_tables() where not internal
		union all select schema_name, view_name from duckdb_views() where not internal order by all`
	var known []string
	found, own, kept := "", "", false
	err := each(ctx, db, list, func(r row) error {
		schema, table := r.text(0), r.text(1)
		full := schema + "." + table
		if schema == "main" {
			full = table
		}
		kept = kept || full == ownSchema+".nodes"
		switch {
		case schema == ownSchema && (table == t.Name || full == t.Name):
			own = table
		case full == t.Name:
			found = duck.Quote(schema) + "." + duck.Quote(table)
		case schema != ownSchema:
			known = append(known, full)
		}
		return nil
	})
	switch {
	case err != nil || found != "":
		return found, err
	case own != "" && !kept: // somebody else's schema of that name
		return ownTable(own), nil
	case own != "":
		return c.ownRows(ctx, db, own, t.Process)
	}
	return "", database.NewError(database.Missing, c.name, database.Among("table", t.Name, known), "there is no table %q", t.Name)
}

// ownRows selects the rows of one of tdlake's tables, where several processes fill it those of one, if one is named.
func (c *catalog) ownRows(ctx context.Context, db duck.Session, table, process string) (string, error) {
	where, shared := "", false
	err := each(ctx, db, fmt.Sprintf("select shared, process, from_us is not null and local_hash_id = %s from tdlake.nodes where table_name = %s",
		text(process), text(table)), func(r row) error {
		shared = shared || r.yes(0)
		if r.yes(2) {
			where = fmt.Sprintf(" where list_contains(%s, %d)", processes, r.integer(1))
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case !shared:
		return ownTable(table), nil
	case process != "" && where == "":
		return "", database.NewError(database.Missing, c.name, "tdlake update, with a config whose node has this identity, writes them; tdlake tables says whose rows there are",
			"%s has written no rows into table %q, which others fill too", process, table)
	}
	return fmt.Sprintf("(select columns(lambda c: c <> %s) from %s%s) as own", duck.Literal(processes), ownTable(table), where), nil
}
