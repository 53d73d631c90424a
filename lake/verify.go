package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// Fault is something in a date range that is not as it was written.
type Fault struct {
	Path    string // the file or folder
	Problem string
	Hint    string // how to mend it
	Damage  bool   // rows are lost or wrong; otherwise something is merely out of place
}

// String is for messages: the path and what is wrong with it.
func (f Fault) String() string { return f.Path + ": " + f.Problem }

// Verify reads every file of the date range and compares it with what its manifest says: size, checksum, columns, rows,
// their order and the range of their times. It also names what belongs to nothing, unless a writer is at work, whose
// unfinished files those may be. Damage comes first. It needs no lock: what is replaced while it is read is read again.
//
// Where nothing is damaged but something has a later format, it returns a *NewerFormatError beside the faults.
func (d *DateRange) Verify(ctx context.Context) ([]Fault, error) {
	v := &verifier{d: d}
	for _, check := range []func(context.Context) error{v.source, v.nodes, v.sweeps, v.strays} {
		if err := check(ctx); err != nil {
			return nil, err
		}
	}
	damaged := slices.ContainsFunc(v.faults, func(f Fault) bool { return f.Damage })
	if v.newer != nil && !damaged {
		return v.faults, v.newer
	}
	return v.faults, nil
}

type verifier struct {
	d      *DateRange
	faults []Fault
	newer  *NewerFormatError // the first one met
}

// found turns what is wrong with a file into a fault. Errors that say nothing of the file's content are returned.
func (v *verifier) found(path, hint string, err error) error {
	var damage *DamageError
	var newer *NewerFormatError
	switch {
	case err == nil:
	case errors.As(err, &damage):
		v.faults = append(v.faults, Fault{damage.Path, damage.Problem, hint, true})
	case errors.As(err, &newer):
		v.faults = append(v.faults, Fault{newer.Path, fmt.Sprintf("it has format %d; this tdlake reads up to %d", newer.Format, FormatVersion), newer.Hint(), false})
		if v.newer == nil {
			v.newer = newer
		}
	case errors.Is(err, fs.ErrNotExist):
		v.faults = append(v.faults, Fault{path, "it is gone", hint, true})
	default:
		return err
	}
	return nil
}

func (v *verifier) source(context.Context) error {
	_, err := v.d.Source()
	return v.found(filepath.Join(v.d.dir, snapshotName), "`tdlake snapshot --refresh` takes a new snapshot", err)
}

func (v *verifier) nodes(ctx context.Context) error {
	ids, err := v.d.nodeFolders()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := v.node(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// node verifies a node's manifest and all that it names. Faults of files that were replaced meanwhile are forgotten.
func (v *verifier) node(ctx context.Context, id string) error {
	known := len(v.faults)
	for try := 0; ; try++ {
		v.faults = v.faults[:known]
		m, err := v.d.Manifest(id)
		if errors.Is(err, ErrNotStored) {
			return nil // see strays
		}
		if err != nil {
			path := filepath.Join(v.d.NodeDir(id), manifestName)
			return v.found(path, "remove that folder: `tdlake snapshot` fetches it again, or `tdlake run` computes it", err)
		}
		if err := v.files(ctx, m); err != nil {
			return err
		}
		if len(v.faults) == known || try == maxTries || v.d.current(m) {
			return nil
		}
	}
}

// files verifies a node's files, parts in order of time so that the order of rows is that of the whole node.
func (v *verifier) files(ctx context.Context, m *Manifest) error {
	order := &orderCheck{}
	for _, p := range m.Parts {
		w := written{v.d.partPath(m, p), p.Bytes, p.Rows, p.SHA256, p.Span}
		if err := v.file(ctx, m, w, order); err != nil {
			return err
		}
	}
	for _, b := range m.Before {
		w := written{filepath.Join(v.d.beforeDir(m.ID), b.Name), b.Bytes, b.Rows, b.SHA256, Span{beginning, b.At}}
		if err := v.file(ctx, m, w, &orderCheck{}); err != nil {
			return err
		}
	}
	return nil
}

// strays names what belongs to nothing.
func (v *verifier) strays(context.Context) error {
	strays, err := v.d.abandoned()
	for _, s := range strays {
		v.faults = append(v.faults, Fault{s.path, s.why, s.hint, false})
	}
	return err
}
