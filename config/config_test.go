package config_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/config"
	"pgregory.net/rapid"
)

// minimal is the least that loads; tests add to it.
const minimal = `datalake_name: Test
datalake_start: 2022-08-01
datalake_end: 2024-09-01
database: files:data
parameters: {alpha: 1e-5, windows: [60, 120], ticker: XLF}
nodes: {prices: {kind: table, table: prices}}
target: prices
`

func parse(t *testing.T, text string, overrides ...config.Override) *config.Config {
	t.Helper()
	c, err := config.Parse("tdlake.yaml", []byte(text), overrides)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func micros(s string) int64 {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return at.UnixMicro()
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %#v, want %#v", what, got, want)
	}
}

func names(refs []config.Ref) (names []string) {
	for _, r := range refs {
		names = append(names, r.Name)
	}
	return names
}

// TestTextual: what a parameter of text is given is the text that is written.
func TestTextual(t *testing.T) {
	text := minimal + "sweep: {vary: {ticker: [000700, TRUE, 1E5, +5, 0x1A, 1.10, XLE], list: [[000001, B], [0o17]]}, metrics: {n: count(*)}}\n"
	text = strings.Replace(text, "ticker: XLF", "list: [A], ticker: XLF", 1)
	c := parse(t, text)
	equal(t, "vary", c.Sweep.Vary[0].Values, []any{"000700", "TRUE", "1E5", "+5", "0x1A", "1.10", "XLE"})
	equal(t, "vary list", c.Sweep.Vary[1].Values, []any{[]any{"000001", "B"}, []any{"0o17"}})
	c = parse(t, text, config.Override{Name: "ticker", Text: "000700"}, config.Override{Name: "list", Text: "[TRUE, 1E5]"},
		config.Override{Name: "alpha", Text: "010"})
	equal(t, "ticker", c.Parameters[3].Value.Any(), "000700")
	equal(t, "list", c.Parameters[2].Value.Any(), []any{"TRUE", "1E5"})
	equal(t, "alpha, a number", c.Parameters[0].Value.Any(), int64(10))
	c = parse(t, text, config.Override{Name: "ticker", Text: "[NO, 000700]", Vary: true})
	equal(t, "vary ticker", c.Sweep.Vary[0].Values, []any{"NO", "000700"})
}

