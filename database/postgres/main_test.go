package postgres

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m, func() error { return goleak.Find() }) }

// source is the source as databasetest knows it.
type source struct{ *Source }

func (s source) Begin(ctx context.Context) (databasetest.View, error) {
	v, err := s.Source.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// harness makes databases: of plain tables, in a collation other than byte order, with indexes, or on another server.
type harness struct {
	server     *pgtest.Server // nil: the process's
	linguistic bool
	settings   string                                // of the database: SQL, in which %s is its name
	finish     func(table databasetest.Table) string // SQL to run on a table that was filled
}

func (h harness) Open(t *testing.T, tables ...databasetest.Table) databasetest.Source {
	t.Helper()
	url := h.url(t)
	for _, table := range tables {
		for _, sql := range databasetest.Insert(table) {
			pgtest.Exec(t, url, sql)
		}
		if h.finish != nil {
			pgtest.Exec(t, url, h.finish(table))
		}
	}
	return source{open(t, url)}
}

// url is the address of a new database.
func (h harness) url(t *testing.T) (url string) {
	t.Helper()
	switch {
	case h.server != nil:
		url = h.server.Database(t, "")
	case h.linguistic:
		url = pgtest.Linguistic(t)
	default:
		url = pgtest.Database(t)
	}
	if h.settings != "" {
		pgtest.Exec(t, url, strings.ReplaceAll(h.settings, "%s", pgtest.Query(t, url, "select current_database()")[0][0]))
	}
	return url
}

func open(t testing.TB, url string) *Source {
	t.Helper()
	s, err := Open(context.Background(), database.Address{Scheme: database.Postgres, URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// view begins a view that ends with the test.
func view(t testing.TB, url string) *View {
	t.Helper()
	v, err := open(t, url).Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func table(name string, columns ...string) graph.Table {
	return graph.Table{Name: name, Key: []string{"time_index", "unique_identifier"}, Columns: columns}
}
