package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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

// Exec runs statements.
func Exec(t testing.TB, url, sql string) {
	t.Helper()
	Query(t, url, sql)
}

// Hold runs statements over a connection that stays, with its locks, until the function returned is called or the test
// ends.
func Hold(t testing.TB, url, sql string) (release func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	release = func() { c.Close(context.Background()) }
	t.Cleanup(release)
	if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return release
}

// Configure replaces one of the server's configuration files and has the server read it again.
func (s *Server) Configure(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.data(), file), []byte(text), 0o600); err != nil { // the owner stays who it was
		t.Fatal(err)
	}
	Exec(t, s.URL("postgres"), "select pg_reload_conf()")
	time.Sleep(100 * time.Millisecond) // the server's processes are told by a signal, which nothing answers
}

// Query runs statements and returns the rows of the last as text, "" where null.
func Query(t testing.TB, url, sql string) [][]string {
	t.Helper()
	var out [][]string
	connected(t, url, func(ctx context.Context, c *pgconn.PgConn) error {
		results, err := c.Exec(ctx, sql).ReadAll()
		if err != nil {
			return fmt.Errorf("%w\nin: %.500s", err, sql)
		}
		for _, row := range results[len(results)-1].Rows {
			texts := make([]string, len(row))
			for i, v := range row {
				texts[i] = string(v)
			}
			out = append(out, texts)
		}
		return nil
	})
	return out
}

// Load copies rows into a table: a value is nil, a float64, an integer, a bool, a string, or a time.Time.
func Load(t testing.TB, url, table string, rows [][]any) {
	t.Helper()
	var text bytes.Buffer
	for _, row := range rows {
		for i, v := range row {
			if i > 0 {
				text.WriteByte('\t')
			}
			text.WriteString(field(v))
		}
		text.WriteByte('\n')
	}
	connected(t, url, func(ctx context.Context, c *pgconn.PgConn) error {
		_, err := c.CopyFrom(ctx, &text, "copy "+table+" from stdin")
		return err
	})
}

var escapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// field writes a value as COPY's text format has it. PostgreSQL reads what Go prints of numbers, NaN and +Inf among them.
func field(v any) string {
	switch v := v.(type) {
	case nil:
		return `\N`
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999") + "+00"
	}
	return escapes.Replace(fmt.Sprint(v))
}

func connected(t testing.TB, url string, f func(context.Context, *pgconn.PgConn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := f(ctx, c); err != nil {
		t.Fatal(err)
	}
}
