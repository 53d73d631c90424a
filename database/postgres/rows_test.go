package postgres

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// read returns all rows of a table as one frame.
func read(t testing.TB, v interface{}, n graph.Table) (*frame.Frame, error) {
	t.Helper()
	var parts []*frame.Frame
	for f, err := range v.(*View).Rows(context.Background(), n, math.MinInt64, math.MaxInt64) {
		if err != nil {
			return nil, err
		}
		parts = append(parts, f)
	}
	if len(parts) == 0 {
		s, err := v.(*View).Schema(context.Background(), n)
		if err != nil {
			return nil, err
		}
		return frame.Empty(s), nil
	}
	return frame.Concat(parts...)
}

// text is a frame as lines, for comparing.
func text(f *frame.Frame) string {
	var b strings.Builder
	fmt.Fprintln(&b, f.Schema())
	for i := range f.Rows() {
		for k := range f.Schema().Fields {
			fmt.Fprintf(&b, "%s ", f.Column(k).ValueStr(i))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestRepeatableRead(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices (time_index timestamptz, unique_identifier text, close float8); create table holdings as table prices;
		insert into prices values ('2022-01-03Z', 'A', 1); insert into holdings values ('2022-01-03Z', 'A', 1)`)
	v := view(t, url)
	first, err := read(t, v, table("prices"))
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, `insert into prices values ('2022-01-04Z', 'A', 2); insert into holdings values ('2022-01-04Z', 'A', 2);
		update prices set close = 9 where close = 1; delete from holdings where close = 1`)
	for _, name := range []string{"prices", "holdings"} {
		again, err := read(t, v, table(name))
		if err != nil {
			t.Fatal(err)
		}
		if text(again) != text(first) {
			t.Errorf("%s: the view saw what was written after it began:\n%s", name, text(again))
		}
	}
	later, err := read(t, view(t, url), table("prices"))
	if err != nil || later.Rows() != 2 {
		t.Errorf("a new view: %v, %v", later, err)
	}
}

// A view sees the database as it is when Begin returns, not as it is when something is first read.
func TestViewBeginsAtOnce(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices (time_index timestamptz, unique_identifier text, close float8)`)
	v := view(t, url)
	pgtest.Exec(t, url, `insert into prices values ('2022-01-03Z', 'A', 1)`)
	if f, err := read(t, v, table("prices")); err != nil || f.Rows() != 0 {
		t.Errorf("%v, %v", f, err)
	}
}

func TestTypes(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create type side as enum ('buy', 'sell'); create domain price as numeric(12, 4) check (value > 0); create domain stamp as timestamptz;
		create schema "My Schema";
		create table "My Schema"."Odd.Name" (time_index stamp, unique_identifier char(6), r real, n numeric, p price, u uuid, e side, v varchar(9), "N" name, i2 smallint, i4 int, b bool, d date, z timestamptz);
		insert into "My Schema"."Odd.Name" values
		('2022-01-03 00:00Z', 'XLF', 0.1, 'NaN', 12.5, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'sell', 'é', 'n', -1, 2147483647, false, 'infinity', '-infinity'),
		('2022-01-03 00:00Z', 'JPM', 'infinity', '1e400', 0.0001, null, 'buy', '', '', null, null, null, '2024-02-29', '2022-01-01 00:00:00.000001Z')`)
	v := view(t, url)
	f, err := read(t, v, table(`"My Schema"."Odd.Name"`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `time_index timestamp, unique_identifier string, r float, n float, p float, u string, e string, v string, N string, i2 int, i4 int, b bool, d date, z timestamp
2022-01-03T00:00:00Z JPM (null) (null) 0.0001 (null) buy   (null) (null) (null) 2024-02-29 2022-01-01T00:00:00.000001Z 
2022-01-03T00:00:00Z XLF 0.10000000149011612 (null) 12.5 a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 sell é n -1 2147483647 false (null) (null) 
`
	if got := strings.ReplaceAll(text(f), "2022-01-03 00:00:00Z", "2022-01-03T00:00:00Z"); strings.ReplaceAll(got, "2022-01-01 00", "2022-01-01T00") != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	warned := strings.Join(v.Warnings(), "\n")
	for _, w := range []string{`"n": numeric is stored as float`, `"p": price is stored as float`, `"r": 1 infinite`, `"n": 1 infinite`, `"d": 1 infinite`, `"z": 1 infinite`} {
		if !strings.Contains(warned, w) {
			t.Errorf("no warning says %s:\n%s", w, warned)
		}
	}
	n := table(`"My Schema"."Odd.Name"`, "v")
	n.Identifiers = []string{"XLF"}
	if f, err := read(t, v, n); err != nil || f.Rows() != 1 {
		t.Errorf("identifiers in a padded column: %v, %v", f, err)
	}
}

func TestRefusedTables(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table j (time_index timestamptz, unique_identifier text, doc jsonb, tags text[]);
		create table endless (time_index timestamptz, unique_identifier text); insert into endless values ('infinity', 'A');
		create table noid (date date, ticker text, close float8)`)
	v := view(t, url)
	for name, words := range map[string][]string{
		"j":       {`"doc"`, "jsonb", "query", "columns"},
		"endless": {`"time_index"`, "infinite"},
	} {
		_, err := read(t, v, table(name))
		says(t, err, database.Data, append(words, name)...)
	}
	_, err := read(t, v, table("noid"))
	says(t, err, database.Missing, `"time_index"`, "rename: {date: time_index}")
	for _, name := range []string{`public."endless`, "a..b", "nowhere.endless"} {
		_, err := read(t, v, table(name))
		says(t, err, database.Missing)
	}
	none := table("public.j")
	none.Columns = []string{}
	if _, err := read(t, v, none); err != nil {
		t.Errorf("columns that nobody asks for may be of any type: %v", err)
	}
}

// All rows of one time are more than a batch, and still come in order and in batches.
func TestManyRowsOfOneTime(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices as select timestamptz '2020-01-01' as time_index, 'ID' || j as unique_identifier, j::float8 as close from generate_series(150000, 1, -1) j`)
	v := view(t, url)
	var last *frame.Frame
	rows := 0
	for f, err := range v.Rows(context.Background(), table("prices"), math.MinInt64, math.MaxInt64) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rows() > maxBatch {
			t.Errorf("a batch of %d rows", f.Rows())
		}
		if err := f.CheckOrder(); err != nil {
			t.Fatal(err)
		}
		if last != nil && frame.Compare(last, last.Rows()-1, f, 0) >= 0 {
			t.Error("batches are out of order")
		}
		rows, last = rows+f.Rows(), f
	}
	if rows != 150_000 {
		t.Errorf("%d rows", rows)
	}
}

// The database that other tests call linguistic orders texts in another way than by bytes.
func TestLinguisticIsNoByteOrder(t *testing.T) {
	got := pgtest.Query(t, pgtest.Linguistic(t), "select string_agg(x, '' order by x) from unnest(array['Z', 'a', 'é', 'B']) x")
	if got[0][0] != "aBéZ" {
		t.Errorf("its order is %s", got[0][0])
	}
}

// Under a collation to which A and a are equal they are still two identifiers.
func TestEqualLetters(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create collation anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
		create table prices (time_index timestamptz, unique_identifier text collate anycase, close float8);
		create index on prices (unique_identifier, time_index);
		insert into prices values ('2022-01-03Z', 'a', 1), ('2022-01-03Z', 'A', 2), ('2022-01-02Z', 'A', 3)`)
	v := view(t, url)
	n := table("prices")
	n.Identifiers = []string{"a"}
	for name, c := range map[string]struct {
		n    graph.Table
		rows int
	}{"all": {table("prices"), 3}, "a": {n, 1}} {
		if f, err := read(t, v, c.n); err != nil || f.Rows() != c.rows {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	f, err := v.Before(context.Background(), table("prices"), math.MaxInt64)
	if err != nil || f.Rows() != 2 {
		t.Errorf("before: %v, %v", f, err)
	}
}

func BenchmarkRows(b *testing.B) {
	url := pgtest.Database(b)
	pgtest.Exec(b, url, `create table prices as select timestamptz '2020-01-01' + i * interval '1 day' as time_index, 'ID' || j as unique_identifier, random() as close, random() as volume
		from generate_series(1, 400) i, generate_series(1, 500) j order by 1, 2; alter table prices add primary key (time_index, unique_identifier); analyze prices`)
	v := view(b, url)
	for b.Loop() {
		rows := 0
		for f, err := range v.Rows(context.Background(), table("prices"), math.MinInt64, math.MaxInt64) {
			if err != nil {
				b.Fatal(err)
			}
			rows += f.Rows()
		}
		if rows != 200_000 {
			b.Fatal(rows)
		}
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// An index is advised where one can be made.
func TestAnIndexIsAdvisedOfTablesAlone(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table plain (time_index timestamptz, unique_identifier text, close float8);
create view seen as select * from plain; create materialized view kept as select * from plain`)
	for name, want := range map[string]bool{"plain": true, "kept": true, "seen": false} {
		v := view(t, url)
		if _, _, err := v.Back(context.Background(), table(name), math.MaxInt64, 1); err != nil {
			t.Fatal(err)
		}
		warned := strings.Join(v.Warnings(), "\n")
		if got := strings.Contains(warned, "create index on "+identifier(name)); got != want {
			t.Errorf("%s: advised is %v: %q", name, got, warned)
		}
	}
}
