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
	c := &folder{name: s.Name(), path: s.folder, tables: map[string][]string{}, state: map[string]fs.FileInfo{}, looked: map[string]*csvFile{}}
	for _, e := range entries {
		table, ok := tableOf(e.Name())
		info, err := os.Stat(filepath.Join(s.folder, e.Name()))
		if err == nil && info.IsDir() {
			c.folders = append(c.folders, e.Name())
			continue
		}
		if err != nil || !ok {
			continue // a link to nowhere, or no table
		}
		if e.Type()&fs.ModeSymlink != 0 {
			c.links = append(c.links, filepath.Join(s.folder, e.Name()))
		}
		c.tables[table] = append(c.tables[table], e.Name())
		c.state[e.Name()] = info
	}
	return c, nil
}

var endings = []string{".parquet", ".csv", ".csv.gz"}

// tableOf returns the table that a file's name is for.
func tableOf(name string) (string, bool) {
	for _, end := range endings {
		if n := len(name) - len(end); n > 0 && strings.EqualFold(name[n:], end) {
			return name[:n], true
		}
	}
	return "", false
}

func isCSV(file string) bool { return !strings.EqualFold(filepath.Ext(file), ".parquet") }

// files returns the files of a table: one of the folder, one of a folder below it, or the Parquet files of a folder.
func (c *folder) files(table string) ([]string, error) {
	names := c.tables[table]
	if len(names) == 0 && strings.Contains(table, "/") && filepath.IsLocal(table) {
		names = c.below(table)
	}
	parts := c.parts(table)
	if len(names) > 0 && len(parts) > 0 {
		names = append(slices.Clone(names), "the folder "+filepath.Dir(parts[0]))
	}
	switch {
	case len(names) == 1:
		return names, nil
	case len(names) > 1:
		return nil, database.NewError(database.Data, c.name, "remove one of them", "table %q has two files: %s", table, strings.Join(names, " and "))
	case len(parts) > 0:
		return parts, nil
	}
	return nil, c.noTable(table)
}

// below finds the file of a table in a folder below this one: us/px is us/px.csv.
func (c *folder) below(table string) (names []string) {
	dir, base := filepath.Split(table)
	entries, _ := os.ReadDir(filepath.Join(c.path, dir)) //nolint:errcheck // a folder that is not there has no file
	for _, e := range entries {
		name, ok := tableOf(e.Name())
		info, err := os.Stat(filepath.Join(c.path, dir, e.Name()))
		if ok && name == base && err == nil && !info.IsDir() {
			names = append(names, filepath.Join(dir, e.Name()))
			c.state[names[len(names)-1]] = info
		}
	}
	return names
}

// parts finds the Parquet files of a folder that is a table: prices or prices.parquet, whatever folders they are in.
// Names that begin with _ or . are for the program that wrote them.
func (c *folder) parts(table string) (files []string) {
	for _, root := range []string{table, table + ".parquet"} {
		if !filepath.IsLocal(root) {
			continue
		}
		top := filepath.Join(c.path, root)
		filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error { //nolint:errcheck // what cannot be read is no part
			switch {
			case err != nil:
				return nil
			case path != top && strings.ContainsRune("_.", rune(e.Name()[0])):
				if e.IsDir() {
					return fs.SkipDir
				}
				return nil
			case e.IsDir() || !strings.EqualFold(filepath.Ext(path), ".parquet"):
				return nil
			}
			if info, err := e.Info(); err == nil && path != top {
				file := filepath.Join(root, strings.TrimPrefix(path, top))
				files = append(files, file)
				c.state[file] = info
			}
			return nil
		})
		if len(files) > 0 {
			return files
		}
	}
	return nil
}

// noTable says what there is in place of a table.
func (c *folder) noTable(table string) error {
	if name, ok := tableOf(table); ok {
		return database.NewError(database.Missing, c.name, fmt.Sprintf("write table: %s", name), "there is no table %q: a table is named without its file's ending", table)
	}
	entries, _ := os.ReadDir(filepath.Join(c.path, filepath.Dir(table))) //nolint:errcheck // the message is of what there is
	for _, e := range entries {
		if base := filepath.Base(table); strings.HasPrefix(e.Name(), base+".") || e.Name() == base {
			what := "is neither Parquet nor CSV"
			if e.IsDir() {
				what = "is a folder without Parquet files"
			}
			return database.NewError(database.Missing, c.name, "make it a Parquet or CSV file, or a folder of Parquet files", "there is no table %q: %s %s", table, filepath.Join(filepath.Dir(table), e.Name()), what)
		}
	}
	return database.NewError(database.Missing, c.name, database.Among("table", table, c.names()), "there is no table %q: no file %s.parquet or %s.csv", table, table, table)
}

// names are those of the folder's files, and of its folders that have Parquet files.
func (c *folder) names() []string {
	var out []string
	for name := range c.tables {
		out = append(out, name)
	}
	for _, name := range c.folders {
		name = strings.TrimSuffix(name, ".parquet")
		if _, ok := c.tables[name]; !ok && len(c.parts(name)) > 0 {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// literal returns a file's path as DuckDB's functions take it.
func (c *folder) literal(file string) string {
	return duck.Literal(duck.EscapePath(filepath.Join(c.path, file)))
}
