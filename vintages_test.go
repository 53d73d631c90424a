package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// historySQL is the tests' table: that of identifier A was adjusted up to a day.
const historySQL = `select date '2023-01-01' + cast(d as integer) as time_index, u as unique_identifier,
	cast((100 + (d * 7) %% 29 + length(u)) / (case when u = 'A' and d < %d then 10.0 else 1.0 end) as double precision) as close, d %% 5 as size
	from %s as s(d), (values ('A'), ('BB')) as i(u)`

// vintageSources write the table, adjusted up to a day, and return the database's address.
var vintageSources = map[string]func(t *testing.T, home, url string, adjusted int) string{
	"csv": func(t *testing.T, home, _ string, adjusted int) string {
		return "files:" + writeHistory(t, filepath.Join(home, "prices.csv"), "copy (%s) to '%s' (format csv)", adjusted)
	},
	"parquet": func(t *testing.T, home, _ string, adjusted int) string {
		return "files:" + writeHistory(t, filepath.Join(home, "prices.parquet"), "copy (%s) to '%s' (format parquet)", adjusted)
	},
	"duckdb": func(t *testing.T, home, _ string, adjusted int) string {
		writeHistory(t, filepath.Join(home, "market.duckdb"), "attach '%[2]s' as m; create or replace table m.prices as %[1]s; detach m", adjusted)
		return "duckdb:" + filepath.Join(home, "market.duckdb")
	},
	"postgres": func(t *testing.T, _, url string, adjusted int) string {
		pgtest.Exec(t, url, "drop table if exists prices; create table prices as "+fmt.Sprintf(historySQL, adjusted, "generate_series(0, 399)"))
		return url
	},
}

// writeHistory writes it by DuckDB and returns the folder.
func writeHistory(t *testing.T, path, sql string, adjusted int) string {
	t.Helper()
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Options{AllowedDirs: []string{filepath.Dir(path)}})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Exec(ctx, fmt.Sprintf(sql, fmt.Sprintf(historySQL, adjusted, "range(0, 400)"), path))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}

const vintageConfig = `datalake_name: Test
datalake_start: 2023-03-01
datalake_end: %s
database: %s
nodes:
  prices: {kind: table, table: prices, columns: [close]}
  mean: {kind: rolling, input: prices, column: close, function: mean, in_window: %d}
%starget: %s
`

// TestTwoVintagesNeverMeetInAnyDatabase takes a snapshot, adjusts one identifier's history up to a day in its midst, or nothing, and asks for
// more: a later end, a wider window, another node of the table.
func TestTwoVintagesNeverMeetInAnyDatabase(t *testing.T) {
	const sizes = "  sizes: {kind: table, query: 'select time_index, unique_identifier, size from prices'}\n" +
		"  both: {kind: sql, lookback: 0, inputs: {mean: mean, sizes: sizes}, query: 'select * from mean join sizes using (time_index, unique_identifier)'}\n"
	for name, write := range vintageSources {
		home := t.TempDir()
		url := ""
		if name == "postgres" {
			url = pgtest.Database(t)
		}
		for _, adjusted := range []int{0, 150} {
			for i, more := range []string{
				fmt.Sprintf(vintageConfig, "2023-10-01", "%s", 5, "", "mean"),
				fmt.Sprintf(vintageConfig, "2023-07-01", "%s", 40, "", "mean"),
				fmt.Sprintf(vintageConfig, "2023-07-01", "%s", 5, sizes, "both"),
			} {
				address := write(t, home, url, 0)
				lake := filepath.Join(t.TempDir(), "lake")
				first, then := filepath.Join(home, "first.yaml"), filepath.Join(home, "then.yaml")
				err := errors.Join(os.WriteFile(first, fmt.Appendf(nil, vintageConfig, "2023-07-01", address, 5, "", "mean"), 0o666),
					os.WriteFile(then, fmt.Appendf(nil, more, address), 0o666))
				if err != nil {
					t.Fatal(err)
				}
				tdlake(t, "-q", "snapshot", first, "--datalake-dir", lake)
				write(t, home, url, adjusted)
				said, err := exec.Command("tdlake", "-q", "snapshot", then, "--datalake-dir", lake).CombinedOutput()
				refused := err != nil && strings.Contains(string(said), "A: close was ") && strings.Contains(string(said), "hint: `tdlake snapshot --refresh`")
				if adjusted == 0 && err != nil || adjusted > 0 && !refused {
					t.Errorf("%s, %d days adjusted, then config %d: %v\n%s", name, adjusted, i, err, said)
				}
				if refused {
					tdlake(t, "-q", "snapshot", then, "--datalake-dir", lake, "--refresh")
				}
			}
		}
	}
}
