package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// smallWindows has every table read by windows that may be, of a few rows each.
func smallWindows(t *testing.T) {
	from, bytes := windowsFrom, windowBytes
	windowsFrom, windowBytes = 0, 1
	t.Cleanup(func() { windowsFrom, windowBytes = from, bytes })
}

func TestConformanceByWindows(t *testing.T) {
	smallWindows(t)
	databasetest.Run(t, harness{linguistic: true, settings: oddSettings, finish: func(table databasetest.Table) string {
		return index("unique_identifier", "time_index")(table) + index("time_index")(table)
	}})
}

// TestWindows reads a table that was stored by identifier, and has grown since it was analyzed, in the order of the key, whatever the range.
func TestWindows(t *testing.T) {
	for _, kind := range []string{"timestamptz", "timestamp", "date"} {
		t.Run(kind, func(t *testing.T) {
			url := pgtest.Database(t)
			pgtest.Exec(t, url, fmt.Sprintf(`create table prices (time_index %s, unique_identifier text, price float8);
insert into prices select timestamp '2022-01-01' + (k %% 400) * interval '1 day', 'ID' || (100 + k / 400), k from generate_series(0, 19999) k;
create unique index on prices (time_index, unique_identifier); analyze prices;
insert into prices select timestamp '2021-12-01' + (k %% 500) * interval '1 day', 'NEW', k from generate_series(0, 499) k`, kind))
			day := func(date string) int64 {
				at, err := time.Parse(time.DateOnly, date)
				if err != nil {
					t.Fatal(err)
				}
				return at.UnixMicro()
			}
			for _, c := range []struct {
				from, to string
				rows     int
				windows  int // at least
			}{{"2000-01-01", "2030-01-01", 20_500, 50}, {"2022-03-05", "2022-08-11", 159 * 51, 30}, {"2021-11-01", "2022-06-01", 31 + 151*51, 3}, {"2021-11-01", "2021-12-20", 19, 1}, {"2023-02-10", "2024-01-01", 64, 1}} {
				whole := readBlocks(t, url, day(c.from), day(c.to), 1)
				smallWindows(t)
				got := readBlocks(t, url, day(c.from), day(c.to), c.windows)
				windowsFrom = 1e6
				if whole.Rows() != c.rows || whole.Digest() != got.Digest() {
					t.Errorf("%s to %s: %d rows in order, %d by windows, not %d", c.from, c.to, whole.Rows(), got.Rows(), c.rows)
				}
			}
		})
	}
}

// readBlocks reads prices, and checks that this takes so many windows at least: 1 is exactly one, in order.
func readBlocks(t *testing.T, url string, from, to int64, least int) *frame.Frame {
	t.Helper()
	ctx := context.Background()
	v, err := open(t, url).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	table := graph.Table{Name: "prices", Key: []string{"time_index", "unique_identifier"}}
	r, err := v.relation(ctx, table)
	if err != nil {
		t.Fatal(err)
	}
	windows, err := (&stream{view: v, rel: r}).windows(ctx, from, to)
	if err != nil || len(windows) < least || least == 1 && (len(windows) != 1 || !windows[0].ordered) {
		t.Fatalf("%v, %v", windows, err)
	}
	for i, w := range windows {
		if w.from >= w.to || i > 0 && w.from != windows[i-1].to {
			t.Errorf("window %d of %v", i, windows)
		}
	}
	if windows[0].from != from || windows[len(windows)-1].to != to {
		t.Errorf("%v are not %d to %d", windows, from, to)
	}
	var parts []*frame.Frame
	for f, err := range v.Rows(ctx, table, from, to) {
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, f)
	}
	all, err := frame.Concat(parts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := all.CheckOrder(); err != nil {
		t.Error(err)
	}
	return all
}

// TestWindowsOfInfinity has times that are none at either end of what was analyzed; they are outside the range that is read.
func TestWindowsOfInfinity(t *testing.T) {
	smallWindows(t)
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices (time_index timestamptz, unique_identifier text, price float8);
insert into prices select timestamptz '2022-01-01 00:00Z' + (k % 400) * interval '1 day', 'ID' || (100 + k / 400), k from generate_series(0, 3999) k;
insert into prices select t, 'ID' || k, 1 from unnest(array['infinity', '-infinity']::timestamptz[]) t, generate_series(1, 1) k;
create unique index on prices (time_index, unique_identifier); analyze prices`)
	from, to := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	if f := readBlocks(t, url, from, to, 3); f.Rows() != 4000 {
		t.Errorf("%d rows", f.Rows())
	}
}
