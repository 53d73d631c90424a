package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// snapshotFile says where a date range's rows came from.
type snapshotFile struct {
	Format   int    `json:"format"`
	Source   string `json:"source"` // the address, without secrets
	Checksum string `json:"checksum,omitempty"`
}

// Source returns the address of the database that the date range was taken from, "" where nothing was taken yet.
func (d *DateRange) Source() (string, error) {
	path := filepath.Join(d.dir, snapshotName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", &ReadError{path, err}
	}
	var s snapshotFile
	if err := readDocument(text, path, &s); err != nil {
		return "", err
	}
	if s.Source == "" {
		return "", &DamageError{Path: path, Problem: "it names no source"}
	}
	return s.Source, nil
}

// CheckSource returns a *MismatchError where the date range was taken from another database than the named one.
func (d *DateRange) CheckSource(name string) error {
	stored, err := d.Source()
	if err != nil || stored == "" || stored == name {
		return err
	}
	return &MismatchError{Dir: d.dir, Stored: stored, Asked: name}
}

func (d *DateRange) writeSource(ctx context.Context, name string) error {
	text, err := encodeDocument(snapshotFile{Format: FormatVersion, Source: name})
	if err != nil {
		return err
	}
	return d.writeDocument(ctx, d.dir, snapshotName, text)
}
