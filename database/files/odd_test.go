package files

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
	"pgregory.net/rapid"
)

// read returns what a table is read as, with its warnings.
func read(t *testing.T, dir, table string) (string, error) {
	t.Helper()
	v := beginView(t, dir)
	got, err := dump(v, graph.Table{Name: table, Key: key})
	return strings.Join(append([]string{got}, v.Warnings()...), "\n"), err
}

const head = "time_index,unique_identifier,v\n"

// TestOddFields: what stands for a missing value among numbers is missing, what is none is named; both are said.
func TestOddFields(t *testing.T) {
	rows := func(values ...string) string {
		out := head
		for i, v := range values {
			out += fmt.Sprintf("2023-05-%02d,A,%s\n", i+1, v)
		}
		return out
	}
	for _, c := range []struct{ text, schema, last, said string }{
		{rows("1.5", "null", "2.5"), "v float", "|2.5", `prices.csv: column "v": 1 of 3 fields are taken as missing, such as "null" in line 3`},
		{rows("1", "-", "N/A", "#N/A", `\N`, ".", "NA", "None", "12"), "v int", "|12", `7 of 9 fields are taken as missing, such as "-" in line 3`},
		{rows("NA", "NA"), "v float", "|(null)", `2 of 2 fields are taken as missing`},
		{rows("1.5", `"12,010.5"`, `"1,000"`), "v float", "|1000", `commas between thousands are left out of 2 of 3 values, such as "12,010.5" in line 3`},
		{rows("1.5", `"2,5"`, "3"), "v string", "|3", `"2,5" in line 3 is no number, as the other 2 are: the column is text`},
		{rows("1.5", "halted", "3"), "v string", "|3", `"halted" in line 3 is no number, as the other 2 are: the column is text`},
		{rows("2023-01-01", "2023-02-30", "2023-03-01"), "v string", "|2023-03-01", `"2023-02-30" in line 3 is no date or time`},
		{rows("a", "NA", "7"), "v string", "|7", ""},
		{rows("600519", "000001", "300750"), "v string", "|300750", ""},
		{strings.ReplaceAll(rows("1,5", "2,75", "3"), ",", ";")[:0] + "time_index;unique_identifier;v\n2023-05-01;A;1,5\n2023-05-02;A;1,010\n", "v string", "|1,010", `a comma for the decimals: the column is text; a query reads it: cast(replace("v", ',', '.') as double)`},
	} {
		dir := t.TempDir()
		save(t, dir, "prices.csv", c.text)
		got, err := read(t, dir, "prices")
		lines := strings.Split(got, "\n")
		rest := strings.Join(lines[min(len(lines), strings.Count(c.text, "\n")):], "\n")
		if err != nil || !strings.HasSuffix(lines[0], c.schema) || !strings.Contains(got, c.last) || !strings.Contains(rest, c.said) || c.said == "" && rest != "" {
			t.Errorf("%q: %v\n%s", c.text, err, got)
		}
	}
}

// TestOddFieldsOfAQuery: it sees numbers, and what was lost is said if it may have read it.
func TestOddFieldsOfAQuery(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "prices.csv", "time_index,unique_identifier,v,w\n2023-05-01,A,1,n/a\n2023-05-02,A,null,2\n")
	v := beginView(t, dir)
	got, err := dump(v, graph.Table{Query: "select time_index, unique_identifier, v + 1 as x from prices", Key: key})
	said := strings.Join(v.Warnings(), "\n")
	if err != nil || !strings.HasSuffix(got, "|2\n2023-05-02T00:00:00Z|A|(null)") || !strings.Contains(said, `prices.csv: column "v": 1 of 2 fields are taken as missing, such as "null" in line 3`) || strings.Contains(said, `"w"`) {
		t.Errorf("%v\n%s\n%s", err, got, said)
	}
}

