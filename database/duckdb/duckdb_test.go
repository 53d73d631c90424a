package duckdb

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/duck"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is the source as databasetest knows it.
type source struct{ *Source }

func (s source) Begin(ctx context.Context) (databasetest.View, error) {
	v, err := s.Source.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

type harness struct{}

func (harness) Open(t *testing.T, tables ...databasetest.Table) databasetest.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "market.duckdb")
	var all []string
	for _, table := range tables {
		all = append(all, databasetest.Insert(table)...)
	}
	write(t, path, all...)
	return source{openSource(t, path)}
}

func openSource(t *testing.T, path string) *Source {
	t.Helper()
	s, err := Open(context.Background(), database.Address{Scheme: database.DuckDB, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write runs SQL on a DuckDB file.
func write(t *testing.T, path string, sql ...string) {
	t.Helper()
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sql {
		if err := db.Exec(ctx, s); err != nil {
			t.Fatalf("%.200s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) { databasetest.Run(t, harness{}) }
