package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
)

// Fault is something in a date range that is not as it was written.
type Fault struct {
	Path    string // the file or folder
	Problem string
	Hint    string // how to mend it
	Damage  bool   // rows are lost or wrong; otherwise something is merely out of place
	Note    bool   // nothing is wrong, but worth knowing
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
	if v.unsealed > 0 {
		v.faults = append(v.faults, Fault{Path: d.dir, Note: true,
			Problem: plural(v.unsealed, "file is", "files are") + " from before tdlake gave each a checksum: that they can be read is checked, not every byte of them",
			Hint:    "nothing has to be done: whatever is written from now on has one"})
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

	unsealed int // documents and files from before there were checksums
}

// found turns what is wrong with a file into a fault. Errors that say nothing of the file's content are returned.
func (v *verifier) found(path, hint string, err error) error {
	var damage *DamageError
	var newer *NewerFormatError
	switch {
	case err == nil:
	case errors.As(err, &damage):
		v.faults = append(v.faults, Fault{Path: damage.Path, Problem: damage.Problem, Hint: hint, Damage: true})
	case errors.As(err, &newer):
		v.faults = append(v.faults, Fault{Path: newer.Path, Problem: fmt.Sprintf("it has format %d; this tdlake reads up to %d", newer.Format, FormatVersion), Hint: newer.Hint()})
		if v.newer == nil {
			v.newer = newer
		}
	case errors.Is(err, fs.ErrNotExist):
		v.faults = append(v.faults, Fault{Path: path, Problem: "it is gone", Hint: hint, Damage: true})
	default:
		return err
	}
	return nil
}

// countUnsealed counts a file of a format that has no checksum.
func (v *verifier) countUnsealed(format int) {
	if format < sealedFormat {
		v.unsealed++
	}
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
		v.countUnsealed(m.Format)
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
	for _, w := range v.d.parts(m, Span{beginning, math.MaxInt64}) {
		if err := v.file(ctx, m, w, order); err != nil {
			return err
		}
	}
	for _, b := range m.Before {
		if err := v.file(ctx, m, v.d.beforeFile(m, b), &orderCheck{}); err != nil {
			return err
		}
	}
	return nil
}

// strays names what belongs to nothing.
func (v *verifier) strays(context.Context) error {
	strays, err := v.d.abandoned()
	for _, s := range strays {
		v.faults = append(v.faults, Fault{Path: s.path, Problem: s.why, Hint: s.hint})
	}
	return err
}
