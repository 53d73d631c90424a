package database

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Scheme is the kind of database that an address names.
type Scheme string

const (
	Files    Scheme = "files"
	DuckDB   Scheme = "duckdb"
	Postgres Scheme = "postgres"
)

// Address says where a database is.
type Address struct {
	Scheme Scheme
	Path   string // of a folder or a file; empty for PostgreSQL
	URL    string // of a PostgreSQL server, as written, with its password if there is one; empty otherwise
}

// String returns the address without secrets: the name under which a lake remembers its source.
func (a Address) String() string {
	if a.Scheme == Postgres {
		return Redact(a.URL)
	}
	return string(a.Scheme) + ":" + a.Path
}

const addressHint = "write files:FOLDER, duckdb:FILE or postgres://user@host/database"

// Parse takes an address apart; its errors are of the kind Refused. Paths are cleaned; making them absolute is for who knows the folder they are relative to.
func Parse(address string) (Address, error) {
	scheme, rest, ok := strings.Cut(address, ":")
	switch Scheme(scheme) {
	case Files, DuckDB:
		rest = strings.TrimPrefix(rest, "//")
		if rest == "" {
			return Address{}, NewError(Refused, address, addressHint, "the address has no path after %s:", scheme)
		}
		return Address{Scheme: Scheme(scheme), Path: filepath.Clean(rest)}, nil
	case Postgres, "postgresql":
		if !strings.HasPrefix(rest, "//") {
			return Address{}, NewError(Refused, address, addressHint, "%s: needs // after it", scheme)
		}
		return Address{Scheme: Postgres, URL: address}, nil
	}
	if !ok {
		return Address{}, NewError(Refused, address, addressHint, "the address has no scheme")
	}
	return Address{}, NewError(Refused, address, addressHint, "no database has the scheme %q", scheme)
}

var (
	server   = regexp.MustCompile(`postgres(?:ql)?://`)
	userInfo = regexp.MustCompile(`^([^\s/:@?#]*):[^\s/?#]*@`)
	wild     = regexp.MustCompile(`(?s)^([^/:@?#]*):.*@`)
	port     = regexp.MustCompile(`^[^/:@?#]*:\d+(?:/[^@?#]*)?\?`)
	keyword  = regexp.MustCompile(`(?i)\b(password|passfile|sslpassword|sslkey)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)`)
)

// Redact replaces passwords in a text by stars: those of addresses, and those written as password=... .
func Redact(text string) string {
	var out strings.Builder
	for {
		at := server.FindStringIndex(text)
		if at == nil {
			break
		}
		out.WriteString(text[:at[1]])
		text = text[at[1]:]
		end := len(text)
		if next := server.FindStringIndex(text); next != nil {
			end = next[0]
		}
		out.WriteString(redactUser(text[:end]))
		text = text[end:]
	}
	out.WriteString(text)
	return keyword.ReplaceAllString(out.String(), "$1$2***")
}

// redactUser replaces the password of an address whose scheme is cut off, in a text that goes on. Where it has characters that a password in an address
// has to write as %2F or the like, nobody can tell where it ends: then all up to the last @ goes, unless it is a port and a query that has an @.
func redactUser(text string) string {
	if userInfo.MatchString(text) {
		return userInfo.ReplaceAllString(text, "$1:***@")
	}
	if port.MatchString(text) {
		return text
	}
	return wild.ReplaceAllString(text, "$1:***@")
}