func TestLongShort(t *testing.T) {
	c, err := config.Load("testdata/long_short.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := filepath.Abs("testdata")
	equal(t, "path", c.Path, filepath.Join(dir, "long_short.yaml"))
	equal(t, "name", c.DatalakeName, "Long short portfolio")
	equal(t, "start", c.Start, micros("2022-08-01T00:00:00Z"))
	equal(t, "end", c.End, micros("2024-09-01T00:00:00Z"))
	equal(t, "from db", names(c.FromDB), []string{"prices", "holdings"})
	equal(t, "second from db", c.FromDB[1].Pos, config.Pos{Line: 5, Column: 31})
	equal(t, "logs", c.PersistLogs, false)
	equal(t, "database", c.Database, "files:"+filepath.Join(dir, "data"))
	equal(t, "lake", c.DatalakeDir, filepath.Join(dir, "lake"))
	equal(t, "in memory", names(c.KeepInMemory), []string{"returns"})
	equal(t, "target", c.Target.Name, "portfolio")
	var defaults []any
	for _, p := range c.Parameters {
		defaults = append(defaults, p.Name, p.Value.Any())
	}
	equal(t, "parameters", defaults, []any{
		"ticker_long", "XLF", "ticker_short", "XLE", "long_rolling_windows", []any{int64(60)},
		"short_rolling_windows", []any{int64(100), int64(200)}, "lasso_alpha", 1e-5,
	})
	equal(t, "nodes", len(c.Nodes), 7)
	universe, _ := c.Nodes[4].Body.Get("universe")
	equal(t, "universe", universe.Any(), map[string]any{"node": "holdings", "where": "etf = '${ticker_long}'"})

	s := c.Sweep
	equal(t, "where", s.Where, "lasso_alpha < 10")
	equal(t, "varied", []string{s.Vary[0].Name, s.Vary[1].Name}, []string{"long_rolling_windows", "lasso_alpha"})
	equal(t, "windows", [3]any{len(s.Vary[0].Values), s.Vary[0].Values[0], s.Vary[0].Values[32]}, [3]any{33, int64(60), int64(700)})
	equal(t, "alphas", s.Vary[1].Values, []any{1.0, 1e-2, 1e-3, 1e-4, 1e-5})
	var metrics []string
	for _, m := range s.Metrics {
		metrics = append(metrics, m.Name+"="+m.SQL)
	}
	equal(t, "metrics", metrics, []string{"total_return=", "sharpe=", "max_drawdown=", "last_value=arg_max(portfolio, time_index)"})
}

func TestScalars(t *testing.T) {
	for text, want := range map[string]any{
		"1e-5": 1e-5, "1E3": 1e3, "-.5": -.5, "1.": 1.0, "+2": int64(2), "0x1F": int64(31), "0o17": int64(15), "007": int64(7),
		"1_000": "1_000", "yes": "yes", "NO": "NO", "on": "on", "TRUE": true, "2022-08-01": "2022-08-01", `"1"`: "1", "'~'": "~",
		"9223372036854775807": int64(math.MaxInt64), "!!str 5": "5", "1:30": "1:30", "e5": "e5", "|\n    text\n": "text\n",
	} {
		c := parse(t, strings.Replace(minimal, "parameters: {alpha: 1e-5, windows: [60, 120], ticker: XLF}", "parameters:\n  x: "+text, 1))
		equal(t, text, c.Parameters[0].Value.Scalar, want)
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2022-08-01":                       "2022-08-01T00:00:00Z",
		"2022-08-01 09:30":                 "2022-08-01T09:30:00Z",
		"2022-08-01 09:30:15":              "2022-08-01T09:30:15Z",
		"2022-08-01T09:30:15.000001":       "2022-08-01T09:30:15.000001Z",
		"2022-08-01t09:30:15z":             "2022-08-01T09:30:15Z",
		"2022-08-01 09:30+02:00":           "2022-08-01T07:30:00Z",
		"2022-08-01 09:30:15 +0200":        "2022-08-01T07:30:15Z",
		"2022-08-01 09:30:15-05":           "2022-08-01T14:30:15Z",
		"2022-08-01T09:30:15.123456+00:00": "2022-08-01T09:30:15.123456Z",
		" 2022-08-01 09:30 UTC ":           "2022-08-01T09:30:00Z",
		"0001-01-01":                       "0001-01-01T00:00:00Z",
	} {
		got, err := config.ParseTime(text)
		if err != nil || got != micros(want) {
			t.Errorf("%q: %d, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "now", "2022", "2022-08", "2022-8-1", "2022-02-30", "2022-08-01 25:00", "0000-01-01", "2022-08-01Z", "2022-08-01 09:30:15.0000001",
		"2022-08-01 09:30 Europe/Berlin", "20220801T093000Z", "2022-08-01 09:30:15,5x",
	} {
		if got, err := config.ParseTime(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}

func TestParseTimeReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(micros("0001-01-01T00:00:00Z"), micros("9999-12-31T00:00:00Z")).Draw(t, "time")
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "zone"))
		text := time.UnixMicro(want).In(zone).Format("2006-01-02T15:04:05.999999Z07:00")
		if strings.HasPrefix(text, "0000") || len(text) < 20 {
			t.Skip("the zone moves it out of the years 1 to 9999")
		}
		if got, err := config.ParseTime(text); err != nil || got != want {
			t.Fatalf("%s: %d, %v, want %d", text, got, err, want)
		}
	})
}

