package database

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]struct {
		a    Address
		name string
	}{
		"files:../data":       {Address{Scheme: Files, Path: "../data"}, "files:../data"},
		"files:/a/./b//":      {Address{Scheme: Files, Path: "/a/b"}, "files:/a/b"},
		"files:///a/b":        {Address{Scheme: Files, Path: "/a/b"}, "files:/a/b"},
		"duckdb:m.duckdb":     {Address{Scheme: DuckDB, Path: "m.duckdb"}, "duckdb:m.duckdb"},
		"postgres://u@h/d":    {Address{Scheme: Postgres, URL: "postgres://u@h/d"}, "postgres://u@h/d"},
		"postgresql://u:p@h/": {Address{Scheme: Postgres, URL: "postgresql://u:p@h/"}, "postgresql://u:***@h/"},
	} {
		got, err := Parse(in)
		if err != nil || got != want.a || got.String() != want.name {
			t.Errorf("%s: %+v (%s), %v", in, got, got, err)
		}
	}
	for _, in := range []string{"", "files:", "duckdb:", "data", "mysql://x", "postgres:host", "C:\\data", ":"} {
		_, err := Parse(in)
		var e *Error
		if !errors.As(err, &e) || e.Kind != Refused || e.Hint() == "" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestSecretsAreNowhere(t *testing.T) {
	const secret = "s3cr3t"
	for _, text := range []string{
		"postgres://u:s3cr3t@h/d", "postgresql://u:s3cr3t@h:5432/d?sslmode=require", "postgres://:s3cr3t@h/d", "postgres://u:s3cr3t%40x@h/d", "postgres://u:a@s3cr3t@h/d",
		"cannot dial postgres://u:s3cr3t@h/d: refused", "host=h password=s3cr3t user=u", "host=h password = 's3cr3t it\\'s s3cr3t' user=u",
		"postgres://u@h/d?password=s3cr3t&sslmode=require", "postgres://u@h/d?sslmode=require&sslpassword=s3cr3t", "PASSWORD=s3cr3t",
		"postgres://u:my s3cr3t@h/d", "postgres://u:a/s3cr3t@h/d", "postgres://u:a#s3cr3t@h/d", "postgres://u:s3cr3t?b@h/d", "postgres://u:a/b@s3cr3t@h/d", "postgres://u:1/s3cr3t@h/d",
		"postgres://u:a\ns3cr3t@h/d", "postgres://my u:s3cr3t@h/d", "neither postgres://u:a/s3cr3t@h/d nor postgres://v:s3cr3t b@h/d answers",
	} {
		if got := Redact(text); strings.Contains(got, secret) || !strings.Contains(got, "***") {
			t.Errorf("%s: %s", text, got)
		}
		err := NewError(Refused, text, text, "%s", text)
		if strings.Contains(fmt.Sprint(err, err.Hint()), secret) {
			t.Errorf("%s: %v, hint: %s", text, err, err.Hint())
		}
	}
	for _, text := range []string{"postgres://u@h/d", "files:/a@b", "no password here", "postgres://h/d?user=a@b:c", "postgres://h:5432/d?user=a@b", "postgres://h:5432?user=a@b"} {
		if got := Redact(text); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func TestErrors(t *testing.T) {
	err := fmt.Errorf("snapshot: %w", NewError(Missing, "files:/d", "a hint", "there is no %s", "table").Because(fs.ErrNotExist))
	if !IsKind(err, Missing) || IsKind(err, Data) || IsKind(fs.ErrNotExist, Missing) || !errors.Is(err, fs.ErrNotExist) || err.Error() != "snapshot: files:/d: there is no table" {
		t.Error(err)
	}
}

func TestAmong(t *testing.T) {
	many := strings.Split("a b c d e f g h i j k l m n", " ")
	for _, c := range []struct {
		name  string
		known []string
		want  string
	}{
		{"adj_clos", []string{"close", "adj_close", "open"}, `did you mean "adj_close"?`},
		{"Close", []string{"close"}, `did you mean "close"?`},
		{"volume", []string{"open", "close"}, "columns there: close, open"},
		{"volume", nil, "there are no columns"},
		{"volume", many, "columns there: a, b, c, d, e, f, g, h, i, j, k, l, ..."},
	} {
		if got := Among("column", c.name, c.known); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("u", "p", "h")
	f.Fuzz(func(t *testing.T, user, password, host string) {
		if len(password) < 4 || strings.ContainsAny(user+password+host, " \t\n\r\f\v/?#:@") || strings.Contains("postgres://:***@/d"+user+host, password) {
			return
		}
		if got := Redact("postgres://" + user + ":" + password + "@" + host + "/d"); strings.Contains(got, password) {
			t.Errorf("%s shows %q", got, password)
		}
	})
}
