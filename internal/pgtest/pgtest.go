package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

var databases atomic.Int64

// Main runs the tests and stops the process's server, if one was started. Checks run after that; an error of theirs
// fails the tests that passed.
func Main(m *testing.M, checks ...func() error) {
	os.Exit(run(m, checks))
}

func run(m *testing.M, checks []func() error) (code int) {
	defer Stop()
	code = m.Run()
	Stop()
	for _, check := range checks {
		if err := check(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// Stop stops the process's server. Main does so.
func Stop() {
	if s := shared.server; s != nil {
		shared.server = nil
		shared.err = fmt.Errorf("the server was stopped")
		s.close()
	}
}

// Default returns the server of the test process, started when first asked for. Tests must not stop it.
func Default(t testing.TB) *Server {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = start() })
	if shared.err != nil {
		give(t, shared.err)
	}
	return shared.server
}

// Start starts a server for a program that is no test, which closes it. Extra lines go into postgresql.conf.
func Start(conf ...string) (*Server, error) { return start(conf...) }

// Close stops a server that was started by Start, and removes everything.
func (s *Server) Close() { s.close() }

// New starts a server for one test, which may do with it what it likes. Extra lines go into postgresql.conf.
func New(t testing.TB, conf ...string) *Server {
	t.Helper()
	s, err := start(conf...)
	if err != nil {
		give(t, err)
	}
	t.Cleanup(s.close)
	return s
}

// give up on a test: skip it where PostgreSQL is missing and that is allowed.
func give(t testing.TB, err error) {
	t.Helper()
	if _, missing := binaries(); missing != nil && os.Getenv("TDLAKE_REQUIRE_POSTGRES") != "1" {
		t.Skip(err)
	}
	t.Fatal(err)
}

// Database makes an empty database, dropped after the test, and returns its address.
func Database(t testing.TB) string {
	t.Helper()
	return Default(t).Database(t, "")
}

// Database makes an empty database, dropped after the test, and returns its address. Options are those of create
// database, such as "locale_provider icu icu_locale 'en-US' locale 'C.UTF-8'".
func (s *Server) Database(t testing.TB, options string) string {
	t.Helper()
	name := fmt.Sprintf("t%d", databases.Add(1))
	Exec(t, s.URL("postgres"), "create database "+name+" template template0 "+options)
	t.Cleanup(func() {
		if s.running() {
			Exec(t, s.URL("postgres"), "drop database "+name+" with (force)")
		}
	})
	if s.timescale {
		Exec(t, s.URL(name), "create extension timescaledb")
	}
	return s.URL(name)
}

// Linguistic makes a database whose collation is no byte order: a, B, é, Z rather than B, Z, a, é.
func Linguistic(t testing.TB) string {
	t.Helper()
	s := Default(t)
	if strings.HasPrefix(Query(t, s.URL("postgres"), "show server_version")[0][0], "1") &&
		Query(t, s.URL("postgres"), "select count(*) from pg_collation where collname = 'en-US-x-icu'")[0][0] == "1" &&
		Query(t, s.URL("postgres"), "select current_setting('server_version_num')::int >= 150000")[0][0] == "t" {
		return s.Database(t, "locale_provider icu icu_locale 'en-US'")
	}
	return s.Database(t, "locale 'en_US.utf8'")
}

func (s *Server) running() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Configure writes a file into the server's data folder (pg_hba.conf, server.key, ...) and has the server read its
// configuration again.
func (s *Server) Configure(t testing.TB, file, text string) {
	t.Helper()
	path := filepath.Join(s.data(), file)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.as != nil {
		if err := os.Chown(path, int(s.as.Uid), int(s.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	Exec(t, s.URL("postgres"), "select pg_reload_conf()")
	time.Sleep(100 * time.Millisecond) // the server's processes are told by a signal, which nothing answers
}
