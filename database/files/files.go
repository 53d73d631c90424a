package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
)

// Source is a folder.
type Source struct{ folder string }

// View is one consistent view of a folder.
type View = relation.View

// Open returns the source of an address of the scheme files. It looks at nothing yet.
func Open(_ context.Context, a database.Address) (*Source, error) {
	folder, err := filepath.Abs(a.Path)
	if err != nil {
		return nil, err
	}
	return &Source{folder}, nil
}

// Name returns the address.
func (s *Source) Name() string { return "files:" + s.folder }

// Begin lists the folder.
func (s *Source) Begin(ctx context.Context) (*View, error) {
	c, err := s.list()
	if err != nil {
		return nil, err
	}
	return relation.New(ctx, s.Name(), c, duck.Options{AllowedDirs: []string{s.folder}, AllowedFiles: c.links})
}

// list finds the folder's tables.
func (s *Source) list() (*folder, error) {
	entries, err := os.ReadDir(s.folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, database.NewError(database.Unreachable, s.Name(), "", "there is no such folder").Because(err)
	case errors.Is(err, fs.ErrPermission):
		return nil, database.NewError(database.Refused, s.Name(), "", "the folder may not be read").Because(err)
	case err != nil:
		return nil, database.NewError(database.Unreachable, s.Name(), "", "the folder cannot be read: %v", err).Because(err)
	}
	c := &folder{name: s.Name(), path: s.folder, tables: map[string][]string{}, state: map[string]fs.FileInfo{}, csv: map[string][]csvColumn{}}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext != ".parquet" && ext != ".csv" {
			continue
		}
		info, err := os.Stat(filepath.Join(s.folder, e.Name()))
		if err != nil || info.IsDir() {
			continue // a link to nowhere, or a folder: no table
		}
		if e.Type()&fs.ModeSymlink != 0 {
			c.links = append(c.links, filepath.Join(s.folder, e.Name()))
		}
		table := strings.TrimSuffix(e.Name(), ext)
		c.tables[table] = append(c.tables[table], e.Name())
		c.state[e.Name()] = info
	}
	return c, nil
}

// file returns the file of a table.
func (c *folder) file(table string) (string, error) {
	switch names := c.tables[table]; len(names) {
	case 1:
		return names[0], nil
	case 0:
		return "", database.NewError(database.Missing, c.name, database.Among("table", table, c.names()),
			"there is no table %q: no file %s.parquet or %s.csv", table, table, table)
	default:
		return "", database.NewError(database.Data, c.name, "remove one of them", "table %q has two files: %s", table, strings.Join(names, " and "))
	}
}

func (c *folder) names() []string {
	var out []string
	for name := range c.tables {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// parquet returns the table function that reads a Parquet file.
func (c *folder) parquet(file string) string {
	return fmt.Sprintf("read_parquet(%s, hive_partitioning = false)", c.literal(file))
}

// literal returns a file's path as DuckDB's functions take it.
func (c *folder) literal(file string) string {
	return duck.Literal(duck.EscapePath(filepath.Join(c.path, file)))
}
