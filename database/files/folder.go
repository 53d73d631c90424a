package files

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// folder is what a view knows of its folder: relation.Catalog.
type folder struct {
	name    string
	path    string
	tables  map[string][]string    // table -> its files
	state   map[string]fs.FileInfo // file -> what it was when the view began
	links   []string               // paths that lead out of the folder
	folders []string               // the names of folders in it

	mu     sync.Mutex
	used   []string // files that were read
	views  []string // tables that queries can read by name
	looked map[string]*csvFile
}

// Table returns what reads a table's files.
func (c *folder) Table(ctx context.Context, db duck.Session, t graph.Table, identifier string) (relation.Found, error) {
	files, err := c.use(t.Name)
	if err != nil {
		return relation.Found{}, err
	}
	found, err := c.scan(ctx, db, files, identifier)
	if f := c.looked[files[0]]; err == nil && f != nil && f.rows == 0 {
		return found, database.NewError(database.Data, c.name, "a table needs a row for its columns to have types", "%s has no rows below its header", files[0])
	}
	return found, err
}

// scan returns what reads a table's files: one, or the Parquet files of a folder. identifier is the column whose text is kept as it is, or "".
func (c *folder) scan(ctx context.Context, db duck.Session, files []string, identifier string) (relation.Found, error) {
	if !isCSV(files[0]) {
		return c.parquet(ctx, db, files)
	}
	f, err := c.csv(ctx, files[0])
	if err != nil {
		return relation.Found{}, err
	}
	return c.selectCSV(files[0], f, identifier), nil
}

// Prepare makes a view of every file whose table a query may mean. What it says is of columns that the query names, or may have by a star.
func (c *folder) Prepare(ctx context.Context, db duck.Session, query string) (notes []string, err error) {
	words, err := duck.Mentions(query)
	if err != nil {
		return nil, err
	}
	mentioned := func(name string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, name) })
	}
	for _, table := range c.names() {
		if !mentioned(table) {
			continue
		}
		found, err := c.view(ctx, db, table)
		if err != nil {
			return nil, err
		}
		for _, column := range slices.Sorted(maps.Keys(found.Remarks)) {
			if r := found.Remarks[column]; r.Lost && (mentioned(column) || strings.Contains(query, "*") || !mentioned("select")) {
				notes = append(notes, r.Warning(column))
			}
		}
	}
	return notes, nil
}

// view makes a view of a table, if there is none yet.
func (c *folder) view(ctx context.Context, db duck.Session, table string) (relation.Found, error) {
	files, err := c.use(table)
	if err != nil {
		return relation.Found{}, err
	}
	found, err := c.scan(ctx, db, files, "")
	if err != nil {
		return found, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.views, table) {
		return found, nil
	}
	if err := db.Exec(ctx, fmt.Sprintf("create view %s%s as from %s", duck.Quote(table), list(found.Names), found.From)); err != nil {
		return found, err
	}
	c.views = append(c.views, table)
	return found, nil
}

// list writes names in parentheses. Those that differ in case alone are numbered, as DuckDB numbers them.
func list(names []string) string {
	if names == nil {
		return ""
	}
	seen, out := map[string]int{}, make([]string, len(names))
	for i, name := range names {
		for n := seen[strings.ToLower(name)]; n > 0; n = seen[strings.ToLower(name)] {
			seen[strings.ToLower(name)]++
			name = fmt.Sprintf("%s_%d", name, n)
		}
		seen[strings.ToLower(name)]++
		out[i] = duck.Quote(name)
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// use returns a table's files and remembers that they are read.
func (c *folder) use(table string) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	files, err := c.files(table)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if !slices.Contains(c.used, file) {
			c.used = append(c.used, file)
		}
	}
	return files, nil
}

// Check compares the files that were read with what they were.
func (c *folder) Check() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, file := range c.used {
		was := c.state[file]
		is, err := os.Stat(filepath.Join(c.path, file))
		if err != nil || !os.SameFile(was, is) || is.Size() != was.Size() || !is.ModTime().Equal(was.ModTime()) {
			return database.NewError(database.Data, c.name, "run it again once nothing writes to the folder", "%s changed while it was being read", file)
		}
	}
	return nil
}
