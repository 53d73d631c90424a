package duck

import (
	"regexp"
	"slices"
	"strings"
)

// Error is what DuckDB said of a statement: its message with the place in the SQL, in DuckDB's words.
type Error struct {
	Kind    Kind
	Message string // without DuckDB's own prefix; may be of several lines, the last ones showing the place
}

// Kind is the part of DuckDB that objected.
type Kind string

// The kinds that callers tell apart. Others are named by DuckDB.
const (
	Parser     Kind = "parser"
	Binder     Kind = "binder"
	Catalog    Kind = "catalog"
	IO         Kind = "io"
	Permission Kind = "permission"
	Memory     Kind = "out of memory"
	Conversion Kind = "conversion"
	Input      Kind = "invalid input"
	Internal   Kind = "internal"
)

func (e *Error) Error() string { return string(e.Kind) + " error: " + e.Message }

// Hint says what to do about it, where that is known.
func (e *Error) Hint() string {
	switch {
	case e.Kind == Memory:
		return "give more with --memory, or ask for less at once"
	case e.Kind == Permission:
		return "queries read what they are given, and no other file"
	case e.Kind == Internal:
		return "DuckDB could not plan it; a query that leaves columns out, or casts them to varchar or double, may work"
	}
	return ""
}

var syntaxError = regexp.MustCompile(`^syntax error at or near "([^"]+)"`)

// Reserved returns the name that a syntax error is at: one that is a word of SQL, and lacks its quotes. "" where it is at none.
func (e *Error) Reserved(names []string) string {
	m := syntaxError.FindStringSubmatch(e.Message)
	if e.Kind != Parser || m == nil {
		return ""
	}
	i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, m[1]) })
	if i < 0 {
		return ""
	}
	return names[i]
}

// newError takes DuckDB's "Binder Error: message" apart.
func newError(message string) *Error {
	kind, rest, ok := strings.Cut(message, " Error: ")
	if !ok || strings.ContainsAny(kind, ":\n") {
		return &Error{Kind: "database", Message: message}
	}
	e := &Error{Kind: Kind(strings.ToLower(kind)), Message: rest}
	if e.Kind == Memory || e.Kind == Internal {
		e.Message, _, _ = strings.Cut(rest, "\n") // what follows is advice for DuckDB's own shell, or a stack trace
	}
	return e
}

// RefusedError is a statement that was refused before DuckDB saw it run.
type RefusedError struct {
	Message string
	hint    string
}

func (e *RefusedError) Error() string { return e.Message }

// Hint says what would be accepted.
func (e *RefusedError) Hint() string { return e.hint }
