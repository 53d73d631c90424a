package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// many makes a table large enough that reading it takes longer than any buffer on the way holds.
const many = `create table prices as select timestamptz '2020-01-01' + i * interval '1 hour' as time_index,
	'ID' || j as unique_identifier, (i + j)::float8 as close from generate_series(1, 10000) i, generate_series(1, 100) j`

// refused begins a view and expects an error of a kind that says all the words.
func refused(t *testing.T, url string, kind database.Kind, words ...string) {
	t.Helper()
	v, err := open(t, url).Begin(context.Background())
	if err == nil {
		v.Close()
		t.Fatalf("no error from %s", url)
	}
	says(t, err, kind, words...)
}

func says(t *testing.T, err error, kind database.Kind, words ...string) {
	t.Helper()
	var e *database.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got %v, want an error of the kind %q", err, kind)
	}
	text := e.Error() + "\n" + e.Hint()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("nothing says %q in:\n%s", w, text)
		}
	}
	if strings.Contains(text, "s3cret") {
		t.Errorf("a password is shown in:\n%s", text)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	refused(t, "postgres://u:s3cret@"+address+"/db", database.Unreachable, address, "nothing listens there", "is the server running")
	refused(t, "postgres://u:s3cret@/db?host="+t.TempDir(), database.Unreachable, "nothing listens there")
	refused(t, "postgres://u:s3cret@no-such-host.invalid/db", database.Unreachable, `"no-such-host.invalid"`, "cannot be resolved")
}

func TestBlackHole(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it never accepts; the kernel does
	url := "postgres://u:s3cret@" + l.Addr().String() + "/db?connect_timeout=1"
	refused(t, url, database.Unreachable, "no answer within 1s", "connect_timeout")

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := open(t, url+"0").Begin(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("under a context that ended: %v", err)
	}
}

func TestNotPostgres(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			c.Close()
		}
	}()
	refused(t, "postgres://u:s3cret@"+l.Addr().String()+"/db?connect_timeout=5&sslmode=disable", database.Unreachable, "PostgreSQL")
	l.Close()
	<-done
}

