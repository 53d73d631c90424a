package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

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
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
