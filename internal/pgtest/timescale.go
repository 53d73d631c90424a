package pgtest

import (
	"os"
	"testing"
)

// preload is a line of postgresql.conf that makes databases of tests have TimescaleDB.
const preload = "shared_preload_libraries = 'timescaledb'"

// everywhere reports whether every server is to have TimescaleDB, so that all tests run on hypertables. It is for whoever
// has it installed.
func everywhere() bool { return os.Getenv("TDLAKE_PG_TIMESCALE") == "1" }

// Timescale starts a server for one test, as New does, whose databases have TimescaleDB's extension. The test is skipped
// where it is not installed.
func Timescale(t testing.TB, conf ...string) *Server {
	t.Helper()
	if len(Query(t, Default(t).URL("postgres"), "select from pg_available_extensions where name = 'timescaledb'")) == 0 {
		t.Skip("TimescaleDB is not installed with this PostgreSQL")
	}
	return New(t, append(conf, preload)...)
}
