package duck

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// TestBuiltinFunctions holds the lists of builtin.go against the catalog of the DuckDB that is linked in: a new version's functions
// show here.
func TestBuiltinFunctions(t *testing.T) {
	catalog, err := open(t, Options{}).catalog(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	listed := builtin()
	for name, f := range catalog {
		want := function{table: f.table && !f.scalar, unstable: f.unstable, aggregate: f.aggregate}
		if listed[name] != want {
			t.Errorf("%s: listed as %+v, the catalog has %+v", name, listed[name], want)
		}
	}
	for name := range listed {
		if _, ok := catalog[name]; !ok {
			t.Errorf("%s is listed, but not in the catalog", name)
		}
	}
}

func TestKeywords(t *testing.T) {
	rows, err := open(t, Options{}).Query(context.Background(), "select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function') order by all", Refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var want []string
	for rows.Next() {
		names := rows.Table().Columns[0].(*array.String)
		for i := range names.Len() {
			want = append(want, names.Value(i))
		}
	}
	if got := strings.Fields(keywords); !slices.Equal(got, want) {
		t.Errorf("listed\n%s\nDuckDB has\n%s", got, want)
	}
}

// TestMacrosOfAFile are judged by the file's catalog: what a table macro does is not known.
func TestMacrosOfAFile(t *testing.T) {
	ctx, path := context.Background(), t.TempDir()+"/market.duckdb"
	writable, err := Open(ctx, Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := writable.Exec(ctx, "create macro twice(x) as 2 * x; create macro everything() as table select 1"); err != nil {
		t.Fatal(err)
	}
	if err := writable.Close(); err != nil {
		t.Fatal(err)
	}
	d := open(t, Options{ReadOnlyFile: path})
	if err := d.Check(ctx, "select twice(2)"); err != nil {
		t.Error(err)
	}
	if err := d.Check(ctx, "from everything()"); err == nil {
		t.Error("a table macro was accepted")
	}
}
