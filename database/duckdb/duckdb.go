package duckdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
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
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, database.NewError(database.Unreachable, s.Name(), "", "there is no such file").Because(err)
	case err != nil:
		return nil, database.NewError(database.Unreachable, s.Name(), "", "the file cannot be read: %v", err).Because(err)
	case info.IsDir():
		return nil, database.NewError(database.Unreachable, s.Name(), "files:FOLDER reads a folder of Parquet and CSV files", "this is a folder, not a DuckDB file")
	}
	v, err := relation.New(ctx, s.Name(), &catalog{name: s.Name()}, duck.Options{ReadOnlyFile: s.path})
	var said *duck.Error
	if errors.As(err, &said) {
		return nil, s.refused(said)
	}
	return v, err
}

// refused says why DuckDB does not open the file.
func (s *Source) refused(said *duck.Error) error {
	hint := ""
	switch {
	case strings.Contains(said.Message, "lock"):
		hint = "another process has the file open for writing: close it there"
	case strings.Contains(said.Message, "not a valid DuckDB database"):
		hint = "it has to be a file that DuckDB wrote"
	}
	message, _, _ := strings.Cut(said.Message, "\n")
	return database.NewError(database.Refused, s.Name(), hint, "%s", message).Because(said)
}

// catalog finds tables by their names: relation.Catalog.
type catalog struct{ name string }

// Prepare does nothing: the file's own names are there.
func (c *catalog) Prepare(context.Context, duck.Session, string) error { return nil }

// Check finds nothing wrong: the file is locked.
func (c *catalog) Check() error { return nil }

// Table returns a table's or view's quoted name.
func (c *catalog) Table(ctx context.Context, db duck.Session, name, _ string) (string, error) {
	const list = `select schema_name, table_name from duckdb_tables() where not internal
		union all select schema_name, view_name from duckdb_views() where not internal order by all`
	rows, err := db.Query(ctx, list, duck.Refuse)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var known []string
	for rows.Next() {
		schema, table := rows.Table().Columns[0].(*array.String), rows.Table().Columns[1].(*array.String)
		for i := range schema.Len() {
			s, t := schema.Value(i), table.Value(i)
			full := s + "." + t
			if s == "main" {
				full = t
			}
			if full == name {
				return duck.Quote(s) + "." + duck.Quote(t), nil
			}
			known = append(known, full)
		}
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	return "", database.NewError(database.Missing, c.name, database.Among("table", name, known), "there is no table %q", name)
}
