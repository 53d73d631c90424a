package duckdb

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/duck"
)

// tables are Tables as databasetest knows them.
type tables struct{ *Tables }

func (t tables) Begin(ctx context.Context) (databasetest.View, error) {
	v, err := t.Tables.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// openTables returns the tables in a new file that has a table of its users'.
func openTables(t *testing.T) *Tables {
	t.Helper()
	path := filepath.Join(t.TempDir(), "market.duckdb")
	write(t, path, "create table prices as select timestamptz '2022-01-03' as time_index, 'A' as unique_identifier, 1.5::double as close")
	return closing(t, openSource(t, path).Tables())
}

func closing(t *testing.T, tables *Tables) *Tables {
	t.Cleanup(func() {
		if err := tables.Close(); err != nil {
			t.Error(err)
		}
	})
	return tables
}

// users is another file's source, for tables beside it.
func users(t *testing.T) *Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.duckdb")
	write(t, path, "create table prices as select timestamptz '2022-01-03' as time_index, 'A' as unique_identifier, 2.5::double as close")
	return openSource(t, path)
}

func TestTables(t *testing.T) {
	databasetest.RunTables(t, func(t *testing.T) databasetest.Tables { return tables{openTables(t)} })
}

func TestTablesBeside(t *testing.T) {
	databasetest.RunTables(t, func(t *testing.T) databasetest.Tables {
		return tables{closing(t, Beside(users(t), "files:data", filepath.Join(t.TempDir(), "lake", "_tables.duckdb")))}
	})
}

func TestTablesBesideAnotherSourceAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "_tables.duckdb")
	first := users(t)
	tables := Beside(first, "files:data", path)
	if all, err := tables.List(t.Context()); err != nil || len(all) > 0 || tables.exists() {
		t.Fatalf("listing what is not there: %v, %v", all, err)
	}
	if _, err := tables.BeginRun(t.Context(), "", "", 0); err != nil {
		t.Fatal(err)
	}
	if err := tables.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Beside(users(t), "files:other", path).List(t.Context())
	if !database.IsKind(err, database.Refused) || !strings.Contains(err.Error(), "files:data") {
		t.Error(err)
	}
	moved := Beside(users(t), "files:data", path) // the same address, elsewhere
	if _, err := moved.List(t.Context()); err != nil {
		t.Error(err)
	}
	if err := moved.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

// TestWhatAKilledProcessWasMakingIsRemoved leaves a folder as one does that is killed while it makes the file, an hour ago, and
// that of one that is at it now.
func TestWhatAKilledProcessWasMakingIsRemoved(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"_tables-1": 2 * time.Hour, "_tables-2": time.Second, "2022-01-01": 2 * time.Hour} {
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Join(folder, "inner"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(folder, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	tables := Beside(users(t), "files:data", filepath.Join(dir, "_tables.duckdb"))
	if _, err := tables.BeginRun(t.Context(), "", "", 0); err != nil {
		t.Fatal(err)
	}
	if err := tables.Close(); err != nil {
		t.Fatal(err)
	}
	var left []string
	all, _ := os.ReadDir(dir)
	for _, e := range all {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != "2022-01-01 _tables-2 _tables.duckdb" {
		t.Errorf("left is %s", got)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	tables := openTables(t)
	if _, err := tables.BeginRun(t.Context(), "", "", 0); err != nil {
		t.Fatal(err)
	}
	if err := tables.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, tables.path, "insert into tdlake.migrations (version) values (99)")
	if _, err := tables.List(t.Context()); !database.IsKind(err, database.Refused) || !strings.Contains(err.Error(), "version 99") {
		t.Error(err)
	}
}

func TestNoTablesAreMadeWhereThereIsNoFile(t *testing.T) {
	missing := openSource(t, filepath.Join(t.TempDir(), "none.duckdb")).Tables()
	if _, err := missing.List(t.Context()); !database.IsKind(err, database.Unreachable) {
		t.Error(err)
	}
	named := filepath.Join(t.TempDir(), "tdlake.duckdb")
	write(t, named, "create table t as select 1 as x")
	if _, err := openSource(t, named).Tables().List(t.Context()); !database.IsKind(err, database.Refused) || !strings.Contains(err.Error(), "schema tdlake") {
		t.Error(err)
	}
	db, err := duck.Open(t.Context(), duck.Options{ReadOnlyFile: named})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if version, err := schemaVersion(t.Context(), db); err != nil || version != 0 {
		t.Errorf("version %d, %v", version, err)
	}
}

// TestTablesBesideAreNoLinks has a lake from elsewhere, with links in it.
func TestTablesBesideAreNoLinks(t *testing.T) {
	for _, name := range []string{"_tables.duckdb", "_tables.duckdb.wal", "."} {
		dir, outside := t.TempDir(), t.TempDir()
		lake := filepath.Join(dir, "lake")
		link, to := filepath.Join(lake, name), filepath.Join(outside, "x")
		if name == "." {
			to = outside
		} else if err := os.Mkdir(lake, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		tables := closing(t, Beside(users(t), "files:data", filepath.Join(lake, "_tables.duckdb")))
		_, err := tables.BeginRun(t.Context(), "update", "host", 1)
		if err == nil || !strings.Contains(err.Error(), "is a symbolic link") {
			t.Errorf("%s: %v", name, err)
		}
		if entries, _ := os.ReadDir(outside); len(entries) > 0 {
			t.Errorf("%s: there is %v outside", name, entries)
		}
	}
}
