package cli

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/sweeps"
)

func sampleFrame(rows int) *frame.Frame {
	b := frame.NewBuilder(frame.Long("close", "change"))
	for i := range rows {
		b.Time(0, int64(i)*86_400_000_000)
		b.String(1, "AAA")
		b.Float(2, 100+float64(i)/3)
		if i%2 == 0 {
			b.Missing(3)
		} else {
			b.Float(3, -1e-5*float64(i))
		}
	}
	return b.Frame()
}

func render(t *testing.T, format string, width int, f *frame.Frame) string {
	t.Helper()
	var out strings.Builder
	w, err := newTableWriter(&out, format, columnsOfFrame(f.Schema()), width)
	if err != nil {
		t.Fatal(err)
	}
	// In three batches, the last one short.
	for from := 0; from < f.Rows(); from += f.Rows()/2 + 1 {
		if err := w.write(duck.TableOf(f.Slice(from, min(from+f.Rows()/2+1, f.Rows())))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormats(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"table", `
┌─────────────────────┬───────────────────┬───────────┬────────┐
│ time_index          │ unique_identifier │     close │ change │
│ timestamp           │ string            │     float │  float │
├─────────────────────┼───────────────────┼───────────┼────────┤
│ 1970-01-01 00:00:00 │ AAA               │       100 │      - │
│ 1970-01-02 00:00:00 │ AAA               │ 100.33333 │ -1e-05 │
│ 1970-01-03 00:00:00 │ AAA               │ 100.66667 │      - │
└─────────────────────┴───────────────────┴───────────┴────────┘
3 rows, 4 columns
`},
		{"csv", `
time_index,unique_identifier,close,change
1970-01-01T00:00:00Z,AAA,100,
1970-01-02T00:00:00Z,AAA,100.33333333333333,-1e-05
1970-01-03T00:00:00Z,AAA,100.66666666666667,
`},
		{"json", `
[
{"time_index": "1970-01-01T00:00:00Z", "unique_identifier": "AAA", "close": 100, "change": null},
{"time_index": "1970-01-02T00:00:00Z", "unique_identifier": "AAA", "close": 100.33333333333333, "change": -0.00001},
{"time_index": "1970-01-03T00:00:00Z", "unique_identifier": "AAA", "close": 100.66666666666667, "change": null}
]
`},
	} {
		if got := render(t, c.format, 0, sampleFrame(3)); got != c.want[1:] {
			t.Errorf("%s:\n%s", c.format, got)
		}
	}
}

func TestEmptyTables(t *testing.T) {
	for format, want := range map[string]string{
		"csv":   "time_index,unique_identifier,close,change\n",
		"json":  "[\n]\n",
		"table": "0 rows, 4 columns",
	} {
		if got := render(t, format, 0, sampleFrame(0)); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s", format, got)
		}
	}
}

func TestLongAndWideTables(t *testing.T) {
	got := render(t, "table", 0, sampleFrame(1234))
	lines := strings.Split(got, "\n")
	if len(lines) != 1+2+1+41+1+1+1 {
		t.Errorf("%d lines:\n%s", len(lines), got)
	}
	for _, want := range []string{"1,234 rows, 4 columns (40 rows shown)", "1970-01-20", "1973-05-18"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "1970-02-01") {
		t.Errorf("rows of the middle are shown:\n%s", got)
	}
	narrow := render(t, "table", 50, sampleFrame(3))
	for line := range strings.Lines(narrow) {
		if strings.HasPrefix(line, "│") && len([]rune(line)) > 51 {
			t.Errorf("too wide:\n%s", narrow)
		}
	}
	if !strings.Contains(narrow, "columns shown") {
		t.Errorf("nothing says that columns are left out:\n%s", narrow)
	}
}

func TestFitColumns(t *testing.T) {
	for _, c := range []struct {
		widths       []int
		width, first int
		want         string
	}{
		{[]int{10, 10, 10}, 0, 0, "012"},
		{[]int{10, 10, 10}, 31, 0, "012"},
		{[]int{10, 10, 10}, 25, 0, "0-2"},
		{[]int{10, 10, 10, 10, 10}, 45, 0, "01-34"},
		{[]int{10, 10, 10, 10, 10}, 1, 0, "0-4"},
		{[]int{50, 50}, 20, 0, "01"},
		{[]int{10, 10, 10, 10, 10}, 55, 2, "01234"},
		{[]int{10, 10, 10, 10, 10}, 45, 2, "01-34"},
		{[]int{10, 10, 10, 10, 10}, 45, 3, "012-4"},
		{[]int{10, 10, 10, 10, 10}, 35, 3, "01-4"},
		{[]int{10, 10, 10, 10, 10}, 1, 5, "0-4"},
	} {
		got := ""
		for _, k := range fitColumns(c.widths, c.width, c.first) {
			if k < 0 {
				got += "-"
			} else {
				got += string(rune('0' + k))
			}
		}
		if got != c.want {
			t.Errorf("fitColumns(%v, %d, %d) = %s, want %s", c.widths, c.width, c.first, got, c.want)
		}
	}
}

func TestArrowHasTheSchemaOfTheFrame(t *testing.T) {
	columns := columnsOfFrame(sampleFrame(0).Schema())
	if got := columns[0].arrow; !arrow.TypeEqual(got, frame.Timestamp.Arrow()) {
		t.Errorf("time_index is %s", got)
	}
	if got := render(t, "arrow", 0, sampleFrame(5)); !strings.HasPrefix(got, "ARROW1") || !strings.HasSuffix(got, "ARROW1") {
		t.Errorf("no Arrow file: %q", got)
	}
}

func TestControlCharactersAreWritten(t *testing.T) {
	for in, want := range map[string]string{"plain\nß": "plain\nß", "\x1b[31mred": `\x1b[31mred`, "a\r\t\u009b\a": `a\r\t\u009b\a`} {
		if got := printable(in); got != want {
			t.Errorf("%q is written %q", in, got)
		}
	}
}

func TestARankingFitsTheTerminal(t *testing.T) {
	r := &sweeps.Ranking{By: "a_long_name_of_a_metric", Points: 1, Rows: [][]any{{"AAA", 1.0, 2.0, 3.0, strings.Repeat("x", 100), false}}}
	for _, name := range []string{"ticker", "a_long_name_of_a_metric", "another_long_name_of_a_metric", "third", "text", "starts_late"} {
		r.Columns = append(r.Columns, sweeps.RankingColumn{Name: name, Type: frame.String})
	}
	narrow := drawRanking(r, 66)
	for line := range strings.Lines(narrow) {
		if strings.HasPrefix(line, "│") && len([]rune(line)) > 67 {
			t.Errorf("too wide:\n%s", narrow)
		}
	}
	if !strings.Contains(narrow, "shown: the terminal is too narrow") || !strings.Contains(narrow, r.By) {
		t.Errorf("\n%s", narrow)
	}
	if wide := drawRanking(r, 0); !strings.Contains(wide, strings.Repeat("x", 100)) || strings.Contains(wide, "narrow") {
		t.Errorf("\n%s", wide)
	}
}
