package lake

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// sweepManifestName is the file that says what a sweep's folder holds. Package sweeps writes it.
const sweepManifestName = "_sweep.json"

// ListedSweep is a sweep's folder in a listing.
type ListedSweep struct {
	Hash  string `json:"sweep_hash"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

var sweepPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// sweepFolders returns the names of the sweeps' folders, in order.
func (d *DateRange) sweepFolders() ([]string, error) {
	dir := filepath.Join(d.dir, sweepsName)
	entries, err := readDir(dir)
	var hashes []string
	for _, e := range entries {
		if e.IsDir() && sweepPattern.MatchString(e.Name()) {
			hashes = append(hashes, e.Name())
		}
	}
	return hashes, err
}

// readDir lists a folder in order of names; a missing one is empty. The error is a *ReadError.
func readDir(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &ReadError{dir, err}
	}
	return entries, nil
}

func (d *DateRange) listSweeps() ([]ListedSweep, error) {
	hashes, err := d.sweepFolders()
	if err != nil {
		return nil, err
	}
	sweeps := []ListedSweep{}
	for _, hash := range hashes {
		files, bytes, err := sizeOf(d.SweepDir(hash))
		if err != nil {
			return nil, err
		}
		if files > 0 {
			sweeps = append(sweeps, ListedSweep{hash, files, bytes})
		}
	}
	return sweeps, nil
}

// sweepFile is what _sweep.json says of the file of points, as far as verify needs it.
type sweepFile struct {
	Format int    `json:"format"`
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// legsPattern is files that keep what sides of portfolios came to. Package sweeps writes them.
var legsPattern = regexp.MustCompile(`^legs-[0-9]+\.bin$`)

const legsHint = "remove that file; the next sweep computes again what it needs of it"

const sweepHint = "remove that file; `tdlake sweep` computes its points again"

// sweeps verifies that each file of a sweep can be read to its end, and that the file of points is the one that
// _sweep.json describes.
func (v *verifier) sweeps(ctx context.Context) error {
	hashes, err := v.d.sweepFolders()
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := v.sweep(ctx, v.d.SweepDir(hash)); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) sweep(ctx context.Context, dir string) error {
	paths, _, err := regularFiles(dir)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		read, hint := readWhole, sweepHint
		if legsPattern.MatchString(filepath.Base(path)) {
			read, hint = readSummed, legsHint
		} else if filepath.Ext(path) != parquetExt || isTemp(filepath.Base(path)) {
			continue
		}
		// A file that is gone by now was compacted into another.
		if err := read(path); !errors.Is(err, fs.ErrNotExist) {
			if err := v.found(path, hint, err); err != nil {
				return err
			}
		}
	}
	return v.points(ctx, dir)
}

// points compares the file of points with _sweep.json, which is removed before it and written after it: without one the file is one that a run had
// no time to describe. Where a writer is at work the two that are read may not belong together; nor did they after a kill of a version that left
// the old description in place, of another size but for small sweeps.
func (v *verifier) points(ctx context.Context, dir string) error {
	path := filepath.Join(dir, sweepManifestName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &ReadError{path, err}
	}
	var s sweepFile
	if err := json.Unmarshal(text, &s); err != nil {
		return v.found(path, "remove that file; `tdlake sweep` writes it again", &DamageError{Path: path, Problem: err.Error()})
	}
	if s.Format > FormatVersion {
		return v.found(path, "", &NewerFormatError{Path: path, Format: s.Format})
	}
	if s.File == "" || s.File != filepath.Base(s.File) {
		return nil
	}
	points := filepath.Join(dir, s.File)
	size, sha, err := digestFile(ctx, points)
	if errors.Is(err, fs.ErrNotExist) || err == nil && size != s.Bytes {
		return nil
	}
	if err == nil && sha != s.SHA256 && !v.d.beingWritten() {
		err = &DamageError{Path: points, Problem: "its checksum is not that of " + sweepManifestName}
	}
	return v.found(points, sweepHint, err)
}

// readWhole reads all of a Parquet file that lake did not write as a node's.
func readWhole(path string) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return &ReadError{path, err}
	}
	rec, err := ReadParquet(f, info.Size())
	if err != nil {
		return &DamageError{Path: path, Problem: fmt.Sprint(err)}
	}
	rec.Release()
	return nil
}

// readSummed holds a file against the CRC-32C of all that is before it, little endian, with which it ends.
func readSummed(path string) error {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return &ReadError{path, err}
	}
	end := max(0, len(text)-4)
	if len(text) < 4 || crc32.Checksum(text[:end], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(text[end:]) {
		return &DamageError{Path: path, Problem: "its checksum is not the one at its end"}
	}
	return nil
}
