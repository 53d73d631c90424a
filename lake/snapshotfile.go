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
	Format int    `json:"format"`
	Source string `json:"source"` // the address, without secrets

	// Unchecked says that the address was adopted, and that not all that is stored could be compared with what is there.
	Unchecked bool   `json:"unchecked,omitempty"`
	Checksum  string `json:"checksum,omitempty"`
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

// CheckSource returns a *MismatchError where the date range was taken from another address than the config names. Snapshots of earlier versions
// name the place that the address led to then: that is as good.
func (d *DateRange) CheckSource(src Source) error {
	stored, err := d.Source()
	if err != nil || stored == "" || stored == src.Name() || stored == src.Place() {
		return err
	}
	return &MismatchError{Dir: d.dir, Stored: stored, Asked: src.Name()}
}

func (d *DateRange) writeSource(ctx context.Context, name string) error {
	return d.writeSnapshotFile(ctx, snapshotFile{Format: FormatVersion, Source: name})
}

func (d *DateRange) writeSnapshotFile(ctx context.Context, s snapshotFile) error {
	text, err := encodeDocument(s)
	if err != nil {
		return err
	}
	return d.writeDocument(ctx, d.dir, snapshotName, text)
}
