package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// ErrNotStored says that the lake does not have a node, or not the rows that were asked for.
var ErrNotStored = errors.New("not in the lake")

// DamageError is a file that is not what was written: the lake is damaged.
type DamageError struct {
	Path    string
	Problem string
	Repair  string // the command that mends it; empty where only verify can say more
}

func (e *DamageError) Error() string { return fmt.Sprintf("%s is damaged: %s", e.Path, e.Problem) }

// Hint says how to mend it.
func (e *DamageError) Hint() string {
	if e.Repair != "" {
		return e.Repair
	}
	return repairHint
}

const repairHint = "`tdlake verify` finds everything that is damaged; remove the node's folder and run `tdlake snapshot` to fetch it again"

// NewerFormatError is a file written by a later version.
type NewerFormatError struct {
	Path   string
	Format int
}

func (e *NewerFormatError) Error() string {
	return fmt.Sprintf("%s has format %d, and this version of tdlake reads up to %d", e.Path, e.Format, FormatVersion)
}

// Hint says what to do.
func (e *NewerFormatError) Hint() string { return "use a newer tdlake, or another datalake_name" }

// MismatchError is a config whose database has another address than the one the lake was taken from. What is stored can be read; nothing is added.
type MismatchError struct {
	Dir    string
	Stored string
	Asked  string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s was taken from %s, and the config says %s", e.Dir, e.Stored, e.Asked)
}

// Hint says what to do.
func (e *MismatchError) Hint() string {
	return "`tdlake adopt` compares the two and records the new address; `tdlake snapshot --refresh` takes a new snapshot from it; another datalake_name keeps both"
}

// LockedError says that another process is writing.
type LockedError struct {
	Dir string
	PID int // 0 where it is not known
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("another tdlake is writing to %s", e.Dir)
	}
	return fmt.Sprintf("another tdlake (process %d) is writing to %s", e.PID, e.Dir)
}

// Hint says what to do.
func (e *LockedError) Hint() string {
	return "wait until it is done; the lock ends with its process, so nothing has to be removed"
}

// EmptyError is a node without rows where some were expected.
type EmptyError struct {
	Node  string
	Table string
	Where string // what was asked for, and what there is
}

func (e *EmptyError) Error() string {
	return fmt.Sprintf("node %s: %s has no rows %s", e.Node, e.Table, e.Where)
}

// Hint says what to do.
func (e *EmptyError) Hint() string {
	return "check datalake_start, datalake_end and identifiers against what the table holds"
}

// DataError is rows from a database that a lake cannot take.
type DataError struct {
	Node string
	Err  error
}

func (e *DataError) Error() string { return fmt.Sprintf("node %s: %v", e.Node, e.Err) }

func (e *DataError) Unwrap() error { return e.Err }

// WriteError is a file or folder that could not be written. What was there before is as it was.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %v", e.Path, cause(e.Err)) }

func (e *WriteError) Unwrap() error { return e.Err }

// Hint says what to do about the usual causes.
func (e *WriteError) Hint() string {
	if link := (*linkError)(nil); errors.As(e.Err, &link) {
		return "nothing is written through links in a lake: put what it leads to in its place, or remove it, or name the folder that holds the lake with --datalake-dir"
	}
	switch {
	case errors.Is(e.Err, syscall.ENOSPC), errors.Is(e.Err, syscall.EDQUOT):
		return "make room there, or put the lake elsewhere with --datalake-dir; then run the same command again: it goes on where it stopped"
	case errors.Is(e.Err, fs.ErrPermission), errors.Is(e.Err, syscall.EROFS):
		return "give your user the right to write there, or put the lake elsewhere with --datalake-dir"
	}
	return "run the same command again once that is mended: it goes on where it stopped"
}

// ReadError is a file or folder that could not be read for a reason outside the lake.
type ReadError struct {
	Path string
	Err  error
}

func (e *ReadError) Error() string { return fmt.Sprintf("cannot read %s: %v", e.Path, cause(e.Err)) }

func (e *ReadError) Unwrap() error { return e.Err }

// Hint says what to do about the usual causes.
func (e *ReadError) Hint() string {
	switch {
	case errors.Is(e.Err, fs.ErrPermission):
		return "give your user the right to read there"
	case errors.Is(e.Err, syscall.EIO), errors.Is(e.Err, syscall.ESTALE), errors.Is(e.Err, syscall.ENODEV), errors.Is(e.Err, syscall.ETIMEDOUT), errors.Is(e.Err, syscall.ENXIO):
		return "the disk, or the mount that it is on, does not answer as it should; nothing says that what is stored there is wrong, so remove nothing: run the same command again once it does"
	}
	return ""
}

// Unreadable says why a file cannot be read: a *ReadError where the system does not give its bytes, which says nothing of what they are, else
// a *DamageError.
func Unreadable(path string, err error, repair string) error {
	var read *ReadError
	var damage *DamageError
	var newer *NewerFormatError
	if errors.As(err, &read) || errors.As(err, &damage) || errors.As(err, &newer) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if outside := syscall.Errno(0); errors.As(err, &outside) {
		return &ReadError{path, err}
	}
	return &DamageError{Path: path, Problem: err.Error(), Repair: repair}
}

// cause drops the path from an error of the file system: the message has it already.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
