package duck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// part makes a folder with a Parquet file in it and returns both paths.
func part(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "part.parquet")
	d := open(t, Options{AllowedFiles: []string{file}})
	if err := d.CopyTo(context.Background(), "select range as x, 'a' || range as y from range(100)", file); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// run runs a statement as tdlake sql does. Check and Select have to agree about it, unless what is wrong shows only when it runs.
func run(d *DB, sql string) (rows int, err error) {
	ctx := context.Background()
	checked := d.Check(ctx, sql)
	r, err := d.Select(ctx, sql, AsText)
	if checked != nil && (err == nil || checked.Error() != err.Error()) {
		return 0, fmt.Errorf("Check says %v, Select %v", checked, err)
	}
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for r.Next() {
		rows += r.Table().Rows()
	}
	return rows, r.Err()
}

func TestReadingStatements(t *testing.T) {
	dir, file := part(t)
	d := open(t, Options{Threads: 2, AllowedDirs: []string{dir}})
	if err := d.Exec(context.Background(), "create view p as from read_parquet("+Literal(file)+")"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sql  string
		rows int
	}{
		{"select * from p", 100},
		{"  -- a comment; and more\nselect count(*) from p /* ; */ ; ; -- end", 1},
		{"SELECT ';' as semicolon, $$;$$, e'\\';' from p limit 2", 2},
		{"from p where x < 3", 3},
		{"(select 1) union all (select 2)", 2},
		{"((select 1))", 1},
		{"with a as (select * from p), b as materialized (from a) select * from b", 100},
		{"with recursive r(n) as (select 1 union all select n + 1 from r where n < 4) from r", 4},
		{"values (1), (2)", 2},
		{"table p", 100},
		{"pivot p on x % 3 using count(*) group by y", 100},
		{"pivot (select x from p) on x % 3 in (0, 1) using count(*)", 1},
		{"with q as (select x % 3 as r from p) pivot q on r using count(*)", 1},
		{"select * from (pivot (select x % 3 as r from p) on r using count(*))", 1},
		{"unpivot (select 1 as a, 2 as b) on a, b", 2},
		{"describe p", 2},
		{"describe select 1", 1},
		{"show tables", 1},
		{"show all tables", 1},
		{"summarize p", 2},
		{"explain select * from p", 1},
		{"explain analyze select * from p", 1},
		{"explain (format json) select * from p", 1},
		{"explain (analyze, format json) (select * from p)", 1},
		{"explain from p", 1},
		{"select * from read_parquet(" + Literal(dir+"/*.parquet") + ")", 100},
		{"from " + Literal(file), 100},
		{"select * from range(3), unnest([1, 2])", 6},
		{"select \"update\", \"insert\" from (select 1 as \"update\", 2 as \"insert\")", 1},
		{"select max(x) update from p", 1},
		{"from (select 1 as \"delete\", 2 as \"copy\") select (\"delete\"), (copy)", 1},
		{"select replace('a', 'b', 'c'), count(*) filter (x > 1) over () from p limit 1", 1},
		{"select md5('a'), get_bit('1'::bit, 0), date_trunc('day', now())", 1},
		{"select * exclude (x) replace (upper(y) as y) from p limit 1", 1},
	} {
		rows, err := run(d, c.sql)
		if err != nil || rows != c.rows {
			t.Errorf("%s: %d rows, want %d, %v", c.sql, rows, c.rows, err)
		}
	}
}

