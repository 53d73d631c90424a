// Package pgtest runs a PostgreSQL server for tests.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }           // stops the server at the end
//
//	url := pgtest.Database(t)                                 // a new, empty database of the process's server
//	pgtest.Exec(t, url, "create table ...")
//	pgtest.Load(t, url, "prices", rows)                       // by COPY
//
// One throw-away cluster serves a test process. It is made when first asked for, in a temporary folder, listens on
// 127.0.0.1 and a free port, takes no care to survive a crash (fsync off), analyzes tables when told to alone (autovacuum off) and is gone when the
// process ends. Tests that stop, kill or freeze a server start one of their own with [New].
//
// The server's programs are looked for in TDLAKE_PG_BIN, in PATH and where packages put them; scripts/install-postgres.sh
// installs them. Where there are none, tests are skipped, unless TDLAKE_REQUIRE_POSTGRES=1: then they fail.
//
// Tests of TimescaleDB are skipped where its extension is not installed. TDLAKE_PG_TIMESCALE=1 puts it into the databases of
// all tests, so that every table they make is a hypertable.
//
// PostgreSQL refuses to run as root, so root's server runs as the user postgres, or nobody.
package pgtest
