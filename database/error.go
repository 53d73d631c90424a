package database

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says who has to do something about an error.
type Kind uint8

const (
	Unreachable Kind = iota + 1 // nobody answers at the address
	Refused                     // the database answers, and says no
	Missing                     // no such table or column
	Data                        // what is there cannot be a node's rows
)

var kindNames = [...]string{"", "unreachable", "refused", "missing", "data"}

func (k Kind) String() string { return kindNames[k] }

// Error is what a database, or what is in it, objects to.
type Error struct {
	Kind    Kind
	Address string // without secrets
	Message string // what and where, in lower case, without secrets
	hint    string
	Cause   error // may be nil
}

// NewError makes an error; the hint may be empty.
func NewError(kind Kind, address, hint, format string, args ...any) *Error {
	return &Error{Kind: kind, Address: Redact(address), Message: Redact(fmt.Sprintf(format, args...)), hint: Redact(hint)}
}

// Because records what caused the error, for errors.Is and errors.As, and returns it.
func (e *Error) Because(cause error) *Error {
	e.Cause = cause
	return e
}

func (e *Error) Error() string { return e.Address + ": " + e.Message }

// Hint says what to do about it, or "".
func (e *Error) Hint() string { return e.hint }

// Unwrap returns what caused it.
func (e *Error) Unwrap() error { return e.Cause }

// IsKind reports whether err is an Error of that kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// Among is the hint for a name that isn't among those there are: the nearest one, else some of the list.
func Among(what, name string, known []string) string {
	if len(known) == 0 {
		return "there are no " + what + "s"
	}
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	sorted := slices.Sorted(slices.Values(known))
	more := ""
	if len(sorted) > 12 {
		sorted, more = sorted[:12], ", ..."
	}
	return what + "s there: " + strings.Join(sorted, ", ") + more
}

// nearest returns the known name that is at most a third of the letters away, or "".
func nearest(name string, known []string) string {
	best, at := "", len(name)/3+1
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if d < at || d == at && (best == "" || k < best) {
			best, at = k, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
