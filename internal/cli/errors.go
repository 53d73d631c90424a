package cli

import (
	"context"
	"errors"
	"fmt"
)

// usageError is a command line, or a state of the disk, that the user can put right: exit code 2.
type usageError struct {
	message, hint string
}

func (e *usageError) Error() string { return e.message }

// Hint says what to do about it; empty where there is nothing to say.
func (e *usageError) Hint() string { return e.hint }

func usagef(hint, format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...), hint: hint}
}

// errInterrupted is Ctrl-C: exit code 130.
var errInterrupted = errors.New("interrupted")

// isInterrupted reports whether err comes of a cancelled context.
func isInterrupted(err error) bool {
	return errors.Is(err, errInterrupted) || errors.Is(err, context.Canceled)
}
