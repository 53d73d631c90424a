package duck

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestScratch(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	live, done, err := Scratch()
	if err != nil {
		t.Fatal(err)
	}
	other, stop, err := Scratch()
	if err != nil || other == live {
		t.Fatalf("%s, %s: %v", live, other, err)
	}
	killed, new, old := filepath.Join(temp, scratchPrefix+"1"), filepath.Join(temp, scratchPrefix+"2"), filepath.Join(temp, scratchPrefix+"3")
	outside := t.TempDir()
	for _, dir := range []string{killed, new, old} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(temp, scratchPrefix+"4")
	long := time.Now().Add(-2 * unlocked)
	for _, err := range []error{os.WriteFile(filepath.Join(killed, scratchLock), nil, 0o600), os.Chtimes(old, long, long), os.Symlink(outside, link)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for dir, want := range map[string]bool{live: false, other: false, killed: true, new: false, old: true, link: false, filepath.Join(temp, "none"): false} {
		if got := abandoned(dir); got != want {
			t.Errorf("%s is abandoned: %v", filepath.Base(dir), got)
		}
	}
	for _, end := range []func() error{done, stop} {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(live); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

// TestTheEnvironmentIsNotShown has a proxy's password where DuckDB looks for one.
func TestTheEnvironmentIsNotShown(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, "http://user:secret@proxy:3128")
	}
	db, err := Open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(t.Context(), "select name, value from duckdb_settings() where value like '%user:secret%' or value like '%proxy:3128%'", AsText)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if rows.Table().Rows() > 0 {
			t.Errorf("it is shown: %v", rows.Table().Columns)
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}
