package files

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// folder is what a view knows of its folder: relation.Catalog.
type folder struct {
	name   string
	path   string
	tables map[string][]string    // table -> its files
	state  map[string]fs.FileInfo // file -> what it was when the view began
	links  []string               // paths that lead out of the folder

	mu    sync.Mutex
	used  []string // files that were read
	views []string // tables that queries can read by name
	csv   map[string][]csvColumn
}

// Table returns what reads a table's file.
func (c *folder) Table(ctx context.Context, db duck.Session, t graph.Table, identifier string) (string, error) {
	file, err := c.use(t.Name)
	if err != nil {
		return "", err
	}
	return c.scan(ctx, db, file, identifier)
}

// scan returns what follows FROM for a file. identifier is the column whose text is kept as it is, or "".
func (c *folder) scan(ctx context.Context, db duck.Session, file, identifier string) (string, error) {
	if filepath.Ext(file) == ".parquet" {
		return c.parquet(file), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	columns, ok := c.csv[file]
	if !ok {
		var err error
		if columns, err = detect(ctx, db, c.readCSV(file)); err != nil {
			if bad := c.malformed(file); bad != nil && ctx.Err() == nil {
				return "", bad // DuckDB says what one could set to read it nevertheless
			}
			return "", err
		}
		c.csv[file] = columns
	}
	return fmt.Sprintf("(%s) as file", selectCSV(columns, c.readCSV(file), identifier)), nil
}

// Prepare makes a view of every file whose table a query may mean.
func (c *folder) Prepare(ctx context.Context, db duck.Session, query string) error {
	words, err := duck.Mentions(query)
	if err != nil {
		return err
	}
	for _, table := range c.names() {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, table) }) {
			continue
		}
		file, err := c.use(table)
		if err != nil {
			return err
		}
		if err := c.view(ctx, db, table, file); err != nil {
			return err
		}
	}
	return nil
}

func (c *folder) view(ctx context.Context, db duck.Session, table, file string) error {
	from, err := c.scan(ctx, db, file, "")
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.views, table) {
		return nil
	}
	if err := db.Exec(ctx, fmt.Sprintf("create view %s as from %s", duck.Quote(table), from)); err != nil {
		return err
	}
	c.views = append(c.views, table)
	return nil
}

// use returns a table's file and remembers that it is read.
func (c *folder) use(table string) (string, error) {
	file, err := c.file(table)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.used, file) {
		c.used = append(c.used, file)
	}
	return file, nil
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
