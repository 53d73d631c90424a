package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/demo"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// TestScriptsOnPostgres runs testdata/script_postgres/*.txtar.
func TestScriptsOnPostgres(t *testing.T) {
	runScripts(t, "testdata/script_postgres", withPostgres(t))
}

// TestScriptsOnPostgresInOtherLanguages runs testdata/script_postgres_python/*.txtar.
func TestScriptsOnPostgresInOtherLanguages(t *testing.T) {
	runScripts(t, "testdata/script_postgres_python", withPostgres(t), withPython(t))
}

// withPostgres gives scripts $DATABASE and $SECOND, the addresses of two empty databases.
func withPostgres(t *testing.T) func(*testscript.Env) error {
	pgtest.Default(t)
	return func(env *testscript.Env) error {
		env.Setenv("DATABASE", pgtest.Database(t))
		env.Setenv("SECOND", pgtest.Database(t))
		return nil
	}
}

// inDatabase makes a command of what it does in $DATABASE.
func inDatabase(t *testing.T, do func(t script, url string, args []string)) command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		do(script{t, ts}, ts.Getenv("DATABASE"), args)
	}
}

// script is a script as a test of its own: what fails, fails it alone.
type script struct {
	testing.TB
	ts *testscript.TestScript
}

func (s script) Fatal(args ...any) { s.ts.Fatalf("%s", fmt.Sprint(args...)) }

// query runs SQL and prints the rows of the last statement: sql 'select 1'.
func query(t script, url string, args []string) {
	for _, row := range pgtest.Query(t, url, strings.Join(args, ";\n")) {
		fmt.Fprintln(t.ts.Stdout(), strings.Join(row, "|"))
	}
}

// until waits until SQL is true: until 'select count(*) = 2 from t'. A table that is not there yet is none.
func until(t script, url string, args []string) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if pgtest.Query(t, url, "select to_regclass('tdlake.claims') is not null")[0][0] == "t" && pgtest.Query(t, url, args[0])[0][0] == "t" {
			return
		}
	}
	t.ts.Fatalf("it never came to that: %s", args[0])
}

// contents prints a line a table that tdlake has filled: its name, rows, and a digest of them.
func contents(t script, url string, _ []string) {
	for _, r := range pgtest.Query(t, url, "select distinct table_name from tdlake.nodes where columns is not null order by 1") {
		query(t, url, []string{fmt.Sprintf(`select '%s', count(*), md5(string_agg(t::text, ';' order by t::text collate "C")) from tdlake."%[1]s" t`, r[0])})
	}
}

// market fills the tables prices and holdings with the demonstration's market.
func market(t script, url string, _ []string) {
	pgtest.Exec(t, url, `create table prices (time_index timestamptz, unique_identifier text, adj_close float8, primary key (time_index, unique_identifier));
create table holdings (time_index timestamptz, etf text, unique_identifier text, weight_pct float8, primary key (time_index, etf, unique_identifier))`)
	m := demo.NewMarket()
	load(t, url, "prices", m.Prices, "time_index", "unique_identifier", "adj_close")
	load(t, url, "holdings", m.Holdings, "time_index", "etf", "unique_identifier", "weight_pct")
}

func load(t script, url, table string, f *frame.Frame, names ...string) {
	columns := make([]arrow.Array, len(names))
	for c, name := range names {
		i := f.Schema().Index(name)
		if i < 0 {
			t.ts.Fatalf("%s has no column %s", table, name)
		}
		columns[c] = f.Column(i)
	}
	rows := make([][]any, f.Rows())
	for i, at := range f.Times() {
		rows[i] = []any{time.UnixMicro(at)}
		for _, c := range columns[1:] {
			rows[i] = append(rows[i], c.GetOneForMarshal(i))
		}
	}
	pgtest.Load(t, url, table, rows)
}
