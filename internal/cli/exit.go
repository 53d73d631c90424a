package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/compute/python"
	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/schedule"
	"github.com/tdlake/tdlake/sweeps"
)

// The exit codes: an interface, so they never change their meaning.
const (
	exitDone        = 0
	exitInternal    = 1
	exitUsage       = 2
	exitFailed      = 3
	exitDamaged     = 4
	exitDatabase    = 5
	exitCondition   = 6
	exitInterrupted = 130
)

// exitCodes is the one table of them, printed by --help; a test holds README's to it.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitDone, "done"},
	{exitInternal, "internal error: a fault of tdlake"},
	{exitUsage, "the command line, the config, the data or a folder does not fit"},
	{exitFailed, "some points or nodes failed; the others are done"},
	{exitDamaged, "the lake is damaged"},
	{exitDatabase, "the database cannot be reached, or refuses"},
	{exitCondition, "a condition that was asked for does not hold"},
	{exitInterrupted, "interrupted; the same command goes on from there"},
}

func exitCodeTable() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "  %-4d %s\n", e.code, e.meaning)
	}
	return strings.TrimRight(b.String(), "\n")
}

// exitCode is the one place that decides what an error means to whoever started the program.
func exitCode(err error) int {
	var db *database.Error
	switch {
	case err == nil, isClosedPipe(err):
		return exitDone
	case isInterrupted(err):
		return exitInterrupted
	case is[*sweeps.PartialError](err), is[*schedule.FailedError](err):
		return exitFailed
	case is[*lake.DamageError](err):
		return exitDamaged
	case is[*conditionError](err):
		return exitCondition
	case errors.As(err, &db) && (db.Kind == database.Unreachable || db.Kind == database.Refused):
		return exitDatabase
	case is[*schedule.UpdateError](err):
		return exitFailed
	case db != nil, isUsers(err):
		return exitUsage
	}
	return exitInternal
}

// isUsers reports whether an error is one that the user can put right: the command line, the config, the data, SQL, a folder.
func isUsers(err error) bool {
	return is[*usageError](err) || is[config.Problems](err) || is[config.Problem](err) ||
		is[*lake.MismatchError](err) || is[*lake.VintageError](err) || is[*lake.DifferentError](err) || is[*lake.UnreachedError](err) || is[*lake.NewerFormatError](err) || is[*lake.LockedError](err) ||
		is[*lake.WriteError](err) || is[*lake.EmptyError](err) || is[*lake.DataError](err) ||
		is[*duck.Error](err) || is[*duck.RefusedError](err) || is[*duck.TypeError](err) || is[*frame.DuplicateError](err) ||
		is[*compute.NodeError](err) || is[*compute.NotStoredError](err) || is[*python.Error](err) || errors.Is(err, lake.ErrNotStored) || is[*fs.PathError](err) || is[syscall.Errno](err)
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// isClosedPipe reports whether a reader of our output has had enough.
func isClosedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// report prints an error with its hint and returns the exit code.
func report(stderr io.Writer, err error) int {
	code := exitCode(err)
	if code == exitDone {
		return code
	}
	if code == exitInterrupted {
		err = errInterrupted
	}
	printError(stderr, err)
	if code == exitInternal {
		fmt.Fprintln(stderr, "hint: this should not happen; please report it with the command and the config")
	}
	return code
}

// printError prints "tdlake: what and where", and a hint on a line of its own. Problems of a config bring place, line and hint themselves,
// and begin with the file, so that editors find it.
func printError(stderr io.Writer, err error) {
	var problems config.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(stderr, visible(problems.Error()))
		return
	}
	fmt.Fprintf(stderr, "tdlake: %s\n", visible(err.Error()))
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		fmt.Fprintf(stderr, "hint: %s\n", visible(hinted.Hint()))
	}
}
