package demo

import (
	"path/filepath"
	"testing"

	"github.com/tdlake/tdlake/duck"
)

func TestDatabaseHoldsTheMarket(t *testing.T) {
	path := filepath.Join(t.TempDir(), DatabaseFile)
	m := NewMarket()
	for range 2 { // the second one replaces the first
		if err := WriteDatabase(t.Context(), path, m); err != nil {
			t.Fatal(err)
		}
	}
	db, err := duck.Open(t.Context(), duck.Options{ReadOnlyFile: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct {
		sql  string
		want int
	}{
		{"select * from prices order by time_index, unique_identifier", m.Prices.Rows()},
		{"select * from holdings", m.Holdings.Rows()},
		{"select * from prices where adj_close is null", 39},
	} {
		if got := rowsOf(t, db, c.sql); got != c.want {
			t.Errorf("%s: %d rows, want %d", c.sql, got, c.want)
		}
	}
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(beside) != 1 {
		t.Errorf("files left: %v %v", beside, err)
	}
}

func rowsOf(t *testing.T, db *duck.DB, sql string) int {
	t.Helper()
	rows, err := db.Query(t.Context(), sql, duck.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n += rows.Table().Rows()
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}
