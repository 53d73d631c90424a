package duck

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
)

// values returns all values of a result as text, a line a row.
func values(t *testing.T, d *DB, sql string, convert Convert) (columns []Column, lines []string, notes []Note) {
	t.Helper()
	r, err := d.Query(context.Background(), sql, convert)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer r.Close()
	for r.Next() {
		for i := range r.Table().Rows() {
			var row []string
			for _, c := range r.Table().Columns {
				row = append(row, c.ValueStr(i))
			}
			lines = append(lines, strings.Join(row, "|"))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return r.Columns(), lines, r.Notes()
}

func TestTypes(t *testing.T) {
	d := open(t, Options{})
	for _, c := range []struct {
		sql  string
		typ  frame.Type
		want string
		note string
	}{
		{"true", frame.Bool, "true", ""},
		{"-1::tinyint", frame.Int64, "-1", ""},
		{"-300::smallint", frame.Int64, "-300", ""},
		{"-70000::int", frame.Int64, "-70000", ""},
		{"255::utinyint", frame.Int64, "255", ""},
		{"65535::usmallint", frame.Int64, "65535", ""},
		{"4294967295::uinteger", frame.Int64, "4294967295", ""},
		{"9223372036854775807::ubigint", frame.Int64, "9223372036854775807", ""},
		{"0.1::float", frame.Float64, "0.10000000149011612", ""},
		{"'nan'::double", frame.Float64, "(null)", ""},
		{"'-inf'::double", frame.Float64, "(null)", `column "x": 1 infinite values are taken as missing`},
		{"1.25::decimal(4,2)", frame.Float64, "1.25", `column "x": DECIMAL(4,2) is stored as float`},
		{"-123.456::decimal(9,3)", frame.Float64, "-123.456", `column "x": DECIMAL(9,3) is stored as float`},
		{"90071992547409.931::decimal(18,3)", frame.Float64, "9.007199254740994e+13", `column "x": DECIMAL(18,3) is stored as float`},
		{"-12345678901234567890123456789.123456789::decimal(38,9)", frame.Float64, "-1.2345678901234568e+28", `column "x": DECIMAL(38,9) is stored as float`},
		{"'a longer text than fits inline'", frame.String, "a longer text than fits inline", ""},
		{"'12 letters..'", frame.String, "12 letters..", ""},
		{"'b'::enum('a', 'b')", frame.String, "b", ""},
		{"timestamp '2022-01-01 00:00:00.000001'", frame.Timestamp, "2022-01-01T00:00:00.000001Z", ""},
		{"timestamptz '2022-01-01 00:00:00+02'", frame.Timestamp, "2021-12-31T22:00:00Z", ""},
		{"timestamp_s '1960-01-01 00:00:01'", frame.Timestamp, "1960-01-01T00:00:01Z", ""},
		{"timestamp_ms '1960-01-01 00:00:00.001'", frame.Timestamp, "1960-01-01T00:00:00.001Z", ""},
		{"timestamp_ns '1969-12-31 23:59:59.999999999'", frame.Timestamp, "1969-12-31T23:59:59.999999Z", `column "x": 1 times are cut to microseconds`},
		{"'infinity'::timestamp", frame.Timestamp, "(null)", `column "x": 1 infinite values are taken as missing`},
		{"'-infinity'::date", frame.Date, "(null)", `column "x": 1 infinite values are taken as missing`},
		{"date '1969-12-31'", frame.Date, "1969-12-31", ""},
		{"null", frame.Int64, "(null)", ""},
	} {
		columns, lines, notes := values(t, d, "select "+c.sql+" as x", Refuse)
		note := ""
		for _, n := range notes {
			note += n.String()
		}
		if len(lines) != 1 || lines[0] != c.want || columns[0].Type != c.typ || note != c.note {
			t.Errorf("%s: %v %v %q, want %v %v %q", c.sql, columns[0].Type, lines, note, c.typ, c.want, c.note)
		}
		if _, lines, _ = values(t, d, "select x from (select "+c.sql+" as x union all select null)", Refuse); len(lines) != 2 || lines[1] != "(null)" {
			t.Errorf("%s and NULL: %v", c.sql, lines)
		}
	}
}

func TestTypesThatFramesDoNotHave(t *testing.T) {
	d := open(t, Options{})
	for _, c := range []struct{ sql, typ, text, json string }{
		{"1::hugeint", "HUGEINT", "1", "1"},
		{"[1, null]", "INTEGER[]", "[1, NULL]", "[1,null]"},
		{"{'a': 1, 'b': 'x'}", `STRUCT("a" INTEGER, "b" VARCHAR)`, "{'a': 1, 'b': x}", `{"a":1,"b":"x"}`},
		{"interval 3 days", "INTERVAL", "3 days", `"3 days"`},
		{"time '12:00:00'", "TIME", "12:00:00", `"12:00:00"`},
		{"map {'a': 1.5}", "MAP(VARCHAR, DECIMAL(2,1))", "{a=1.5}", `{"a":1.5}`},
		{"[1, 2]::int[2]", "INTEGER[2]", "[1, 2]", "[1,2]"},
		{"'\\xAA'::blob", "BLOB", "\\xAA", `"\\xAA"`},
		{"'00000000-0000-0000-0000-000000000001'::uuid", "UUID", "00000000-0000-0000-0000-000000000001", `"00000000-0000-0000-0000-000000000001"`},
	} {
		sql := "select 1 as one, " + c.sql + " as \"an x\"; -- end"
		_, err := d.Query(context.Background(), sql, Refuse)
		var unfit *TypeError
		if !errors.As(err, &unfit) || unfit.Column != "an x" || unfit.Type != c.typ || unfit.Hint() == "" {
			t.Errorf("%s: %v", c.sql, err)
		}
		columns, lines, _ := values(t, d, sql, AsText)
		if lines[0] != "1|"+c.text || columns[1].Name != "an x" {
			t.Errorf("%s: %v %v, want %s", c.sql, columns, lines, c.text)
		}
		if _, lines, _ = values(t, d, sql, AsJSON); lines[0] != "1|"+c.json {
			t.Errorf("%s: %v, want %s", c.sql, lines, c.json)
		}
	}
	_, lines, _ := values(t, d, "pivot (select range % 2 as a, [range] as l from range(4)) on a using first(l)", AsText)
	if strings.Join(lines, "") != "[0]|[1]" {
		t.Errorf("a PIVOT with lists: %v", lines)
	}
}

func TestLargeNumbers(t *testing.T) {
	d := open(t, Options{})
	r, err := d.Query(context.Background(), "select 18446744073709551615::ubigint as x", Refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Next() || r.Err() == nil || !strings.Contains(r.Err().Error(), `"x"`) {
		t.Errorf("%v", r.Err())
	}
}

// TestLargeResultsStream reads a result that is larger than DuckDB may be.
func TestLargeResultsStream(t *testing.T) {
	d := open(t, Options{MemoryLimit: 24 << 20})
	r, err := d.Query(context.Background(), "select range as a, range * 2.5::double as b, 'text number ' || range as c from range(3000000)", Refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, peak := 0, uint64(0)
	for r.Next() {
		if n += r.Table().Rows(); r.Table().Rows() > batchRows {
			t.Errorf("a batch has %d rows", r.Table().Rows())
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	if r.Err() != nil || n != 3_000_000 {
		t.Errorf("%d rows, %v", n, r.Err())
	}
	if peak > 100<<20 {
		t.Errorf("%d MiB of rows were in memory at once", peak>>20)
	}
}

func TestSortsSpill(t *testing.T) {
	sql := "select hash(range)::double as h, 'some text of which there is a lot ' || range as s from range(2000000) order by 1"
	r, err := open(t, Options{MemoryLimit: 48 << 20}).Query(context.Background(), sql, AsText)
	var said *Error
	if err == nil {
		for r.Next() {
		}
		err = r.Err()
		r.Close()
	}
	if !errors.As(err, &said) || said.Kind != Memory || said.Hint() == "" || strings.Contains(said.Message, "\n") {
		t.Errorf("without a folder to spill in: %v", err)
	}
	d := open(t, Options{MemoryLimit: 48 << 20, TempDir: filepath.Join(t.TempDir(), "spill")})
	r, err = d.Query(context.Background(), sql, AsText)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for r.Next() {
		n += r.Table().Rows()
	}
	if n != 2_000_000 || r.Err() != nil {
		t.Errorf("%d rows, %v", n, r.Err())
	}
}

func TestCancel(t *testing.T) {
	d := open(t, Options{Threads: 2})
	const forever = "select sum(a.range * b.range) as s, 1 as x from range(10000000) a, range(10000000) b"
	for _, wait := range []time.Duration{0, time.Millisecond, 50 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		r, err := d.Query(ctx, forever, AsText)
		if err == nil {
			for r.Next() {
			}
			err = r.Err()
			r.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", wait, err)
		}
		cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, err := d.Query(ctx, "from range(10000000000)", Refuse)
	if err != nil {
		t.Fatal(err)
	}
	r.Next()
	cancel()
	if r.Next() || !errors.Is(r.Err(), context.Canceled) {
		t.Errorf("a stream goes on after its context: %v", r.Err())
	}
	r.Close()
	r.Close()
	if err := d.Exec(ctx, "create table t as from range(10)"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, lines, _ := values(t, d, "select 1", Refuse); len(lines) != 1 {
		t.Error("the database is of no use after a cancelled query")
	}
}

func TestQueryFrame(t *testing.T) {
	d := open(t, Options{})
	ctx, key := context.Background(), []string{"time_index", "unique_identifier"}
	query := func(sql string) (*frame.Frame, error) {
		f, _, err := d.QueryFrame(ctx, sql, key)
		return f, err
	}
	f, err := query("select 'B' as unique_identifier, 1.5::double as v, date '2022-01-02' as time_index union all select 'A', 2, date '2022-01-02' union all select 'Z', 3, date '2022-01-01'")
	if err != nil {
		t.Fatal(err)
	}
	v, err := f.Floats("v")
	if err != nil || len(v) != 3 || v[0] != 3 || v[1] != 2 || v[2] != 1.5 || f.Schema().String() != "time_index timestamp, unique_identifier string, v float" {
		t.Errorf("%v of (%s), %v", v, f.Schema(), err)
	}
	if f, err = query("select now() as time_index, 'a' as unique_identifier, 1 as v where false"); err != nil || f.Rows() != 0 || len(f.Schema().Fields) != 3 {
		t.Errorf("an empty result: %v", err)
	}
	for sql, want := range map[string]string{
		"select now() as time_index":                                                          `no column "unique_identifier"`,
		"select now() as time_index, null::varchar as unique_identifier":                      `"unique_identifier" is in the key and has missing values`,
		"select 'x' as time_index, 'a' as unique_identifier":                                  "time_index",
		"select now() as time_index, 'a' as unique_identifier, 1 as v, 2 as v":                `two columns are named "v"`,
		"select timestamp '2022-01-01' as time_index, 'a' as unique_identifier from range(2)": "time_index = 2022-01-01T00:00:00Z",
		"select now() as time_index, 'a' as unique_identifier, sum(range) as v from range(3)": `column "v" is of type HUGEINT`,
		"select now() as time_index, 'a' as unique_identifier, error('stop') as v":            "stop",
		"select make_timestamp(range) as time_index, (range // (range - 70000))::varchar as unique_identifier, if(range > 90000, error('late'), 1) as v from range(100000)": "late",
		"select nothing": `"nothing"`,
		"selec 1":        "syntax error",
		"":               "no statement",
	} {
		if _, err := query(sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
}

// TestDataThatDoesNotFitIsNoFault: such values are the data's, and refused with what to do about them.
func TestDataThatDoesNotFitIsNoFault(t *testing.T) {
	d := open(t, Options{})
	for _, sql := range []string{
		"select timestamptz 'infinity' as time_index, 'a' as unique_identifier",
		"select now() as time_index, 'a' as unique_identifier, 18446744073709551615::ubigint as v",
	} {
		_, _, err := d.QueryFrame(context.Background(), sql, []string{"time_index", "unique_identifier"})
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Hint() == "" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestColumns(t *testing.T) {
	d := open(t, Options{})
	c, err := d.Columns(context.Background(), "select 1 as a, sum(range) as b from range(100000000000000)")
	if err != nil || len(c) != 2 || c[0] != (Column{"a", "INTEGER", frame.Int64}) || c[1] != (Column{"b", "HUGEINT", 0}) {
		t.Errorf("%v, %v", c, err)
	}
}

func TestCopyTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it's.parquet")
	d := open(t, Options{AllowedFiles: []string{path}})
	for _, sql := range []string{
		"select range as x, [range] as l from range(3) order by x desc; -- end",
		"pivot (select range % 2 as a from range(4)) on a using count(*)",
	} {
		if err := d.CopyTo(context.Background(), sql, path); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		_, want, _ := values(t, d, sql, AsText)
		if _, got, _ := values(t, d, "from "+Literal(path), AsText); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
	if err := d.CopyTo(context.Background(), "select 1", path+".other"); err == nil {
		t.Error("another file was written")
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.duckdb")
	d, err := Open(context.Background(), Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Exec(context.Background(), "create table t as select 7 as x"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, Options{ReadOnlyFile: path})
	if _, lines, _ := values(t, d, "from t", Refuse); lines[0] != "7" {
		t.Error(lines)
	}
	if err := d.Exec(context.Background(), "insert into t values (8)"); err == nil {
		t.Error("a file opened read only was written")
	}
	if _, err := Open(context.Background(), Options{ReadOnlyFile: path + ".none"}); err == nil {
		t.Error("a file that isn't there was opened")
	}
	closed := open(t, Options{})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := closed.Exec(context.Background(), "select 1"); err == nil {
		t.Error("a closed database answers")
	}
}

func TestSettingsAreLocked(t *testing.T) {
	d := open(t, Options{})
	for _, sql := range []string{"set threads = 4", "set enable_external_access = true", "set TimeZone = 'America/New_York'", "set memory_limit = '1TB'", "install httpfs", "load httpfs"} {
		if err := d.Exec(context.Background(), sql); err == nil {
			t.Errorf("%s: accepted", sql)
		}
	}
	_, lines, _ := values(t, d, "select current_setting('TimeZone'), current_setting('threads'), timestamptz '2022-07-01 00:00:00' = timestamptz '2022-07-01 00:00:00+00'", Refuse)
	if lines[0] != "UTC|1|true" {
		t.Error(lines)
	}
}