// TestWritingStatements tries what could change a file, or reach beyond the folder. DuckDB's settings let several of them
// through.
func TestWritingStatements(t *testing.T) {
	dir, file := part(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside.csv")
	if err := os.WriteFile(outside, []byte("a,b\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{AllowedDirs: []string{dir}})
	if err := d.Exec(context.Background(), "create table t as select 1 as x; create sequence s; create macro m() as table from t; create view p as from read_parquet("+Literal(file)+")"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"copy (select 1) to FILE",
		"copy t to FILE (format parquet)",
		"copy t from FILE",
		"explain analyze copy (select 1) to FILE",
		"explain (analyze) copy (select 1) to FILE",
		"explain (analyze, format json) copy (select 1) to FILE",
		"explain copy (select 1) to FILE",
		"explain explain analyze copy (select 1) to FILE",
		"explain analyze verbose copy (select 1) to FILE",
		"explain analyze (select 1); copy (select 1) to FILE",
		"explain analyze insert into t values (2)",
		"explain analyze create table u as select 1",
		"explain analyze execute x",
		"explain analyze with a as (select 1) insert into t from a",
		"prepare x as copy (select 1) to FILE",
		"prepare x as select 1",
		"execute x",
		"execute immediate 'copy (select 1) to FILE'",
		"deallocate x",
		"attach FILE as a",
		"attach 'DIR/new.duckdb' as a",
		"detach memory",
		"create table u as select 1",
		"create temp table u as select 1",
		"create view u as select 1",
		"create macro u() as 1",
		"create secret (type s3)",
		"create type e as enum ('a')",
		"insert into t values (2)",
		"update t set x = 2",
		"delete from t",
		"truncate t",
		"merge into t using t u on (t.x = u.x) when matched then delete",
		"drop table t",
		"alter table t add column y int",
		"set enable_external_access = true",
		"set variable x = 1",
		"set lock_configuration = false",
		"reset all",
		"pragma enable_profiling",
		"pragma table_info('t')",
		"call enable_logging()",
		"call pragma_version()",
		"install httpfs",
		"load httpfs",
		"force install httpfs",
		"export database 'DIR/export'",
		"import database 'DIR/export'",
		"checkpoint",
		"vacuum",
		"analyze",
		"use memory",
		"begin",
		"commit",
		"comment on table t is 'x'",
		"select 1; select 2",
		"select 1; copy (select 1) to FILE",
		"; ; select 1; drop table t",
		"select 1 /* */; drop table t /* */",
		"select 'a' -- '\n; drop table t -- '",
		"pivot t on x using count(*); drop table t",
		"create type __pivot as enum (select 'x'); select 1",
		"with a as (select 1) insert into t from a",
		"with a as (insert into t values (2) returning *) from a",
		"with a as (delete from t returning *) select * from a",
		"with a as (copy t to FILE) select 1",
		"with a as (with b as (select 2 as x) insert into t from b returning *) from a",
		"with a as (with b as (select 2 as x) /**/ insert or replace into t from b returning *) from a",
		"with a as (with b(x) as (select 2), c as not materialized (from b) update t set x = 3 from c returning *) from a",
		"with a as (with b as (select 2 as x) update \"t\" set x = 3 returning *) from a",
		"with a as (with b as (select 2 as x) delete from t returning *) from a",
		"with a as materialized (delete from t returning *) select 1",
		"with recursive a(x) as (insert into t values (2) returning *) from a",
		"with a as (copy (select 1) to FILE) from a",
		"with a as (/**/ copy /**/ (select 1) to FILE) from a",
		"with a as (copy \"t\" to FILE) from a",
		"with a as (copy main.t to FILE) select 1",
		"pivot (with a as (copy t to FILE) from a) on x using count(*)",
		"with a as (copy t to FILE) pivot t on x using count(*)",
		"with a as (with b as (select 2 as x) insert into t from b returning *) pivot a on x using count(*)",
		"explain analyze with a as (copy t to FILE) from a",
		"describe with a as (insert into t values (2) returning *) from a",
		"select * from (with a as (with b as (select 2) insert into t from b returning *) from a)",
		"select (with a as (insert into t values (2) returning *) select count(*) from a)",
		"with a as (explain analyze copy t to FILE) from a",
		"select setval('s', 7)",
		"connect 'x'",
		"disconnect",
		"update extensions",
		"create external resource 'x'",
		"register external resource 'x' from 1",
		"create trigger g after insert on t insert into t values (1)",
		"from create_external_resource('x')",
		"from register_external_resource_type('x')",
		"from add_grammar_extension('x')",
		"from read_single_csv_file(OUTSIDE)",
		"from dbgen(sf = 0.01)",
		"write_log('x')",
		"(insert into t values (2))",
		"select * from (insert into t values (2) returning *)",
		"(copy t to FILE)",
		"describe copy t to FILE",
		"describe insert into t values (1)",
		"summarize insert into t values (1)",
		"select nextval('s')",
		"select \"nextval\"('s')",
		"select main . nextval /* */ ('s')",
		"select 's'.nextval()",
		"select nextval\u00a0('s')",
		"select * from query('select nextval(''s'')')",
		"from query('copy (select 1) to FILE')",
		"from json_execute_serialized_sql(json_serialize_sql('select 1'))",
		"select setseed(0.5)",
		"select write_log('x')",
		"from enable_logging(storage := 'file', storage_config := {'path': 'DIR/log'})",
		"from enable_profiling(save_location := 'DIR/profile')",
		"from disable_logging()",
		"from truncate_duckdb_logs()",
		"from checkpoint()",
		"from force_checkpoint()",
		"from arrow_scan(1, 2, 3)",
		"from duckdb_secrets()",
		"from which_secret('a', 's3')",
		"select sleep_ms(10)",
		"select * from read_csv(OUTSIDE)",
		"from OUTSIDE",
		"select content from read_text(OUTSIDE)",
		"select content from read_blob(OUTSIDE)",
		"from glob('OUTDIR/*')",
		"from glob('/etc/*')",
		"select * from read_csv('/etc/passwd')",
		"select * from read_text('DIR/../../../../../../../../etc/passwd')",
		"select * from sniff_csv(OUTSIDE)",
		"select * from read_json(OUTSIDE)",
		"select * from read_parquet('https://example.com/a.parquet')",
		"select * from read_parquet('s3://bucket/a.parquet')",
		"select * from read_csv('http://127.0.0.1:1/a.csv')",
		"from 'https://example.com/a.parquet'",
		"from '/dev/stdin'",
		"select getenv('HOME')",
		"from read_duckdb('DIR/x.duckdb')",
		"select",
		"",
		" -- nothing",
		";",
		"select 'open",
		"select /* open",
		"select $$ open",
		"select \"open",
		"select 1 \x00; drop table t",
		"select '\xff'",
		"\\copy t to x",
		"$1",
		"explain",
		"(",
		"()",
		"select getvariable('x'), * from t where (",
	} {
		sql = strings.NewReplacer("FILE", Literal(file), "OUTSIDE", Literal(outside), "OUTDIR", filepath.Dir(outside), "DIR", dir).Replace(sql)
		if rows, err := run(d, sql); err == nil {
			t.Errorf("%s: accepted, %d rows", sql, rows)
		}
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the part changed (%v)", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("files were made in the folder: %v, %v", entries, err)
	}
	f, _, err := d.QueryFrame(context.Background(), "select now() as time_index, x, (select count(*) from t) as n, nextval('s') as s from t", []string{"time_index"})
	if err != nil || f.Rows() != 1 || f.Named("s").ValueStr(0) != "1" || f.Named("n").ValueStr(0) != "1" {
		t.Errorf("tables or sequences changed: %v, %v", f, err)
	}
}

// TestDuckDBAloneWouldWrite shows why Check is there: with all of DuckDB's own locks set, COPY still overwrites.
func TestDuckDBAloneWouldWrite(t *testing.T) {
	dir, file := part(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{AllowedDirs: []string{dir}})
	if err := d.Exec(context.Background(), "explain analyze copy (select 1) to "+Literal(file)); err != nil {
		t.Fatal("DuckDB refuses by now: ", err)
	}
	after, err := os.ReadFile(file)
	if err != nil || bytes.Equal(before, after) {
		t.Errorf("the part is what it was (%v)", err)
	}
}

func TestRefusalsSayWhatIsAccepted(t *testing.T) {
	d := open(t, Options{})
	for sql, want := range map[string]string{
		"copy t to 'x'":       "a statement that begins with COPY is refused: this is read only",
		"select 1; select 2":  "there is more than one statement",
		"select nextval('s')": "the function nextval is refused: it changes a sequence",
		"from checkpoint()":   "the function checkpoint is refused: it does more than read",
		"select 'x":           "a ' is not closed",
		"explain":             "EXPLAIN needs a SELECT",
	} {
		err := d.Check(context.Background(), sql)
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Error() != want {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	err := d.Check(context.Background(), "select nothing from nowhere")
	var said *Error
	if !errors.As(err, &said) || said.Kind != Catalog || !strings.Contains(said.Message, "nowhere") {
		t.Errorf("%v", err)
	}
}

// FuzzCheck holds the guard's lexer against DuckDB's parser: what Check takes for one statement, DuckDB does too.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"select 1", "select ';'", "select $a$;$a$", "select e'\\'' /* /* */ */ -- x", "from range(1) \u00a0", `select "a;""b"`, "select 1e5::int, x'00', .5, $1", "pivot range(3) on range using count(*)"} {
		f.Add(s)
	}
	d := open(f, Options{})
	if err := d.Exec(context.Background(), "create table t as select 1 as x"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 200 || d.Check(context.Background(), sql) != nil {
			return
		}
		for _, attack := range []string{sql + "; drop table t", sql + "\n; drop table t", sql + ";/**/drop table t"} {
			if err := d.Check(context.Background(), attack); err == nil && !strings.Contains(sql, "--") && !strings.Contains(sql, "\n") {
				t.Errorf("%q is taken for one statement", attack)
			}
		}
	})
}
