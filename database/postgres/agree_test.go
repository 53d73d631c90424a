package postgres

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/database/duckdb"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

var agreeColumns = []databasetest.Column{
	{Name: "time_index", Type: databasetest.TimestampTZ}, {Name: "etf", Type: databasetest.Text}, {Name: "unique_identifier", Type: databasetest.Text},
	{Name: "close", Type: databasetest.Double}, {Name: "size", Type: databasetest.BigInt}, {Name: "note", Type: databasetest.Text}, {Name: "d", Type: databasetest.Decimal},
}

// drawRows makes rows in any order, with few keys and many gaps.
func drawRows(t *rapid.T) [][]any {
	var rows [][]any
	seen := map[string]bool{}
	for range rapid.IntRange(0, 60).Draw(t, "rows") {
		hour := rapid.IntRange(-3, 12).Draw(t, "hour")
		etf := rapid.SampledFrom([]string{"X", "é", "x"}).Draw(t, "etf")
		id := rapid.SampledFrom([]string{"A", "B", "a", "a b", "Ä"}).Draw(t, "id")
		key := fmt.Sprint(hour, etf, id)
		if seen[key] {
			continue
		}
		seen[key] = true
		rows = append(rows, []any{
			time.Unix(int64(hour)*3600, 0).UTC(), etf, id,
			rapid.SampledFrom([]any{nil, 1.5, -2.25, math.NaN(), math.Inf(1), 0.1}).Draw(t, "close"),
			rapid.SampledFrom([]any{nil, int64(3), int64(-1 << 60)}).Draw(t, "size"),
			rapid.SampledFrom([]any{nil, "", "n", "ü"}).Draw(t, "note"),
			rapid.SampledFrom([]any{nil, "1.1", "-0.000001", "123456789012.345678"}).Draw(t, "d"),
		})
	}
	return rows
}

// indexesToTry are all the ways in which a table can be found.
var indexesToTry = []string{
	"",
	"create index on prices (time_index)",
	"alter table prices add primary key (time_index, etf, unique_identifier)",
	"alter table prices add primary key (unique_identifier, etf, time_index)",
	"create index on prices (etf, unique_identifier, time_index) include (close)",
	"create index on prices (time_index desc); create unique index on prices (etf, unique_identifier, time_index)",
	"create index on prices (time_index) where close > 0; create index on prices (unique_identifier, time_index) where close > 0",
}

// Every answer is the same, to the bit, whatever indexes there are, and as DuckDB's.
func TestAgreesWithDuckDB(t *testing.T) {
	url := pgtest.Linguistic(t)
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		rows := drawRows(rt)
		n := graph.Table{Name: "prices", Key: []string{"time_index", "etf", "unique_identifier"}}
		if rapid.Bool().Draw(rt, "restricted") {
			n.Identifiers = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "a", "Ä", "nobody"}), 1, 3, rapid.ID[string]).Draw(rt, "identifiers")
		}
		n.Columns = rapid.SampledFrom([][]string{nil, {"note", "close"}, {}}).Draw(rt, "columns")
		at := int64(rapid.IntRange(-4, 14).Draw(rt, "at"))*3600_000_000 + int64(rapid.IntRange(0, 1).Draw(rt, "after"))
		statements := databasetest.Insert(databasetest.Table{Name: "prices", Columns: agreeColumns, Rows: rows})
		want := answers(t, duckView(t, filepath.Join(dir, fmt.Sprint(run)), statements), n, at)
		index := rapid.SampledFrom(indexesToTry).Draw(rt, "index")
		pgtest.Exec(t, url, "drop table if exists prices; "+strings.Join(statements, "; ")+"; "+index)
		v, err := open(t, url).Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got := answers(t, v, n, at)
		v.Close()
		if got != want {
			rt.Fatalf("with %q, PostgreSQL says\n%s\nDuckDB says\n%s", index, got, want)
		}
	})
}

// answers asks a view everything and writes down what it says.
func answers(t testing.TB, v databasetest.View, n graph.Table, at int64) string {
	ctx := context.Background()
	var b strings.Builder
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range [][2]int64{{math.MinInt64, math.MaxInt64}, {math.MinInt64, at}, {at, math.MaxInt64}, {at, at + 7200_000_000}} {
		fmt.Fprintln(&b, "rows", r)
		for f, err := range v.Rows(ctx, n, r[0], r[1]) {
			must(err)
			b.WriteString(text(f))
		}
	}
	f, err := v.Before(ctx, n, at)
	must(err)
	b.WriteString("before\n" + text(f))
	for _, steps := range []int{3, 1, 2, 0, 20} {
		time, short, err := v.Back(ctx, n, at, steps)
		must(err)
		fmt.Fprintln(&b, "back", steps, time, short)
	}
	return b.String()
}

// duckView begins a view of a DuckDB file made by statements.
func duckView(t testing.TB, path string, statements []string) databasetest.View {
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if err := db.Exec(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := duckdb.Open(ctx, database.Address{Scheme: database.DuckDB, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// A table without a helpful index is said to be one; times asked for step by step are those asked for at once.
func TestBackWalks(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices as select timestamptz '2020-01-01' + i * interval '1 day' as time_index, 'ID' || j as unique_identifier, 1.0::float8 as close
		from generate_series(1, 400) i, generate_series(1, 3) j`)
	var first []int64
	for _, index := range []string{"", "create index on prices (time_index)", "drop index prices_time_index_idx; create index on prices (unique_identifier, time_index)"} {
		pgtest.Exec(t, url, "select 1; "+index)
		times, warned := steps(t, url)
		if len(times) != 400 || first != nil && !slices.Equal(first, times) {
			t.Errorf("%q: %d steps to %v", index, len(times), times)
		}
		first = times
		if strings.Contains(warned, `create index on "prices" ("time_index")`) != (index == "") {
			t.Errorf("%q: the warnings are %q", index, warned)
		}
	}
}

// steps walks back through prices one time after the other, and checks that many at once come to the same.
func steps(t *testing.T, url string) (times []int64, warned string) {
	ctx := context.Background()
	v, err := open(t, url).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close() // a view's locks would stop the next index from being made
	const end = 1_700_000_000_000_000
	for before := int64(end); ; {
		at, short, err := v.Back(ctx, table("prices"), before, 1)
		if err != nil {
			t.Fatal(err)
		}
		if short {
			break
		}
		times, before = append(times, at), at
	}
	at, _, err := v.Back(ctx, table("prices", "close"), end, 123)
	if err != nil || at != times[122] {
		t.Errorf("123 at once come to %d, one by one to %d (%v)", at, times[122], err)
	}
	return times, strings.Join(v.Warnings(), "\n")
}
