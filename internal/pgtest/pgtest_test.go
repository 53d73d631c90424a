package pgtest

import (
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestServer(t *testing.T) {
	s := New(t, "max_connections = 7")
	if got := Query(t, s.SocketURL("postgres"), "show max_connections")[0][0]; got != "7" {
		t.Errorf("max_connections is %s", got)
	}
	s.Kill()
	if s.answers() {
		t.Error("a killed server answers")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	time.Sleep(10 * time.Millisecond)
	s.Resume()
	Exec(t, s.URL("postgres"), "select 1")
	dir := s.dir
	s.close()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("something is left in %s", dir)
	}
}

// TestATakenPort has another server take the port that was free.
func TestATakenPort(t *testing.T) {
	other := New(t)
	free := freePort
	defer func() { freePort = free }()
	freePort = func() (int, error) {
		freePort = free
		return other.Port, nil
	}
	s := New(t)
	if dir := Query(t, s.URL("postgres"), "show data_directory")[0][0]; dir != s.data() || s.Port == other.Port {
		t.Errorf("the server at port %d is that of %s", s.Port, dir)
	}
}

func TestDatabase(t *testing.T) {
	url := ""
	t.Run("made", func(t *testing.T) {
		url = Database(t)
		Exec(t, url, "create table t (a timestamptz, b text, c float8, d bool, e int)")
		Load(t, url, "t", [][]any{{time.Unix(0, 1000).UTC(), "tab\tline\n\\N", 0.1, true, int64(-3)}, {nil, nil, nil, nil, nil}})
		got := Query(t, url, "set timezone = 'UTC'; select a::text, b, c::text, d::text, e::text from t order by a")
		want := []string{"1970-01-01 00:00:00.000001+00", "tab\tline\n\\N", "0.1", "true", "-3"}
		for i := range want {
			if got[0][i] != want[i] || got[1][i] != "" {
				t.Errorf("column %d is %q and %q", i, got[0][i], got[1][i])
			}
		}
	})
	if rows := Query(t, Default(t).URL("postgres"), "select datname from pg_database where datname ~ '^t[0-9]'"); len(rows) > 0 {
		t.Errorf("databases are left: %v", rows)
	}
}

func TestNoBinaries(t *testing.T) {
	t.Setenv("TDLAKE_PG_BIN", t.TempDir())
	if _, err := start(); err == nil {
		t.Error("a server was started from an empty folder")
	}
	for require, want := range map[string]bool{"": true, "1": false} {
		t.Setenv("TDLAKE_REQUIRE_POSTGRES", require)
		skipped := false
		t.Run("require="+require, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			if want {
				New(t)
			}
		})
		if skipped != want {
			t.Errorf("with TDLAKE_REQUIRE_POSTGRES=%q skipped is %v", require, skipped)
		}
	}
}
