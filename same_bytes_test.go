package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/demo"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// TestSameBytesFromEveryDatabase snapshots and sweeps one market from Parquet files, CSV files, a DuckDB file and PostgreSQL, with one
// job and with eight, and compares every file of the lakes.
func TestSameBytesFromEveryDatabase(t *testing.T) {
	market := demo.NewMarket()
	home := t.TempDir()
	databases := map[string]string{
		"parquet":    "files:" + exportFiles(t, home, market, "parquet"),
		"csv":        "files:" + exportFiles(t, home, market, "csv"),
		"duckdb":     "duckdb:" + filepath.Join(home, demo.DatabaseFile),
		"postgresql": loadPostgres(t, market),
	}
	if err := demo.WriteDatabase(context.Background(), filepath.Join(home, demo.DatabaseFile), market); err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	for i, name := range slices.Sorted(maps.Keys(databases)) {
		dir := filepath.Join(home, "lake of "+name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(demo.Config), "duckdb:market.duckdb", databases[name], 1)
		text = strings.Replace(text, "{range: [60, 720, 20]}", "[60, 400, 700]", 1)
		config := filepath.Join(dir, "tdlake.yaml")
		if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		jobs := []string{"--jobs", "1"}
		if i%2 == 1 {
			jobs[1] = "8"
		}
		tdlake(t, append(jobs, "snapshot", config)...)
		tdlake(t, append(jobs, "sweep", config, "--store-target")...)
		got := filesBelow(t, filepath.Join(dir, "lake"))
		if len(got) < 10 {
			t.Fatalf("%s: only %d files", name, len(got))
		}
		if want == nil {
			want = got
			continue
		}
		for path, sum := range want {
			if got[path] != sum {
				t.Errorf("%s: %s has other bytes than from %s", name, path, slices.Sorted(maps.Keys(databases))[0])
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d files, not %d", name, len(got), len(want))
		}
	}
}

// filesBelow returns the checksum of each file of a lake, but for the two that say where it came from and who holds it.
func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "_snapshot.json" || e.Name() == "_lock" {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		sums[rel] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// exportFiles writes the market as files in an order that is not the key's.
func exportFiles(t *testing.T, home string, m *demo.Market, format string) string {
	t.Helper()
	dir := filepath.Join(home, format)
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*frame.Frame{"prices": m.Prices, "holdings": m.Holdings} {
		path := filepath.Join(dir, name+"."+format)
		db, err := duck.Open(context.Background(), duck.Options{AllowedFiles: []string{path}})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Register("rows", f); err != nil {
			t.Fatal(err)
		}
		err = db.Exec(context.Background(), fmt.Sprintf("copy (select * from rows order by unique_identifier, time_index) to %s (format %s)", duck.Literal(path), format))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadPostgres loads the market by identifier into a new database.
func loadPostgres(t *testing.T, m *demo.Market) string {
	t.Helper()
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices (time_index timestamptz, unique_identifier text, open float8, high float8, low float8, close float8,
		adj_close float8, volume bigint, primary key (unique_identifier, time_index))`)
	pgtest.Exec(t, url, `create table holdings (time_index timestamptz, etf text, unique_identifier text, weight_pct float8)`)
	pgtest.Load(t, url, "prices", rowsOf(m.Prices))
	pgtest.Load(t, url, "holdings", rowsOf(m.Holdings))
	return url
}

func rowsOf(f *frame.Frame) [][]any {
	rows := make([][]any, f.Rows())
	for i := range rows {
		rows[i] = make([]any, len(f.Schema().Fields))
		for c := range rows[i] {
			col := f.Column(c)
			if col.IsNull(i) {
				continue
			}
			switch a := col.(type) {
			case *array.Timestamp:
				rows[i][c] = time.UnixMicro(int64(a.Value(i))).UTC()
			case *array.String:
				rows[i][c] = a.Value(i)
			case *array.Float64:
				rows[i][c] = a.Value(i)
			case *array.Int64:
				rows[i][c] = a.Value(i)
			}
		}
	}
	return rows
}
