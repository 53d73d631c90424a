package cli

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/internal/demo"
	"github.com/tdlake/tdlake/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// demoInPostgres loads the demonstration's market into a PostgreSQL database and returns a config about it: two funds,
// windows 100 and 200.
func demoInPostgres(t *testing.T) (url, config string) {
	t.Helper()
	url = pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices (time_index timestamptz, unique_identifier text, adj_close float8, primary key (time_index, unique_identifier));
create table holdings (time_index timestamptz, etf text, unique_identifier text, weight_pct float8, primary key (time_index, etf, unique_identifier))`)
	m := demo.NewMarket()
	var prices, holdings [][]any
	p, h := m.Prices, m.Holdings
	closes, err := p.Floats("adj_close")
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range p.Times() {
		prices = append(prices, []any{time.UnixMicro(at), p.Column(1).(*array.String).Value(i), closes[i]})
	}
	weights, err := h.Floats("weight_pct")
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range h.Times() {
		holdings = append(holdings, []any{time.UnixMicro(at), h.Column(1).(*array.String).Value(i), h.Column(2).(*array.String).Value(i), weights[i]})
	}
	pgtest.Load(t, url, "prices", prices)
	pgtest.Load(t, url, "holdings", holdings)
	text := string(demo.Config)
	text = strings.Replace(text, "database: duckdb:market.duckdb", "database: "+url, 1)
	text = strings.Replace(text, "long_rolling_windows: [60]", "long_rolling_windows: [100, 200]", 1)
	config = filepath.Join(t.TempDir(), "tdlake.yaml")
	if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return url, config
}

// tdlake runs a command and returns what it printed.
func tdlake(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(args, strings.NewReader(""), &out, &errs); code != 0 {
		t.Errorf("tdlake %s: exit code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String(), errs.String()
}

// contents is the rows of all tables of the schema tdlake that hold nodes' rows.
func contents(t *testing.T, url string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range pgtest.Query(t, url, "select table_name from tdlake.nodes where columns is not null") {
		out[r[0]] = fmt.Sprint(pgtest.Query(t, url, `select count(*), md5(string_agg(t::text, ';' order by t::text collate "C")) from tdlake."`+r[0]+`" t`))
	}
	return out
}

func TestUpdateAndSchedulersLeaveWhatRunComputes(t *testing.T) {
	url, config := demoInPostgres(t)
	other, otherConfig := demoInPostgres(t)

	_, said := tdlake(t, "update", config, "--debug", "--break-after-one-update", "--until", "2023-06-15")
	if !strings.Contains(said, "portfolio long_short_portfolio_") {
		t.Errorf("%s", said)
	}
	tdlake(t, "update", config, "--debug", "--break-after-one-update")

	var g sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		g.Go(func() { tdlake(t, "scheduler", "start", name, otherConfig, "--until-idle", "--poll", "1s") })
	}
	g.Wait()
	tdlake(t, "scheduler", "start", "last", otherConfig, "--until-idle")

	want, got := contents(t, url), contents(t, other)
	if len(want) != 7 {
		t.Errorf("%d tables", len(want))
	}
	for table := range want {
		if want[table] != got[table] {
			t.Errorf("%s: update leaves %s, schedulers %s", table, want[table], got[table])
		}
	}
	file := filepath.Join(t.TempDir(), "portfolio.parquet")
	tdlake(t, "run", config, "portfolio", "--datalake-dir", t.TempDir(), "--output", file)
	samePortfolio(t, file, pgtest.Query(t, url, `select extract(epoch from time_index)::bigint, "return", return_minus_fees, portfolio, turnover
from tdlake_views.portfolio where time_index < '2024-09-01Z' order by 1`))

	all, _ := tdlake(t, "run", config, "portfolio", "--from", "database", "--format", "csv")
	late, _ := tdlake(t, "run", config, "portfolio", "--from", "database", "--format", "csv", "--after", "2023-06-15")
	if !strings.HasPrefix(all, "time_index,return,") || len(late) < 1000 || !strings.HasSuffix(all, late[strings.Index(late, "\n")+1:]) {
		t.Errorf("run --from database: %d and %d bytes", len(all), len(late))
	}
	listed, _ := tdlake(t, "tables", config)
	if !strings.Contains(listed, "written by portfolio") || !strings.Contains(listed, "read by portfolio") {
		t.Errorf("%s", listed)
	}
}

// samePortfolio compares a file with rows of a database, bit for bit.
func samePortfolio(t *testing.T, file string, rows [][]string) {
	t.Helper()
	ctx := context.Background()
	db, err := duck.Open(ctx, duck.Options{AllowedFiles: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	f, _, err := db.QueryFrame(ctx, "select * from read_parquet("+duck.Literal(file)+")", []string{"time_index"})
	if err != nil {
		t.Fatal(err)
	}
	if f.Rows() != len(rows) || len(rows) < 400 {
		t.Fatalf("%d rows in the lake, %d in the database", f.Rows(), len(rows))
	}
	for c, name := range []string{"return", "return_minus_fees", "portfolio", "turnover"} {
		values, err := f.Floats(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			v := math.NaN()
			if row[c+1] != "" {
				if v, err = strconv.ParseFloat(row[c+1], 64); err != nil {
					t.Fatal(err)
				}
			}
			if math.Float64bits(v) != math.Float64bits(values[i]) && (v == v || values[i] == values[i]) {
				t.Fatalf("row %d, %s: %v in the lake, %v in the database", i, name, values[i], v)
			}
		}
	}
}
