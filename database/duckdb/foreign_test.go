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

// TestTextOfOtherKinds: JSON is text, bytes are none and say how they become it.
func TestTextOfOtherKinds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.duckdb")
	write(t, path, `create table t as select timestamptz '2024-03-01 10:00:00+00' as time_index, 'Zo' || i as unique_identifier, ('{"a": ' || i || '}')::json as doc, encode('Zoë') as raw, i as v from range(2) r(i)`,
		"create view j as select time_index, ('\"Z' || v || '\"')::json as unique_identifier, v from t")
	got, err := dump(t, path, graph.Table{Name: "t", Key: key, Columns: []string{"doc"}, Identifiers: []string{"Zo1"}})
	if want := "time_index timestamp, unique_identifier string, doc string\n2024-03-01T10:00:00Z|Zo1|{\"a\": 1}"; err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	got, err = dump(t, path, graph.Table{Name: "j", Key: key})
	if err != nil || !strings.HasSuffix(got, "2024-03-01T10:00:00Z|\"Z0\"|0\n2024-03-01T10:00:00Z|\"Z1\"|1") {
		t.Errorf("%v\n%s", err, got)
	}
	for _, n := range []graph.Table{
		{Name: "t", Key: key, Columns: []string{"raw"}},
		{Name: "t", Key: key, Columns: []string{"v"}, Rename: map[string]string{"raw": "unique_identifier", "unique_identifier": "other"}},
	} {
		_, err = dump(t, path, n)
		hinted, ok := err.(interface{ Hint() string })
		if !ok || !strings.Contains(hinted.Hint(), "decode(") {
			t.Errorf("%v: %v", n.Columns, err)
		}
	}
}

// TestViewsOverFiles: those beside the file and below it are read, by their full path; others are not.
func TestViewsOverFiles(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "m.duckdb")
	for _, d := range []string{filepath.Join(dir, "data"), outside} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d, "x.csv"), []byte("time_index,unique_identifier,v\n2024-03-01,A,7\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path)
	db, err := duck.Open(context.Background(), duck.Options{File: path, AllowedDirs: []string{dir, outside}})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]string{"inside": dir + "/data", "outside": outside} {
		if err := db.Exec(context.Background(), fmt.Sprintf("create view %s as from read_csv(%s)", name, duck.Literal(d+"/x.csv"))); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := dump(t, path, graph.Table{Name: "inside", Key: key})
	if err != nil || !strings.HasSuffix(got, "2024-03-01T00:00:00Z|A|7") {
		t.Errorf("%v\n%s", err, got)
	}
	_, err = dump(t, path, graph.Table{Name: "outside", Key: key})
	hinted, ok := err.(interface{ Hint() string })
	if !ok || !strings.Contains(hinted.Hint(), "write it in full") {
		t.Error(err)
	}
}

// TestFileOfALaterDuckDB says what to do, in words of our own.
func TestFileOfALaterDuckDB(t *testing.T) {
	err := refused("duckdb:/data/m.duckdb", &duck.Error{Kind: duck.IO, Message: "Trying to read a database file with storage version number 120, but we can only read storage versions between 64 and 69.\nmore of it"})
	if !database.IsKind(err, database.Refused) || !strings.Contains(err.Error(), "a newer DuckDB wrote the file: its storage version is 120") || !strings.Contains(err.Hint(), "(storage_version '"+duck.Version()+"')") {
		t.Error(err, err.Hint())
	}
}

// TestNanosecondsWithAZone are cut, and that is said; so is what two times become one by.
func TestNanosecondsWithAZone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.duckdb")
	write(t, path, "create table t as select timestamptz_ns '2024-03-01 10:00:00.123456789-05' as time_index, 'A' as unique_identifier, timestamptz_ns '1969-12-31 23:59:59.000000001+00' as at",
		"create table twice as select make_timestamp_ns(i) as time_index, 'A' as unique_identifier from range(2) r(i)")
	got, err := dump(t, path, graph.Table{Name: "t", Key: key})
	want := `time_index timestamp, unique_identifier string, at timestamp
2024-03-01T15:00:00.123456Z|A|1969-12-31T23:59:59Z
table "t": column "time_index": 1 times are cut to microseconds
table "t": column "at": 1 times are cut to microseconds`
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err = dump(t, path, graph.Table{Name: "twice", Key: key}); err == nil || !strings.Contains(err.Error(), "once times are cut to microseconds") {
		t.Error(err)
	}
}