func vary(t *testing.T, text string) []any {
	t.Helper()
	return parse(t, minimal+"sweep: {vary: {alpha: "+text+"}}\n").Sweep.Vary[0].Values
}

func TestSpaces(t *testing.T) {
	for text, want := range map[string][]any{
		"{range: [0, 5, 2]}": {int64(0), int64(2), int64(4)},
		"{range: [1, 3]}":    {int64(1), int64(2)},
		"{range: [9007199254740993, 9007199254740994]}":                              {int64(9007199254740993)},
		"{range: [9007199254740992, 9007199254740993]}":                              {int64(9007199254740992)},
		"{range: [9223372036854775807, -9223372036854775808, -9223372036854775808]}": {int64(9223372036854775807), int64(-1)},
		"{range: [-9223372036854775808, 9223372036854775807, 9223372036854775807]}":  {int64(-9223372036854775808), int64(-1), int64(9223372036854775806)},
		"{range: [3, 0, -2]}":                  {int64(3), int64(1)},
		"{linspace: [0, 1, 11]}":               {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0},
		"{linspace: [1, -1, 3]}":               {1.0, 0.0, -1.0},
		"{logspace: [1e-5, 1, 6]}":             {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0},
		"{logspace: [0.3e-7, 8.7, 2]}":         {0.3e-7, 8.7},
		"[1, 1e-2]":                            {1.0, 1e-2},
		"[a, b]":                               {"a", "b"},
		"[[1, 2], [2, 1], [1]]":                {[]any{int64(1), int64(2)}, []any{int64(2), int64(1)}, []any{int64(1)}},
		"[true, false]":                        {true, false},
		"{linspace: [0, 9007199254740992, 2]}": {0.0, 9007199254740992.0},
	} {
		equal(t, text, vary(t, text), want)
	}
}

// TestRange holds range against Python's definition.
func TestRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Int64Range(-50, 50)
		start, stop := small.Draw(t, "start"), small.Draw(t, "stop")
		step := rapid.Int64Range(-9, 9).Filter(func(n int64) bool { return n != 0 }).Draw(t, "step")
		var want []any
		for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
			want = append(want, i)
		}
		c, err := config.Parse("x.yaml", []byte(minimal+"sweep: {vary: {alpha: {range: ["+str(start)+", "+str(stop)+", "+str(step)+"]}}}\n"), nil)
		if len(want) == 0 {
			if err == nil {
				t.Fatal("an empty range passed")
			}
			return
		}
		if err != nil || !reflect.DeepEqual(c.Sweep.Vary[0].Values, want) {
			t.Fatal(err, want)
		}
	})
}

func str(n int64) string { return strconv.FormatInt(n, 10) }

func TestOverrides(t *testing.T) {
	text := minimal + "sweep: {vary: {windows: {range: [60, 100, 20]}, alpha: [1, 2]}}\n"
	c := parse(t, text, config.Override{Name: "alpha", Text: "1e-3"}, config.Override{Name: "windows", Text: "[70, 80]"}, config.Override{Name: "ticker", Text: "XLE"})
	equal(t, "alpha", c.Parameters[0].Value.Scalar, 1e-3)
	equal(t, "windows", c.Parameters[1].Value.Any(), []any{int64(70), int64(80)})
	equal(t, "ticker", c.Parameters[2].Value.Scalar, "XLE")
	equal(t, "what is given is not varied", len(c.Sweep.Vary), 0)

	c = parse(t, text, config.Override{Name: "alpha", Text: "{logspace: [0.1, 10, 3]}", Vary: true}, config.Override{Name: "ticker", Text: "[A, B]", Vary: true}, config.Override{Name: "windows", Text: "90", Vary: true})
	equal(t, "varied", []string{c.Sweep.Vary[0].Name, c.Sweep.Vary[1].Name, c.Sweep.Vary[2].Name}, []string{"windows", "alpha", "ticker"})
	equal(t, "one value", c.Sweep.Vary[0].Values, []any{int64(90)})
	equal(t, "a space", c.Sweep.Vary[1].Values, []any{0.1, 1.0, 10.0})
	equal(t, "added", c.Sweep.Vary[2].Values, []any{"A", "B"})
	equal(t, "defaults stay", c.Parameters[0].Value.Scalar, 1e-5)

	c = parse(t, minimal, config.Override{Name: "alpha", Text: "[1, 2]", Vary: true})
	equal(t, "a sweep of the command line's own", c.Sweep.Vary[0].Values, []any{int64(1), int64(2)})

	problem := c.Problem(c.Sweep.Vary[0].Place(1), "", "wrong")
	equal(t, "place", problem.Text(), "command line: wrong\n   | alpha=[1, 2]\n   |           ^")
}

