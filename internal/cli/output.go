package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/duck"
)

// output is where a query's rows go, and as what. A file is written under a temporary name and renamed, so a file of the name asked for is
// whole or is as it was.
type output struct {
	format string
	path   string
	flags  *pflag.FlagSet

	target    string // what path leads to
	special   bool   // it is no file
	temporary string // absolute; made by open
}

func (o *output) addFlags(f *pflag.FlagSet) {
	o.flags = f
	f.StringVar(&o.format, "format", "table", "what to print: table, csv, json, parquet or arrow")
	f.StringVarP(&o.path, "output", "o", "", "write to `FILE` (.parquet, .csv, .json, .arrow) instead of the screen")
}

// check settles the format.
func (o *output) check() (err error) {
	if err := oneOf("format", o.format, formats...); err != nil || o.path == "" {
		return err
	}
	format, err := formatOf(o.path)
	if err == nil && o.flags.Changed("format") && o.format != format {
		return usagef("leave --format away, or give the file another ending", "--format %s and --output %s contradict each other", o.format, o.path)
	}
	o.format = format
	return err
}

// open makes the temporary file where one is needed. Close it, on every path.
func (o *output) open() error {
	if o.path == "" && o.format != "parquet" {
		return nil
	}
	var mode fs.FileMode
	if o.path != "" {
		o.target, mode, o.special = place(o.path)
	}
	make := func() (*os.File, error) { return os.CreateTemp("", ".tdlake-*") }
	if o.path != "" && !o.special {
		make = func() (*os.File, error) { return beside(filepath.Dir(o.target)) }
	}
	f, err := make()
	if err != nil {
		return o.cannotWrite(err)
	}
	if mode != 0 {
		err = f.Chmod(mode)
	}
	path, absent := filepath.Abs(f.Name())
	o.temporary = path
	return errors.Join(err, absent, f.Close())
}

// cannotWrite says what is wrong of the file asked for, not of the temporary one.
func (o *output) cannotWrite(err error) error {
	var errno syscall.Errno
	if o.path == "" || !errors.As(err, &errno) {
		return err
	}
	return usagef("name a file in a folder that exists and can be written to", "--output %s: it cannot be written: %v", o.path, errno)
}

// close removes what is left of the temporary file.
func (o *output) close() {
	if o.temporary != "" {
		os.Remove(o.temporary) // where it was renamed there is nothing to remove
	}
}

// emit runs a query, which may only read, and writes its rows.
func (o *output) emit(ctx context.Context, a *app, db *duck.DB, sql string) error {
	if o.format == "parquet" {
		if err := db.Check(ctx, sql); err != nil {
			return err
		}
		if err := db.CopyTo(ctx, sql, o.temporary); err != nil {
			return err
		}
	} else if err := o.write(ctx, a, db, sql); err != nil {
		return err
	}
	return o.finish(a)
}

// finish puts the temporary file where it is wanted.
func (o *output) finish(a *app) error {
	switch {
	case o.path != "":
		put := os.Rename
		if o.special {
			put = func(from, to string) error { return copyTo(to, from) }
		}
		if err := put(o.temporary, o.target); err != nil {
			return o.cannotWrite(err)
		}
		a.say("wrote %s", o.path)
	case o.temporary != "":
		return copyFile(a.stdout, o.temporary)
	}
	return nil
}

// write streams the rows in a format other than parquet.
func (o *output) write(ctx context.Context, a *app, db *duck.DB, sql string) (err error) {
	w := a.stdout
	if o.temporary != "" {
		f, err := os.OpenFile(o.temporary, os.O_WRONLY|os.O_TRUNC, 0o644)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	rows, columns, err := o.query(ctx, db, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	out, err := newTableWriter(w, o.format, columns, width(a.stdout, 0))
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := out.write(withLocal(columns, rows.Table())); err != nil {
			return err
		}
	}
	for _, note := range rows.Notes() {
		a.warn(note.String())
	}
	return errors.Join(rows.Err(), out.close())
}

// query runs the query and describes its columns. JSON keeps lists and structures as they are; elsewhere they become text.
func (o *output) query(ctx context.Context, db *duck.DB, sql string) (*duck.Rows, []column, error) {
	if o.format != "json" {
		rows, err := db.Select(ctx, sql, duck.AsText)
		if err != nil {
			return nil, nil, err
		}
		columns := columnsOf(rows.Columns())
		if o.format == "arrow" {
			columns = unique(columns)
		}
		return rows, columns, nil
	}
	if err := db.Check(ctx, sql); err != nil {
		return nil, nil, err
	}
	original, err := db.Columns(ctx, sql)
	if err != nil {
		return nil, nil, err
	}
	columns := columnsOf(original)
	if i := slices.IndexFunc(columns, func(c column) bool { return c.name == "" }); i >= 0 {
		return nil, nil, usagef("give it a name with AS", "column %d has no name", i+1)
	}
	rows, err := db.Query(ctx, sql, duck.AsJSON)
	return rows, unique(columns), err
}

// unique gives columns of one name others, as DuckDB does in Parquet: close, close_1. Readers keep the last of equal keys.
func unique(columns []column) []column {
	taken := map[string]bool{}
	for _, c := range columns {
		taken[c.name] = true
	}
	seen := map[string]bool{}
	for i, c := range columns {
		name := c.name
		for n := 1; seen[name] || name != c.name && taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", c.name, n)
		}
		seen[name] = true
		columns[i].name = name
	}
	return columns
}