// TestOddFiles: line ends of two kinds, names over two lines, separators, packed files, endings in capitals.
func TestOddFiles(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(oneRow)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 5<<20)
	for name, c := range map[string]struct{ file, text, want string }{
		"CRLF and LF":         {"p.csv", "time_index,unique_identifier,v\r\n2022-01-03,A,1\n2022-01-04,A,2\r\n2022-01-05,\"B\nC\",3\n", "Z|A|1\n2022-01-04T00:00:00Z|A|2\n2022-01-05T00:00:00Z|B\nC|3"},
		"CRLF within quotes":  {"p.csv", "time_index,unique_identifier,v\n2022-01-05,\"B\r\nC\",3\n", "Z|B\r\nC|3"},
		"CR":                  {"p.csv", strings.ReplaceAll(oneRow, "\n", "\r"), "Z|A|1"},
		"a name of two lines": {"p.csv", "\"last\nprice\";time_index;unique_identifier\n1,5;2022-01-03;A\n", "string\n2022-01-03T00:00:00Z|A|1,5"},
		"commas in names":     {"p.csv", "time_index\tunique_identifier\t\"a, b, c, d\"\n2022-01-03\tA\t1\n", "Z|A|1"},
		"a mark":              {"p.csv", "\xef\xbb\xbf" + oneRow, "Z|A|1"},
		"gzip":                {"p.csv.gz", packed.String(), oneRowRead},
		"capitals":            {"p.CSV", oneRow, oneRowRead},
		"a long field":        {"p.csv", "time_index,unique_identifier,v\n2022-01-03,A," + long + "\n", long},
		"case alone":          {"p.csv", "time_index,unique_identifier,Close,close\n2022-01-03,A,1,2\n", "Close int, close int\n2022-01-03T00:00:00Z|A|1|2"},
	} {
		dir := t.TempDir()
		save(t, dir, c.file, c.text)
		if got, err := read(t, dir, "p"); err != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: %v\n%.300s", name, err, got)
		}
	}
}

// TestFilesThatAreRefused name the line, and what to do, in words of our own.
func TestFilesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		head + "2022-01-03,Soci\xe9t\xe9,1\n":                                    "p.csv:2: the text is not UTF-8; it looks like LATIN1",
		head + "2022-01-03,A,1\n2022-01-04,\xb9\xf3\xd6\xdd\xc3\xa9\xcc\xa8,1\n": "p.csv:3: the text is not UTF-8; it looks like GBK",
		"\xff\xfet\x00i\x00\n\x00":                                               "p.csv:1: the text is not UTF-8; it looks like UTF-16",
		head + "2022-01-03,A,1\n2022-01-04,A,2\r2022-01-05,A,3\n":                "p.csv:3: the line ends with a carriage return alone",
		head + "2022-01-03,\"A\"b,1\n":                                           "p.csv:2: more text after a closing quote",
		head + "2022-01-03,\"A,1\n2022-01-04,A,1\n":                              "p.csv:2: a quote is opened and never closed",
		head + "2022-01-03;A;1\n":                                                "p.csv:2: 1 field, the header has 3 (',' separates fields)",
		head:                                                                     "p.csv has no rows",
		"":                                                                       "p.csv is empty",
		head + "2022-01-03,A,1\n2022-01-04,A,1\n" + head + "2022-01-05,A,1\n": `p.csv: "time_index" in line 4 is no time, as the others are`,
		head + "2022-01-03,A,1\n2022-02-30,A,1\n2022-03-01,A,1\n":             `p.csv: "2022-02-30" in line 3 is no time`,
		head + "03.01.2022,A,1\n": `"03.01.2022" in line 2`,
	} {
		dir := t.TempDir()
		save(t, dir, "p.csv", text)
		_, err := read(t, dir, "p")
		expectError(t, err, database.Data, want)
		if hinted, ok := err.(interface{ Hint() string }); !ok || hinted.Hint() == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: without a hint, or of several lines: %v", text, err)
		}
	}
}

