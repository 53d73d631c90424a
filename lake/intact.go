package lake

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/tdlake/tdlake/internal/seal"
)

// DuckDB, and whatever else reads files of a lake without this package, holds no page against a checksum. So what they are about to read is
// summed before, once for each file: see seal.Once.

// Intact returns what is stored of a node, once its parts within a range are known to be what was written. Where none overlaps it the first
// one is, for its columns. It returns ErrNotStored, *DamageError, *NewerFormatError or *ReadError.
func (d *DateRange) Intact(ctx context.Context, id string, s Span) (*Manifest, error) {
	var m *Manifest
	r, err := d.openNode(id, nil, func(now *Manifest, r *reading) error {
		m = now
		files := d.parts(now, s)
		if len(files) == 0 && len(now.Parts) > 0 {
			files = d.parts(now, now.Parts[0].Span)
		}
		_, err := r.open(ctx, files)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.close()
	return m, nil
}

// IntactAll is Intact for every file of rows or points of the date range.
func (d *DateRange) IntactAll(ctx context.Context) error {
	ids, err := d.nodeFolders()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := d.intactNode(ctx, id); err != nil && !errors.Is(err, ErrNotStored) {
			return err
		}
	}
	hashes, err := d.sweepFolders()
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := d.intactSweep(ctx, hash); err != nil {
			return err
		}
	}
	return nil
}

func (d *DateRange) intactNode(ctx context.Context, id string) error {
	r, err := d.openNode(id, nil, func(m *Manifest, r *reading) error {
		files := d.parts(m, Span{beginning, math.MaxInt64})
		for _, b := range m.Before {
			files = append(files, d.beforeFile(m, b))
		}
		_, err := r.open(ctx, files)
		return err
	})
	if err == nil {
		r.close()
	}
	return err
}

func (d *DateRange) intactSweep(ctx context.Context, hash string) error {
	paths, _, err := regularFiles(d.SweepDir(hash))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if filepath.Ext(path) != parquetExt || isTemp(filepath.Base(path)) {
			continue
		}
		if err := intactResults(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Unreadable(path, err, sweepHint)
		}
	}
	return nil
}

// intactResults holds a Parquet file of a sweep against its checksum, if it has one.
func intactResults(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return seal.Once(filepath.Dir(path), f, "", func() error {
		_, err := seal.CheckParquet(f, info.Size())
		return err
	})
}