func TestPasswords(t *testing.T) {
	t.Setenv("PGPASSWORD", "")
	t.Setenv("PGPASSFILE", filepath.Join(t.TempDir(), "none"))
	s := pgtest.New(t)
	pgtest.Exec(t, s.URL("postgres"), "create role reader login password 's3cret-right'")
	pgtest.Exec(t, s.URL("postgres"), "create database market")
	s.Configure(t, "pg_hba.conf", "host all "+pgtest.User+" 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
	at := fmt.Sprintf("127.0.0.1:%d", s.Port)
	refused(t, "postgres://reader:s3cret-wrong@"+at+"/market", database.Refused, "password authentication failed", "PGPASSWORD", ".pgpass")
	refused(t, "postgres://reader@"+at+"/market", database.Refused, "asks for a password", `"reader"`)
	refused(t, "postgres://nobody:s3cret@"+at+"/market", database.Refused, "password authentication failed")
	refused(t, "postgres://reader:s3cret-right@"+at+"/markt", database.Refused, `"markt" does not exist`)
	refused(t, "postgres://reader:s3cret-right@"+at+"/market?sslmode=require", database.Refused, "encrypted", "sslmode=disable")
	refused(t, "postgres://reader:s3cret-right@"+at+"/market?sslmod=disable", database.Refused, `"sslmod"`)

	file := filepath.Join(t.TempDir(), "pgpass")
	if err := os.WriteFile(file, []byte(at+":market:reader:s3cret-right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGPASSFILE", file)
	v := view(t, "postgres://reader@"+at+"/market")
	if name := v.source.Name(); name != "postgres://"+at+"/market" {
		t.Errorf("the name is %s", name)
	}
	pgtest.Exec(t, s.URL("market"), "create table prices (time_index timestamptz, unique_identifier text, close float8)")
	_, err := view(t, "postgres://reader@"+at+"/market").Schema(context.Background(), table("prices"))
	if err != nil {
		t.Errorf("a schema needs no right to read: %v", err)
	}
	err = drain(view(t, "postgres://reader@"+at+"/market"), "prices")
	says(t, err, database.Refused, "permission denied", "grant select", "reader")
}

// drain reads a table to its end.
func drain(v *View, name string) error {
	for _, err := range v.Rows(context.Background(), table(name), math.MinInt64, math.MaxInt64) {
		if err != nil {
			return err
		}
	}
	return nil
}

// interrupt does something to a server after the first batch of a table, and returns the error that reading ends with.
func interrupt(t *testing.T, s *pgtest.Server, ctx context.Context, parameters string, act func()) error {
	t.Helper()
	pgtest.Exec(t, s.URL("postgres"), many)
	v := view(t, s.URL("postgres")+parameters)
	var last error
	batches := 0
	for _, err := range v.Rows(ctx, table("prices"), math.MinInt64, math.MaxInt64) {
		if batches++; batches == 1 {
			act()
		}
		last = err
	}
	return last
}

func TestServerDies(t *testing.T) {
	s := pgtest.New(t)
	err := interrupt(t, s, context.Background(), "", s.Kill)
	says(t, err, database.Unreachable, "table prices", "lost", "again")
}

func TestServerStops(t *testing.T) {
	s := pgtest.New(t)
	err := interrupt(t, s, context.Background(), "", s.Stop)
	says(t, err, database.Unreachable, "table prices", "again")
}

func TestServerHangs(t *testing.T) {
	s := pgtest.New(t)
	err := interrupt(t, s, context.Background(), "&silence_timeout=1&connect_timeout=1", s.Pause)
	says(t, err, database.Unreachable, "table prices", "sent nothing for 1s", "silence_timeout")
}

func TestCancelHangingServer(t *testing.T) {
	s := pgtest.New(t)
	ctx, cancel := context.WithCancel(context.Background())
	began := time.Now()
	err := interrupt(t, s, ctx, "", func() {
		s.Pause()
		began = time.Now()
		cancel()
	})
	if took := time.Since(began); !errors.Is(err, context.Canceled) || took > 10*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}

// A statement that works long without a word is not a hanging server.
func TestLongSilence(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create table prices as select timestamptz '2020-01-01' as time_index, 'A'::text as unique_identifier, 1.0::float8 as close")
	q := table("")
	q.Query = "select time_index, unique_identifier, close from prices, pg_sleep(2.5)"
	v := view(t, url+"&silence_timeout=1")
	rows := 0
	for f, err := range v.Rows(context.Background(), q, math.MinInt64, math.MaxInt64) {
		if err != nil {
			t.Fatal(err)
		}
		rows += f.Rows()
	}
	if rows != 1 {
		t.Errorf("%d rows", rows)
	}
}

func TestLock(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, many)
	release := pgtest.Hold(t, url, "begin; lock table prices in access exclusive mode")
	says(t, drain(view(t, url+"&silence_timeout=1"), "prices"), database.Refused, "lock")
	release()
}

func TestCancelledStatementEndsOnTheServer(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, many)
	v := view(t, url)
	ctx, cancel := context.WithCancel(context.Background())
	q := table("")
	q.Query = "select p.* from prices p, pg_sleep(600)"
	go func() {
		for len(pgtest.Query(t, url, "select 1 from pg_stat_activity where query like 'copy%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()")) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	for _, err := range v.Rows(ctx, q, math.MinInt64, math.MaxInt64) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	eventually(t, url, "select count(*) = 0 from pg_stat_activity where application_name = 'tdlake' and state = 'active' and datname = current_database()")
	if err := drain(v, "prices"); err != nil {
		t.Errorf("the view is of no use any more: %v", err)
	}
	v.Close()
	// A process takes a moment to go.
	eventually(t, url, "select count(*) = 0 from pg_stat_activity where application_name = 'tdlake' and datname = current_database()")
}

// eventually waits until SQL is true.
func eventually(t *testing.T, url, sql string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); pgtest.Query(t, url, sql)[0][0] != "t"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("it never came to that: %s", sql)
			return
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Setenv("PGPASSWORD", "")
	for url, want := range map[string]string{
		"postgres://u:s3cret@h/db":                        "postgres://h:5432/db",
		"postgresql://h:1234/db?sslmode=disable":          "postgres://h:1234/db",
		"postgres://u@h1,h2:99/db":                        "postgres://h1:5432,h2:99/db",
		"postgres://u@h/":                                 "postgres://h:5432/u",
		"postgres://u@h/db?search_path=a&password=s3cret": "postgres://h:5432/db?search_path=a",
	} {
		if got := open(t, url).Name(); got != want {
			t.Errorf("%s is named %s, want %s", url, got, want)
		}
	}
	for _, url := range []string{
		"postgres://u:s3cret%@h/db", "postgres://u:s3cret@h:port/db", "postgres://u:s3:cret@ret@h:1/db?x", "postgres://u:s3cret@h/db?sslmode=never",
		"postgres://u:s3cret@h/db?connect_timeout=soon", "postgres://u:s3cret@h/db?silence_timeout=0",
	} {
		_, err := Open(context.Background(), database.Address{Scheme: database.Postgres, URL: url})
		says(t, err, database.Refused)
	}
}
