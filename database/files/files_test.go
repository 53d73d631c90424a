package files

import (
	"context"
	"fmt"
	"os"
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
	dir := t.TempDir()
	for _, table := range tables {
		parquet(t, filepath.Join(dir, table.Name+".parquet"), table)
	}
	return source{openSource(t, dir)}
}

func openSource(t testing.TB, dir string) *Source {
	t.Helper()
	s, err := Open(context.Background(), database.Address{Scheme: database.Files, Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parquet writes a table to a file.
func parquet(t *testing.T, path string, table databasetest.Table) {
	t.Helper()
	sql := append(databasetest.Insert(table), fmt.Sprintf("copy %s to %s (format parquet)", duck.Quote(table.Name), duck.Literal(path)))
	run(t, []string{path}, sql...)
}

// run runs SQL that may write the given files.
func run(t testing.TB, paths []string, sql ...string) {
	t.Helper()
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Options{AllowedFiles: paths, MemoryLimit: 12 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range sql {
		if err := db.Exec(ctx, s); err != nil {
			t.Fatalf("%.200s: %v", s, err)
		}
	}
}

func save(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) { databasetest.Run(t, harness{}) }
