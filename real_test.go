package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestRealPrices runs the long/short sweep on real prices, which are not in the repository: TDLAKE_REAL_DATA names the folder that has
// prices.parquet and holdings.parquet of XLF and XLE. The numbers expected are scikit-learn's, refitted from nothing at every date.
func TestRealPrices(t *testing.T) {
	data := os.Getenv("TDLAKE_REAL_DATA")
	if data == "" {
		t.Skip("TDLAKE_REAL_DATA names no folder")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("tdlake.yaml", []byte(strings.ReplaceAll(realConfig, "DATA", data)), 0o644); err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Points int `json:"points"`
		Nodes  int `json:"distinct_nodes"`
	}
	if err := json.Unmarshal(tdlake(t, "plan", "--json"), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.Points != 165 || plan.Nodes != 344 {
		t.Errorf("the plan has %d points and %d distinct nodes, not 165 and 344", plan.Points, plan.Nodes)
	}
	tdlake(t, "sweep")
	checkPoints(t, tdlake(t, "sql", "select long_rolling_windows, lasso_alpha, total_return, rows, first_time from points", "--format", "csv"))
	checkGrid(t, tdlake(t, "sql", "pivot points on lasso_alpha using first(total_return) group by long_rolling_windows", "--format", "csv"))
	checkOneAlone(t, tdlake(t, "run", "portfolio", "long_rolling_windows=[400]", "--format", "csv"))
}

// tdlake runs the program, which is this test binary under another name, and returns what it prints.
func tdlake(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("tdlake", args...)
	var messages strings.Builder
	cmd.Stderr = &messages
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tdlake %s: %v\n%s", strings.Join(args, " "), err, &messages)
	}
	return out
}

type expected struct {
	totalReturn float64
	rows        string
	firstTime   string
}

// realPoints is by window and alpha, as the command prints them.
var realPoints = map[[2]string]expected{
	{"60", "1"}:       {0, "525", "2022-08-01T04:00:00Z"},
	{"60", "0.0001"}:  {-0.1184489055, "525", "2022-08-01T04:00:00Z"},
	{"60", "1e-05"}:   {0.0380135089, "525", "2022-08-01T04:00:00Z"},
	{"100", "0.01"}:   {0, "525", "2022-08-01T04:00:00Z"},
	{"200", "0.001"}:  {-0.0012045888, "525", "2022-08-01T04:00:00Z"},
	{"400", "1e-05"}:  {0.1083488710, "525", "2022-08-01T04:00:00Z"},
	{"500", "0.0001"}: {-0.1039144114, "525", "2022-08-01T04:00:00Z"},
	{"700", "1e-05"}:  {0.2626795096, "331", "2023-05-09T04:00:00Z"},
}

func checkPoints(t *testing.T, text []byte) {
	t.Helper()
	records := readCSV(t, text)
	if len(records) != 1+165 {
		t.Fatalf("%d points, not 165", len(records)-1)
	}
	found := 0
	for _, r := range records[1:] {
		want, ok := realPoints[[2]string{r[0], r[1]}]
		if !ok {
			continue
		}
		found++
		got, err := strconv.ParseFloat(r[2], 64)
		if err != nil || math.Abs(got-want.totalReturn) > 1e-6 || r[3] != want.rows || r[4] != want.firstTime {
			t.Errorf("window %s, alpha %s: %v, want %v", r[0], r[1], r[2:], want)
		}
	}
	if found != len(realPoints) {
		t.Errorf("%d of %d points were found", found, len(realPoints))
	}
}

func checkGrid(t *testing.T, text []byte) {
	t.Helper()
	records := readCSV(t, text)
	if len(records) != 1+33 || len(records[0]) != 1+5 {
		t.Errorf("the grid has %d rows of %d columns, not 33 of 6", len(records)-1, len(records[0]))
	}
}

// checkOneAlone holds that a node evaluated alone is what it is in the sweep.
func checkOneAlone(t *testing.T, text []byte) {
	t.Helper()
	records := readCSV(t, text)
	last := records[len(records)-1]
	got, err := strconv.ParseFloat(last[3], 64)
	if want := realPoints[[2]string{"400", "1e-05"}]; err != nil || math.Abs(got-1-want.totalReturn) > 1e-6 || len(records) != 1+525 {
		t.Errorf("alone, the portfolio ends with %v after %d rows, want %v", last, len(records)-1, want)
	}
}

func readCSV(t *testing.T, text []byte) [][]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// realConfig is the config of docs and design, as written, but for the folder.
const realConfig = `datalake_name: Long short portfolio
datalake_start: 2022-08-01 00:00:00
datalake_end: 2024-09-01 00:00:00
nodes_to_get_from_db: prices, holdings    # names or local hash ids: one, a comma-separated string, or a list
persist_logs_to_file: false               # true: a log file a node, under <DateRange>/logs/

database: files:DATA                      # postgres://user@host/db | duckdb:market.duckdb | files:FOLDER (table = FOLDER/table.parquet or .csv)
datalake_dir: ./lake                      # default; --datalake-dir and TDLAKE_DIR override it
keep_in_memory: [returns]                 # optional: pinned in the hot cache

parameters:                               # defaults; a sweep or NAME=VALUE on the command line varies them
  ticker_long: XLF
  ticker_short: XLE
  long_rolling_windows: [60]
  short_rolling_windows: [100, 200]
  lasso_alpha: 1e-5

nodes:
  prices:
    kind: table                           # a table of the database
    table: prices
    columns: [adj_close]
  holdings:
    kind: table
    table: holdings
    key: [time_index, etf, unique_identifier]   # default: time_index, unique_identifier
    columns: [etf, weight_pct]
  interpolated_prices:
    kind: interpolate
    input: prices
    method: previous
  returns:
    kind: returns
    input: interpolated_prices
    column: adj_close
    method: simple
  long_lasso:
    foreach:                              # one node an element, each with its own hash
      in_window: ${long_rolling_windows}
    kind: lasso
    input: returns
    ticker_to_replicate: ${ticker_long}
    universe: {node: holdings, where: "etf = '${ticker_long}'"}   # members as of each date; or a plain list [JPM, BAC]
    lasso_alpha: ${lasso_alpha}
  short_lasso:
    foreach:
      in_window: ${short_rolling_windows}
    kind: lasso
    input: returns
    ticker_to_replicate: ${ticker_short}
    universe: {node: holdings, where: "etf = '${ticker_short}'"}
    lasso_alpha: ${lasso_alpha}
  portfolio:
    kind: long_short_portfolio
    returns: returns
    long: long_lasso                      # every node of the foreach
    short: short_lasso

target: portfolio

sweep:
  vary:
    long_rolling_windows: {range: [60, 720, 20]}     # Python's range: the stop is excluded; a scalar serves where a list is meant
    lasso_alpha: [1, 1e-2, 1e-3, 1e-4, 1e-5]
  where: "lasso_alpha < 10"               # optional: a SQL condition over the parameters
  metrics:
    total_return:                         # built in
    sharpe:
    max_drawdown:
    last_value: "arg_max(portfolio, time_index)"     # or any SQL aggregate over the target's columns
`