// TestManyColumns: cost follows the cells, not the columns squared.
func TestManyColumns(t *testing.T) {
	const columns, rows = 2000, 50
	var b strings.Builder
	b.WriteString("time_index,unique_identifier")
	for i := range columns {
		fmt.Fprintf(&b, ",c%d", i)
	}
	for i := range rows {
		fmt.Fprintf(&b, "\n2022-01-03 00:00:%02d,A", i)
		for k := range columns {
			fmt.Fprintf(&b, ",%d.5", k)
		}
	}
	dir := t.TempDir()
	save(t, dir, "p.csv", b.String())
	began := time.Now()
	got, err := read(t, dir, "p")
	if err != nil || !strings.Contains(got, "|1999.5") {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*time.Second { // minutes where it is squared
		t.Errorf("%v", took)
	}
}

func TestFoldersAsTables(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"prices.parquet/_temporary", "hive/year=2023/month=4", "hive/year=2024/month=5", "us", "empty"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	row := func(path, rest string) {
		run(t, []string{filepath.Join(dir, path)}, fmt.Sprintf("copy (select timestamptz '2024-05-01 10:00:00+00' as time_index, %s) to %s (format parquet)", rest, duck.Literal(filepath.Join(dir, path))))
	}
	row("prices.parquet/part-0.parquet", "'A' as unique_identifier, 1 as v")
	row("prices.parquet/part-1.PARQUET", "'B' as unique_identifier, 2.75::double as v")
	row("prices.parquet/_temporary/part-2.parquet", "'C' as unique_identifier, 3 as v")
	row("hive/year=2023/month=4/x.parquet", "'A' as unique_identifier, 1 as v")
	row("hive/year=2024/month=5/x.parquet", "'B' as unique_identifier, 2 as v, 'more' as w")
	save(t, dir, "us/px.csv", oneRow)
	save(t, dir, "book.xlsx", "")
	for table, want := range map[string]string{
		"prices": "v float\n2024-05-01T10:00:00Z|A|1\n2024-05-01T10:00:00Z|B|2.75",
		"hive":   "v int, w string, month int, year int\n2024-05-01T10:00:00Z|A|1|(null)|4|2023\n2024-05-01T10:00:00Z|B|2|more|5|2024",
		"us/px":  oneRowRead,
	} {
		got, err := read(t, dir, table)
		if err != nil || !strings.HasSuffix(got, want) {
			t.Errorf("%s: %v\n%s", table, err, got)
		}
	}
	got, err := dump(beginView(t, dir), graph.Table{Query: "select time_index, unique_identifier, v from hive where year = 2024", Key: key})
	if err != nil || !strings.HasSuffix(got, "|B|2") {
		t.Error(got, err)
	}
	for table, want := range map[string]string{
		"book": "book.xlsx is neither Parquet nor CSV", "empty": "empty is a folder without Parquet files", "us/px.csv": "a table is named without its file's ending", "us/pz": "no file us/pz.parquet", "../x": "there is no table",
	} {
		_, err := read(t, dir, table)
		expectError(t, err, database.Missing, want)
	}
}

func TestParquetNamesThatDifferInCase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p.parquet")
	// DuckDB writes no such file: the names are of one length, and changed in the bytes.
	run(t, []string{path}, "copy (select date '2022-01-03' as time_index, 'A' as unique_identifier, {'x': 1} as s, 1.5::double as \"Close\", 2.5::double as \"zlose\") to "+duck.Literal(path)+" (format parquet)")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	save(t, dir, "p.parquet", strings.ReplaceAll(string(b), "zlose", "close"))
	got, err := dump(beginView(t, dir), graph.Table{Name: "p", Key: key, Columns: []string{"close", "Close"}})
	if err != nil || !strings.HasSuffix(got, "close float, Close float\n2022-01-03T00:00:00Z|A|2.5|1.5") {
		t.Errorf("%v\n%s", err, got)
	}
}

// TestExamineAgreesWithDuckDB: what is taken for a type, DuckDB casts to it, and a whole number or a date says the same there.
func TestExamineAgreesWithDuckDB(t *testing.T) {
	db, err := duck.Open(context.Background(), duck.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	types := map[kinds]string{whole: "bigint", number: "double", date: "date", instant: "timestamptz", instantNS: "timestamptz_ns", yesNo: "boolean"}
	piece := rapid.SampledFrom([]string{"0", "1", "7", "00", "12", "31", "2022", "0044", "9223372036854775807", "-", "+", ".", ",", "e", "E", "-", "/", ":", " ", "T", "Z", "UTC", "America/New_York", "nan", "inf", "true", "_", "2024-02-29", "2022-01-03", "05:30", ":59.5", ".123456789", "+02:00", "-05"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "text"), "")
		got := examine([]byte(text))
		for kind, sql := range types {
			if got.kinds&kind == 0 {
				continue
			}
			same := "true"
			switch kind {
			case whole:
				same = "cast(cast(x as bigint) as varchar) = ltrim(trim(x), '+')"
			case date:
				same = "cast(cast(x as date) as varchar) = replace(x, '/', '-')"
			}
			f, err := db.Query(context.Background(), fmt.Sprintf("select cast(x as %s) is not null and %s from (select %s as x)", sql, same, duck.Literal(text)), duck.Refuse)
			if err != nil {
				t.Fatalf("%q is taken for %s: %v", text, sql, err)
			}
			if !f.Next() || f.Table().Columns[0].ValueStr(0) != "true" {
				t.Fatalf("%q is taken for %s: %v", text, sql, f.Err())
			}
			f.Close()
		}
	})
}
