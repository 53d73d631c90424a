package python

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Error is what is wrong with a node's code, its environment, or what they returned. It is the user's to put right.
type Error struct {
	Message string
	hint    string
}

func (e *Error) Error() string { return e.Message }

// Hint says what to do about it; empty where there is nothing to say.
func (e *Error) Hint() string { return e.hint }

func errorf(hint, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...), hint: hint}
}

// hintOf returns the hint of an error, or of what it wraps.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// String is how a place begins a message: "my_nodes.py:12: "; empty where there is none.
func (p place) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return filepath.Base(p.File) + ": "
	}
	return fmt.Sprintf("%s:%d: ", filepath.Base(p.File), p.Line)
}

// error says why a call has no rows.
func (f *failure) error(memory int64) error {
	e := &Error{Message: f.place.String() + f.Message, hint: f.Hint}
	if f.Kind == "memory" && memory > 0 {
		e.Message = fmt.Sprintf("%sout of memory: the call took more than its limit of %s (%s)", f.place, showBytes(memory), f.Message)
		e.hint = "raise the node's memory"
	}
	if f.Traceback != "" {
		e.Message += "\n" + indent(f.Traceback)
	}
	return e
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}

func showBytes(n int64) string {
	for _, u := range []struct {
		bytes int64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.bytes {
			return fmt.Sprintf("%.4g %s", float64(n)/float64(u.bytes), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
