package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
)

// check says what is wrong with a file before DuckDB is asked to open it.
func check(name, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return database.NewError(database.Unreachable, name, "", "there is no such file").Because(err)
	case err != nil:
		return database.NewError(database.Unreachable, name, "", "the file cannot be read: %v", err).Because(err)
	case info.IsDir():
		return database.NewError(database.Unreachable, name, "files:FOLDER reads a folder of Parquet and CSV files", "this is a folder, not a DuckDB file")
	}
	return nil
}

// check also refuses a file by whose name DuckDB would take its schema for the file itself.
func (t *Tables) check() error {
	if stem, _, _ := strings.Cut(filepath.Base(t.path), "."); strings.EqualFold(stem, ownSchema) || strings.EqualFold(stem, viewSchema) {
		return database.NewError(database.Refused, t.name, "rename the file",
			"tdlake keeps its tables in the schema %s, which DuckDB cannot tell from a file of this name", stem)
	}
	if err := t.checkLinks(); err != nil {
		return err
	}
	return check(t.name, t.path)
}

// checkLinks refuses a file of tdlake's own that is a symbolic link, or in a folder that is one: it is part of a lake, which may come from elsewhere, and
// what is written would be written where that says.
func (t *Tables) checkLinks() error {
	if t.users == nil {
		return nil
	}
	for _, path := range []string{filepath.Dir(t.path), t.path, t.path + ".wal"} {
		if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSymlink {
			return database.NewError(database.Refused, t.name, "put what it leads to in its place, or remove it", "%s is a symbolic link, and nothing is written through links in a lake", path)
		}
	}
	return nil
}

// holder is how DuckDB names who has a file.
var holder = regexp.MustCompile(`held in (\S.*) \(PID (\d+)\)`)

// newer is how DuckDB names the storage of a file that a later DuckDB wrote.
var newer = regexp.MustCompile(`version number (\d+), but we can only read`)

// refused says why DuckDB does not open a file.
func refused(name string, said *duck.Error) *database.Error {
	kind, hint := database.Refused, ""
	message, _, _ := strings.Cut(said.Message, "\n")
	switch {
	case strings.Contains(message, "Conflicting lock"):
		kind, hint = database.Unreachable, "one process at a time writes to a DuckDB file: wait until that one is done, or end it"
		message = "another process has the file open"
		if who := holder.FindStringSubmatch(said.Message); who != nil {
			message += ": " + filepath.Base(who[1]) + ", process " + who[2]
		}
	case newer.MatchString(message):
		hint = fmt.Sprintf("write it as DuckDB %s does: attach 'new.duckdb' (storage_version '%[1]s'); copy from database %s to new. Or export its tables to Parquet, and name their folder: files:FOLDER",
			duck.Version(), duck.Quote(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))))
		message = fmt.Sprintf("a newer DuckDB wrote the file: its storage version is %s; tdlake has DuckDB %s", newer.FindStringSubmatch(message)[1], duck.Version())
	case strings.Contains(message, "not a valid DuckDB database"):
		hint = "it has to be a file that DuckDB wrote"
	case strings.Contains(message, "Permission denied"), strings.Contains(message, "Read-only file system"):
		hint = "it has to be writable where tdlake keeps its tables"
	}
	return database.NewError(kind, name, hint, "%s", message).Because(said)
}

// fail says what went wrong with the file.
func (t *Tables) fail(what string, err error) error {
	var said *duck.Error
	var ours *database.Error
	switch {
	case err == nil, errors.As(err, &ours), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), !errors.As(err, &said):
		return err
	case what == "opening":
		return refused(t.name, said)
	}
	hint := "nothing was written; run the command again"
	if strings.Contains(said.Message, "No space left") {
		hint = "nothing was written; run the command again when there is room"
	}
	return database.NewError(database.Refused, t.name, hint, "%s: %s", what, said.Message).Because(said)
}
