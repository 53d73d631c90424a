package files

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

var key = []string{"time_index", "unique_identifier"}

func beginView(t *testing.T, dir string) *View {
	t.Helper()
	v, err := openSource(t, dir).Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// dump returns the schema and the rows, a line each.
func dump(v *View, n graph.Table) (string, error) {
	ctx := context.Background()
	s, err := v.Schema(ctx, n)
	if err != nil {
		return "", err
	}
	out := []string{s.String()}
	for f, err := range v.Rows(ctx, n, -1<<63, 1<<63-1) {
		if err != nil {
			return "", err
		}
		for i := range f.Rows() {
			var row []string
			for k := range s.Fields {
				row = append(row, f.Column(k).ValueStr(i))
			}
			out = append(out, strings.Join(row, "|"))
		}
	}
	return strings.Join(out, "\n"), nil
}

func TestCSV(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"types": {
			"time_index,unique_identifier,i,f,n,d,z,b,x,none\n" +
				"2022-01-04,B,1,2,NaN,2022-01-01,2022-01-01 05:00:00,true,hello,\n" +
				"2022-01-03,A,-7,2.5,inf,1969-12-31,2022-01-01T05:00:00+02:00,FALSE,\"a, \"\"b\"\"\",\n" +
				"2022-01-05,C,,,,,,,,\n",
			"time_index timestamp, unique_identifier string, i int, f float, n float, d date, z timestamp, b bool, x string, none float\n" +
				"2022-01-03T00:00:00Z|A|-7|2.5|(null)|1969-12-31|2022-01-01T03:00:00Z|false|a, \"b\"|(null)\n" +
				"2022-01-04T00:00:00Z|B|1|2|(null)|2022-01-01|2022-01-01T05:00:00Z|true|hello|(null)\n" +
				"2022-01-05T00:00:00Z|C|(null)|(null)|(null)|(null)|(null)|(null)|(null)|(null)",
		},
		"identifiers that look like numbers": {
			"time_index;unique_identifier;isin;v\n2022-01-03T21:00:00Z;000001;007;1e3\n2022-01-03T21:00:00Z;600519;1;-0.5\n",
			"time_index timestamp, unique_identifier string, isin string, v float\n" +
				"2022-01-03T21:00:00Z|000001|007|1000\n2022-01-03T21:00:00Z|600519|1|-0.5",
		},
		"plain numbers as identifiers": {
			"time_index,unique_identifier,v\r\n2022-01-03,2,0\r\n2022-01-03,10,5\r\n",
			"time_index timestamp, unique_identifier string, v int\n2022-01-03T00:00:00Z|10|5\n2022-01-03T00:00:00Z|2|0",
		},
		"a word among numbers": {
			"time_index,unique_identifier,v\n2022-01-03,A,1.5\n2022-01-04,A,halted\n",
			"time_index timestamp, unique_identifier string, v string\n2022-01-03T00:00:00Z|A|1.5\n2022-01-04T00:00:00Z|A|halted",
		},
		"single quotes and number signs": {
			"time_index,unique_identifier,v,note\n2022-01-03,'Z',1,#1\n2022-01-04,#Z,2,it's\n",
			"time_index timestamp, unique_identifier string, v int, note string\n2022-01-03T00:00:00Z|'Z'|1|#1\n2022-01-04T00:00:00Z|#Z|2|it's",
		},
		"a first row that could be a comment": {
			"time_index,unique_identifier,v\n#2022-01-03,Z,1\n2022-01-04,Z,2\n", `"#2022-01-03" in line 2`,
		},
		"what DuckDB takes for numbers": {
			"time_index,unique_identifier,thousand,hex,binary,octal,float,plus,zero,zeros,signed\n2022-01-03,A,1_000,0x10,0b11,0o17,1_0.5, +1,0, 007,-07\n2022-01-04,A,1,1,1,1,1,-7 ,-0,1,1\n",
			"time_index timestamp, unique_identifier string, thousand string, hex string, binary string, octal string, float string, plus int, zero float, zeros string, signed string\n" +
				"2022-01-03T00:00:00Z|A|1_000|0x10|0b11|0o17|1_0.5|1|0| 007|-07\n2022-01-04T00:00:00Z|A|1|1|1|1|1|-7|-0|1|1",
		},
		"what DuckDB takes for dates and times": {
			"time_index,unique_identifier,a,b,c,d\n2022-01-03,A,epoch,EPOCH ,2022/01/03,2022-1-3 5\n2022-01-04,A,2022-01-03,2022-01-03 05:00,1969-12-31,2022-01-03\n",
			"time_index timestamp, unique_identifier string, a string, b string, c date, d string\n" +
				"2022-01-03T00:00:00Z|A|epoch|EPOCH |2022-01-03|2022-1-3 5\n2022-01-04T00:00:00Z|A|2022-01-03|2022-01-03 05:00|1969-12-31|2022-01-03",
		},
		"zeros beyond microseconds": {
			"time_index,unique_identifier,t\n2022-01-03,A,2022-01-03 05:00:00.123456000+02\n",
			"time_index timestamp, unique_identifier string, t timestamp\n2022-01-03T00:00:00Z|A|2022-01-03T03:00:00.123456Z",
		},
		"more digits than nanoseconds have": {
			"time_index,unique_identifier,t\n2022-01-03,A,2022-01-03 05:00:00.0000000001\n",
			"time_index timestamp, unique_identifier string, t string\n2022-01-03T00:00:00Z|A|2022-01-03 05:00:00.0000000001",
		},
		"no rows": {"time_index,unique_identifier,v\n", "prices.csv has no rows below its header"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			save(t, dir, "prices.csv", c.text)
			got, err := dump(beginView(t, dir), graph.Table{Name: "prices", Key: key})
			if !strings.HasPrefix(c.want, "time_index") { // nothing says what type an empty column has
				if !database.IsKind(err, database.Data) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%v\ngot:\n%s\nwant:\n%s", err, got, c.want)
			}
		})
	}
}

