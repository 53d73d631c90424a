package schedule

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/duckdb"
	"github.com/tdlake/tdlake/database/postgres"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// onBoth runs a test on PostgreSQL and on a DuckDB file, at the same time: both mostly wait for the disk. empty makes a
// database and returns its address.
func onBoth(t *testing.T, test func(t *testing.T, empty func(testing.TB) string)) {
	for name, empty := range map[string]func(testing.TB) string{"postgres": pgtest.Database, "duckdb": emptyFile} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, empty)
		})
	}
}

// testStore is a database as a test opens it.
type testStore interface {
	Store
	Claims
	Heart
	Close() error
}

// openStore opens the tables of a database.
func openStore(t testing.TB, url string) testStore {
	t.Helper()
	if f := fileAt(url); f != nil {
		return f
	}
	s := pgStore{openSource(t, url).Tables()}
	t.Cleanup(func() { s.Close() })
	return s
}

// pgStore is PostgreSQL's tables as a Store.
type pgStore struct{ *postgres.Tables }

func (s pgStore) Begin(ctx context.Context) (View, error) { return begin(s.Tables.Begin(ctx)) }

func openSource(t testing.TB, url string) *postgres.Source {
	t.Helper()
	s, err := postgres.Open(context.Background(), database.Address{Scheme: database.Postgres, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// begin leaves no View that is a nil pointer.
func begin[V View](v V, err error) (View, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// duckStore is a DuckDB file's tables as a Store. All that a test opens of a file are one: DuckDB's lock keeps out other
// processes, but not a second database in this one. Closing it gives the file away for a time.
type duckStore struct{ *duckdb.Tables }

func (s duckStore) Begin(ctx context.Context) (View, error) { return begin(s.Tables.Begin(ctx)) }

// files are the open ones, by address.
var files sync.Map

func emptyFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "market.duckdb")
	url := "duckdb:" + path
	s := openFile(t, path)
	files.Store(url, s)
	onFile(t, url, func(context.Context, *duck.DB) error { return nil })
	t.Cleanup(func() {
		files.Delete(url)
		s.Close()
	})
	return url
}

func openFile(t testing.TB, path string) duckStore {
	t.Helper()
	s, err := duckdb.Open(context.Background(), database.Address{Scheme: database.DuckDB, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return duckStore{s.Tables()}
}

// fileAt returns the tables of a DuckDB file, nil for the address of a server.
func fileAt(url string) testStore {
	if s, ok := files.Load(url); ok {
		return s.(duckStore)
	}
	return nil
}

// onFile does something to a file that nobody reads meanwhile.
func onFile(t testing.TB, url string, do func(context.Context, *duck.DB) error) {
	t.Helper()
	ctx := context.Background()
	if err := fileAt(url).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := duck.Open(ctx, duck.Options{File: strings.TrimPrefix(url, "duckdb:")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := do(ctx, db); err != nil {
		t.Fatal(err)
	}
}

// execute runs statements.
func execute(t testing.TB, url, sql string) {
	t.Helper()
	if fileAt(url) == nil {
		pgtest.Exec(t, url, sql)
		return
	}
	onFile(t, url, func(ctx context.Context, db *duck.DB) error { return db.Exec(ctx, sql) })
}

// query returns a statement's rows as text.
func query(t testing.TB, url, sql string) (out [][]string) {
	t.Helper()
	if fileAt(url) == nil {
		return pgtest.Query(t, url, sql)
	}
	onFile(t, url, func(ctx context.Context, db *duck.DB) error {
		rows, err := db.Query(ctx, sql, duck.AsText)
		if err != nil {
			return fmt.Errorf("%w\nin: %.500s", err, sql)
		}
		defer rows.Close()
		for rows.Next() {
			for i := range rows.Table().Rows() {
				var texts []string
				for _, c := range rows.Table().Columns {
					texts = append(texts, c.ValueStr(i))
				}
				out = append(out, texts)
			}
		}
		return rows.Err()
	})
	return out
}

// load adds rows to a table: values are nil, a float64, a string, or a time.Time.
func load(t testing.TB, url, table string, rows [][]any) {
	t.Helper()
	if fileAt(url) == nil {
		pgtest.Load(t, url, table, rows)
		return
	}
	if len(rows) == 0 {
		return
	}
	var lines []string
	for _, row := range rows {
		var values []string
		for _, v := range row {
			values = append(values, literal(v))
		}
		lines = append(lines, "("+strings.Join(values, ", ")+")")
	}
	execute(t, url, "insert into "+table+" values "+strings.Join(lines, ",\n"))
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case time.Time:
		return "'" + v.UTC().Format(time.RFC3339Nano) + "'"
	case string:
		return duck.Literal(v)
	}
	return fmt.Sprintf("'%v'::double", v)
}