func TestDatabase(t *testing.T) {
	t.Setenv("TDLAKE_TEST_PASSWORD", "pass:wo@rd")
	t.Setenv("TDLAKE_TEST_ADDRESS", "duckdb:/tmp/x.duckdb")
	here, _ := filepath.Abs(".")
	for text, want := range map[string]string{
		"files:data":             "files:" + here + "/data",
		"files:../x":             "files:" + filepath.Dir(here) + "/x",
		"files:/a/b":             "files:/a/b",
		"duckdb:m.duckdb":        "duckdb:" + here + "/m.duckdb",
		"${TDLAKE_TEST_ADDRESS}": "duckdb:/tmp/x.duckdb",
		"postgres://u:${TDLAKE_TEST_PASSWORD}@h/db?sslmode=require": "postgres://u:pass:wo@rd@h/db?sslmode=require",
		"postgresql://h": "postgresql://h",
	} {
		equal(t, text, parse(t, strings.Replace(minimal, "files:data", text, 1)).Database, want)
	}
}

// TestSecrets makes sure that a password in an address is in no message, whatever is wrong on its line.
func TestSecrets(t *testing.T) {
	t.Setenv("TDLAKE_TEST_PASSWORD", "hunter2")
	for _, line := range []string{
		"database: mysql://u:hunter2@h/db", "database: postgre://u:hun@ter2hunter2@h/db", "databas: postgres://u:hunter2@h/db",
		"database: {a: 'postgres://u:hunter2@h/db'}", "database: mysql://u:${TDLAKE_TEST_PASSWORD}@h/${NOT_SET}", "database: [postgres://h/db?password=hunter2&x=y]",
	} {
		_, err := config.Parse("x.yaml", []byte(strings.Replace(minimal, "database: files:data", line, 1)), nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestFromDB(t *testing.T) {
	for text, want := range map[string][]string{
		"prices": {"prices"}, "a,b , c": {"a", "b", "c"}, "[a, b]": {"a", "b"}, "[]": nil, "[\"a\"]": {"a"},
	} {
		c := parse(t, minimal+"nodes_to_get_from_db: "+text+"\n")
		equal(t, text, names(c.FromDB), want)
		equal(t, text+" is set", c.FromDBSet, true)
	}
	equal(t, "absent", parse(t, minimal).FromDBSet, false)
}

// TestForms loads one config in ways that mean the same.
func TestForms(t *testing.T) {
	want := parse(t, minimal)
	for what, text := range map[string]string{
		"carriage returns": strings.ReplaceAll(minimal, "\n", "\r\n"),
		"byte order mark":  "\uFEFF" + minimal,
		"document marks":   "---\n" + minimal + "...\n",
		"comments":         "# first\n" + strings.ReplaceAll(minimal, "\n", " # why\n"),
		"aliases":          strings.Replace(strings.Replace(minimal, "datalake_name: Test", "datalake_name: &t Test", 1), "[60, 120]", "[&n 60, 120]", 1),
	} {
		c := parse(t, text)
		equal(t, what, []any{c.DatalakeName, c.Start, c.End, c.Database, c.Parameters[1].Value.Any(), c.Target.Name},
			[]any{want.DatalakeName, want.Start, want.End, want.Database, want.Parameters[1].Value.Any(), want.Target.Name})
	}
	c := parse(t, strings.Replace(minimal, "alpha: 1e-5, windows: [60, 120]", "alpha: &a 60, windows: [*a, 120]", 1))
	equal(t, "alias", c.Parameters[1].Value.Any(), []any{int64(60), int64(120)})
}

func TestNearest(t *testing.T) {
	known := []string{"lasso_alpha", "in_window", "input", "key", "target"}
	for name, want := range map[string]string{
		"lasso_alfa": "lasso_alpha", "lasso-alpha": "lasso_alpha", "LASSO_ALPHA": "lasso_alpha", "inptu": "input", "kye": "key", "k": "",
		"": "", "colour": "", "tarrget": "target", "x": "", strings.Repeat("a", 5000): "",
	} {
		if got := config.Nearest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestFolderName(t *testing.T) {
	for _, name := range []string{"Long short portfolio", "a", "données", "a.b", "v1-2_3", strings.Repeat("x", 200)} {
		if reason := config.FolderName(name); reason != "" {
			t.Errorf("%q %s", name, reason)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "a\x00b", "a\nb", "_a", ".a", "a ", " a", "a.", "a:b", strings.Repeat("x", 201)} {
		if config.FolderName(name) == "" {
			t.Errorf("%q passed", name)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for what, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "tdlake.yaml"), "a folder": t.TempDir()} {
		c, err := config.Load(path, nil)
		var problems config.Problems
		if c != nil || !errors.As(err, &problems) || len(problems) != 1 || problems[0].File != path {
			t.Errorf("%s: %v", what, err)
		}
	}
	huge := filepath.Join(t.TempDir(), "huge.yaml")
	if err := os.WriteFile(huge, []byte(minimal+strings.Repeat("# filler\n", 1<<19)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(huge, nil); err == nil || !strings.Contains(err.Error(), "more than 4194304 bytes") {
		t.Error("huge:", err)
	}
}

func TestProblemsAreSortedAndEachOnce(t *testing.T) {
	at := func(line, column int, message string) config.Problem {
		return config.Problem{File: "f", Pos: config.Pos{Line: line, Column: column}, Message: message}
	}
	err := config.Problems{at(-1, 1, "c"), at(3, 1, "b"), at(1, 9, "a"), at(3, 1, "b"), at(1, 2, "d")}.Err()
	var messages []string
	for _, p := range err.(config.Problems) {
		messages = append(messages, p.Message)
	}
	if !slices.Equal(messages, []string{"d", "a", "b", "c"}) {
		t.Error(messages)
	}
	if (config.Problems{}).Err() != nil {
		t.Error("no problems are an error")
	}
}

// FuzzParse feeds anything to Parse: it must not panic, what it says must have a place in the file, and what loads must be
// fit for use.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range append(files, "testdata/long_short.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "alpha", "1e-3", false)
	}
	f.Add([]byte(minimal), "windows", "{range: [1, 5]}", true)
	f.Add([]byte(minimal), "windows", "[*a", true)
	f.Fuzz(func(t *testing.T, text []byte, name, value string, varied bool) {
		c, err := config.Parse("x.yaml", text, []config.Override{{Name: name, Text: value, Vary: varied}})
		if err != nil {
			for _, p := range err.(config.Problems) {
				if p.Message == "" || p.Line < -1 || p.Text() == "" {
					t.Errorf("%+v", p)
				}
			}
			return
		}
		if c.End <= c.Start || c.DatalakeName == "" || config.FolderName(c.DatalakeName) != "" || c.Database == "" || c.Target.Name == "" || len(c.Nodes) == 0 {
			t.Errorf("%+v", c)
		}
	})
}
