package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// Config is the demonstration's config: it reads [DatabaseFile] beside it.
//
//go:embed tdlake.yaml
var Config []byte

// DatabaseFile is the name of the market's DuckDB file.
const DatabaseFile = "market.duckdb"

// WriteDatabase writes the market as a DuckDB file with the tables prices and holdings. It is written under a temporary name first; a
// file of that name is replaced.
func WriteDatabase(ctx context.Context, path string, m *Market) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".market-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	temporary, err := filepath.Abs(filepath.Join(dir, DatabaseFile))
	if err != nil {
		return err
	}
	if err := writeTables(ctx, temporary, m); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(temporary, path)
}

func writeTables(ctx context.Context, path string, m *Market) (err error) {
	db, err := duck.Open(ctx, duck.Options{AllowedDirs: []string{filepath.Dir(path)}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sql := "attach " + duck.Literal(path) + " as market;\n"
	for _, t := range []struct {
		name string
		rows *frame.Frame
	}{{"prices", m.Prices}, {"holdings", m.Holdings}} {
		if err := db.Register(t.name, t.rows); err != nil {
			return err
		}
		sql += fmt.Sprintf("create table market.%[1]s as select * from memory.%[1]s;\n", t.name)
	}
	return db.Exec(ctx, sql+"detach market;")
}

// Exists reports whether there is a file of the name.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