// TestLinesThatDoNotFit names the line, wherever it is; nothing is passed over.
func TestLinesThatDoNotFit(t *testing.T) {
	const header = "time_index,unique_identifier,v\n"
	rows := func(n int) string { return strings.Repeat("2022-01-03,A,1\n", n) } // never read: the file is refused
	for text, want := range map[string]string{
		header + rows(9) + "time_index,unique_identifier,v,w\n" + strings.Repeat("2022-01-04,A,1,2\n", 30): "prices.csv:11: 4 fields, the header has 3",
		"Export\n" + header + rows(9):                "prices.csv:2: 3 fields, the header has 1",
		header + rows(9) + "2022-01-29,A\n":          "prices.csv:11: 2 fields, the header has 3",
		header + rows(30_000) + "2022-01-29,A,3,4\n": "prices.csv:30002: 4 fields, the header has 3",
		header + rows(9) + "2022-01-29,\"A,3\n":      "prices.csv:11: ",
	} {
		dir := t.TempDir()
		save(t, dir, "prices.csv", text)
		_, err := beginView(t, dir).Schema(context.Background(), graph.Table{Name: "prices", Key: key})
		if !database.IsKind(err, database.Data) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, not %s", err, want)
		}
	}
}

func TestCSVTypeBeyondTheFirstRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("date,unique_identifier,v\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "2022-01-03 %02d:%02d:%02d,%d,%d\n", i/3600, i/60%60, i%60, i, i)
	}
	b.WriteString("2022-01-04,5000,0.5\n")
	dir := t.TempDir()
	save(t, dir, "prices.csv", b.String())
	s, err := beginView(t, dir).Schema(context.Background(), graph.Table{Name: "prices", Key: key, Rename: map[string]string{"date": "time_index"}})
	if err != nil || s.Fields[2].Type != frame.Float64 {
		t.Error(s, err)
	}
}

// TestCSVQuotesBeyondTheFirstRows has the first quoted field behind those rows that DuckDB guesses by.
func TestCSVQuotesBeyondTheFirstRows(t *testing.T) {
	var b strings.Builder
	b.WriteString("time_index,unique_identifier,v\n")
	for i := range 50_000 {
		fmt.Fprintf(&b, "2022-01-03 %02d:%02d:%02d,A,1\n", i/3600, i/60%60, i%60)
	}
	b.WriteString("2022-01-04,\"a, \"\"b\"\"\",2\n")
	dir := t.TempDir()
	save(t, dir, "prices.csv", b.String())
	got, err := dump(beginView(t, dir), graph.Table{Name: "prices", Key: key})
	if !strings.HasSuffix(got, "\n2022-01-04T00:00:00Z|a, \"b\"|2") {
		t.Errorf("%v\n...%s", err, got[max(0, len(got)-100):])
	}
}

// TestCSVNanoseconds: times are cut, and that is said, as it is of a Parquet file's.
func TestCSVNanoseconds(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "prices.csv", "time_index,unique_identifier,v\n2022-01-03 05:00:00.1234567,A,1\n2022-01-03 05:00:01,A,1\n2022-01-03T05:00:02.123456789Z,A,1\n")
	v := beginView(t, dir)
	got, err := dump(v, graph.Table{Name: "prices", Key: key})
	want := "time_index timestamp, unique_identifier string, v int\n2022-01-03T05:00:00.123456Z|A|1\n2022-01-03T05:00:01Z|A|1\n2022-01-03T05:00:02.123456Z|A|1"
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if said := strings.Join(v.Warnings(), "\n"); said != `table "prices": prices.csv: column "time_index": 2 of 3 times have no zone and are taken as UTC
table "prices": column "time_index": 2 times are cut to microseconds` {
		t.Error(said)
	}
}

func TestCSVTimesAsText(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "prices.csv", "date,ticker,v\n3/1/2022,A,1\n")
	v := beginView(t, dir)
	n := graph.Table{Name: "prices", Key: key, Rename: map[string]string{"date": "time_index", "ticker": "unique_identifier"}}
	_, err := v.Schema(context.Background(), n)
	if !database.IsKind(err, database.Data) || !strings.Contains(err.Error(), `column "time_index" is in the key and is varchar, not a timestamp`) {
		t.Error(err)
	}
	n.Query = "select strptime(date, '%d/%m/%Y') as time_index, * exclude (date) from prices"
	n.Rename = map[string]string{"ticker": "unique_identifier"}
	got, err := dump(v, n)
	if want := "time_index timestamp, unique_identifier string, v int\n2022-01-03T00:00:00Z|A|1"; err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
}
