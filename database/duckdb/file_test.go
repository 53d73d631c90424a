package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

var key = []string{"time_index", "unique_identifier"}

// dump returns the schema and the rows, a line each.
func dump(t *testing.T, path string, n graph.Table) (string, error) {
	t.Helper()
	ctx := context.Background()
	v, err := openSource(t, path).Begin(ctx)
	if err != nil {
		return "", err
	}
	defer v.Close()
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
	return strings.Join(append(out, v.Warnings()...), "\n"), nil
}

func TestDuckDBTypes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.duckdb")
	write(t, path,
		"create schema market",
		"create type mood as enum ('z', 'a')",
		`create table market.prices (time_index timestamp_ns, unique_identifier varchar collate nocase, m mood, u ubigint, r float, s timestamp_s, k timestamp_ms, h hugeint)`,
		`insert into market.prices values
			('2022-01-03 00:00:00.000001999', 'b', 'z', 1, 0.1, '2022-01-01 00:00:01', '2022-01-01 00:00:00.001', 1),
			('2022-01-03 00:00:00.000001', 'B', 'a', 2, 'inf', null, null, 2),
			('2022-01-03 00:00:00.000001', 'C', null, null, 'nan', null, null, 3)`,
		`create view "by mood" as select time_index, m as unique_identifier, r from market.prices where m is not null`,
	)
	n := graph.Table{Name: "market.prices", Key: key, Columns: []string{"m", "u", "r", "s", "k"}}
	got, err := dump(t, path, n)
	want := `time_index timestamp, unique_identifier string, m string, u int, r float, s timestamp, k timestamp
2022-01-03T00:00:00.000001Z|B|a|2|(null)|(null)|(null)
2022-01-03T00:00:00.000001Z|C|(null)|(null)|(null)|(null)|(null)
2022-01-03T00:00:00.000001Z|b|z|1|0.10000000149011612|2022-01-01T00:00:01Z|2022-01-01T00:00:00.001Z
table "market.prices": column "time_index": times without a zone, such as 2022-01-03 00:00:00, are taken as UTC; timezone: UTC on the node says so, timezone: America/New_York that they are there
table "market.prices": column "time_index": 1 times are cut to microseconds
table "market.prices": column "r": 1 infinite values are taken as missing`
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	n.Columns = nil
	_, err = dump(t, path, n)
	if !database.IsKind(err, database.Data) || !strings.Contains(err.Error(), `column "h" is of type hugeint`) {
		t.Error(err)
	}
	n.Columns, n.Identifiers = []string{"u"}, []string{"b"}
	got, err = dump(t, path, n)
	if err != nil || !strings.HasPrefix(got, "time_index timestamp, unique_identifier string, u int\n2022-01-03T00:00:00.000001Z|b|1\ntable") {
		t.Errorf("%v\n%s", err, got)
	}
	got, err = dump(t, path, graph.Table{Name: "by mood", Key: key})
	if err != nil || !strings.Contains(got, "|a|") || strings.Index(got, "|a|") > strings.Index(got, "|z|") {
		t.Errorf("an enum sorts by its words: %v\n%s", err, got)
	}
}

func TestNanosecondsThatBecomeOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.duckdb")
	write(t, path, "create table t (time_index timestamp_ns, unique_identifier varchar)",
		"insert into t values ('2022-01-03 00:00:00.000000001', 'A'), ('2022-01-03 00:00:00.000000002', 'A')")
	_, err := dump(t, path, graph.Table{Name: "t", Key: key})
	if !database.IsKind(err, database.Data) || !strings.Contains(err.Error(), "two rows have the key") {
		t.Error(err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	n := graph.Table{Name: "t", Key: key}
	_, err := dump(t, filepath.Join(dir, "nowhere.duckdb"), n)
	if !database.IsKind(err, database.Unreachable) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "nowhere.duckdb")); err == nil {
		t.Error("a file was made")
	}
	_, err = dump(t, dir, n)
	if !database.IsKind(err, database.Unreachable) {
		t.Error(err)
	}
	bad := filepath.Join(dir, "bad.duckdb")
	if err := os.WriteFile(bad, []byte(strings.Repeat("no database ", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = dump(t, bad, n)
	if !database.IsKind(err, database.Refused) {
		t.Error(err)
	}
}

func TestQueriesReachNoOtherFile(t *testing.T) {
	path, other := filepath.Join(t.TempDir(), "m.duckdb"), filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(other, []byte("time_index,unique_identifier\n2022-01-01,A\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, path, "create sequence s", "create table t as select timestamp '2022-01-01' as time_index, 'A' as unique_identifier")
	for _, q := range []string{
		fmt.Sprintf("from %s", duck.Literal(other)), fmt.Sprintf("from read_csv(%s)", duck.Literal(other)), "select *, nextval('s') from t", "from checkpoint()",
	} {
		_, err := dump(t, path, graph.Table{Query: q, Key: key})
		if !database.IsKind(err, database.Data) {
			t.Errorf("%s: %v", q, err)
		}
	}
}
