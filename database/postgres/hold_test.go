package postgres

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// loads are what loaders do to a table of a thousand days in two partitions, so that all its rows are other ones afterwards. Each is one
// transaction.
var loads = map[string]string{
	"truncate":   "begin; truncate late; insert into late select time_index, unique_identifier, 2 from stage where time_index >= '2001-01-01'; commit",
	"swap":       "begin; alter table quotes detach partition late; drop table late; create table late partition of quotes for values from ('2001-01-01') to (maxvalue); insert into late select time_index, unique_identifier, 2 from stage where time_index >= '2001-01-01'; commit",
	"detach":     "alter table quotes detach partition late",
	"rename":     "begin; alter table quotes rename to quotes_old; alter table stage rename to quotes; commit",
	"schemas":    "begin; create schema old; alter table quotes set schema old; alter table stage rename to quotes; commit",
	"write anew": "alter table quotes add column noise float8 default random()",
}

const quotes = `create table stage as select t as time_index, 'A'::text as unique_identifier, 1::float8 as close
from generate_series(timestamptz '2000-01-01Z', '2002-09-26Z', '1 day') t;
create table quotes (like stage) partition by range (time_index);
create table early partition of quotes for values from (minvalue) to ('2001-01-01');
create table late partition of quotes for values from ('2001-01-01') to (maxvalue);
insert into quotes select * from stage; create view over_quotes as select * from quotes where close > 0;
create materialized view copied as select * from quotes; create table other as select * from stage;
create function rows_of() returns setof quotes language plpgsql stable as 'begin return query select * from quotes; end'`

// ways are how a config says whose rows it wants.
var ways = map[string]graph.Table{
	"table": table("quotes"), "view": table("over_quotes"),
	"query": {Query: "select * from quotes where unique_identifier = 'A'", Key: table("").Key},
}

// try runs statements that may fail.
func try(url, sql string) error {
	c, err := pgconn.Connect(context.Background(), url)
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
	_, err = c.Exec(context.Background(), sql).ReadAll()
	return err
}

func count(t *testing.T, v *View, table graph.Table) (n int, err error) {
	t.Helper()
	for f, err := range v.Rows(context.Background(), table, math.MinInt64, math.MaxInt64) {
		if err != nil {
			return n, err
		}
		n += f.Rows()
	}
	return n, nil
}

// Tables that are held are nobody's to rewrite while another table is read.
func TestHeldTablesStay(t *testing.T) {
	for name, load := range loads {
		for how, table := range ways {
			if how != "table" && strings.HasPrefix(load, "begin; alter table quotes") {
				continue // a view and a query go by the table, not by its name
			}
			t.Run(name+" "+how, func(t *testing.T) {
				url := pgtest.Database(t)
				pgtest.Exec(t, url, quotes)
				v := view(t, url)
				if err := v.Hold(t.Context(), []graph.Table{table, {Name: "missing", Key: table.Key}, {Name: "other", Key: table.Key}}); err != nil {
					t.Fatal(err)
				}
				if err := drain(v, "missing"); !database.IsKind(err, database.Missing) {
					t.Errorf("a table that is not there: %v", err)
				}
				if err := try(url, "set lock_timeout = '100ms'; "+load); err == nil || !strings.Contains(err.Error(), "lock timeout") {
					t.Errorf("it was rewritten: %v", err)
				}
				if n, err := count(t, v, table); n != 1000 || err != nil {
					t.Errorf("%d rows, %v", n, err)
				}
			})
		}
	}
}

// A table that is rewritten between fixing the view and holding it has the view fixed anew; one that nobody held is refused.
func TestRewrittenTables(t *testing.T) {
	for name, load := range loads {
		for how, table := range ways {
			for _, hold := range []bool{true, false} {
				t.Run(name+" "+how, func(t *testing.T) {
					url := pgtest.Database(t)
					pgtest.Exec(t, url, quotes)
					v := view(t, url)
					pgtest.Exec(t, url, load)
					if hold {
						if err := v.Hold(t.Context(), []graph.Table{table}); err != nil {
							t.Fatal(err)
						}
					}
					n, err := count(t, v, table)
					now := view(t, url)
					want, _ := count(t, now, table)
					if hold && (err != nil || n != want) {
						t.Errorf("held: %d rows, %v; there are %d", n, err, want)
					}
					if !hold && !(database.IsKind(err, database.Refused) && strings.Contains(err.Error(), "rewritten")) && n != 1000 {
						t.Errorf("%d rows, %v", n, err)
					}
				})
			}
		}
	}
}

// What cannot be locked by its name: a materialized view that is refreshed, and a table that a function reads.
func TestRewrittenBehind(t *testing.T) {
	for name, act := range map[string]string{"copied": "refresh materialized view copied", "rows_of()": loads["truncate"]} {
		url := pgtest.Database(t)
		pgtest.Exec(t, url, quotes)
		v := view(t, url)
		q := graph.Table{Query: "select * from " + name, Key: table("").Key}
		pgtest.Exec(t, url, act)
		if _, err := count(t, v, q); !database.IsKind(err, database.Refused) || !strings.Contains(err.Error(), "rewritten") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What others may do meanwhile is no reason to refuse: rows, indexes, tables that are not read, statistics.
func TestOthersMayWrite(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, quotes)
	v := view(t, url)
	if err := v.Hold(t.Context(), []graph.Table{table("quotes")}); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, "delete from quotes where time_index < '2000-02-01'; insert into quotes values ('2024-01-01Z', 'A', 7); truncate other; analyze")
	pgtest.Exec(t, url, "create index on quotes (time_index); create table later (like stage)")
	pgtest.Exec(t, url, "vacuum early")
	if n, err := count(t, v, table("quotes")); n != 1000 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A role that may read some columns holds their table as well.
func TestHoldWithColumnPrivileges(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, quotes)
	pgtest.Exec(t, url, "create role holder login; grant select (time_index, unique_identifier) on quotes to holder")
	t.Cleanup(func() { pgtest.Exec(t, url, "drop owned by holder; drop role holder") })
	v := view(t, strings.Replace(url, pgtest.User+"@", "holder@", 1))
	some := table("quotes", "time_index", "unique_identifier")
	if err := v.Hold(t.Context(), []graph.Table{some}); err != nil {
		t.Fatal(err)
	}
	if err := try(url, "set lock_timeout = '100ms'; truncate late"); err == nil {
		t.Error("it was truncated")
	}
	if n, err := count(t, v, some); n != 1000 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}
