package lake

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/tdlake/tdlake/internal/seal"
)

// sweepManifestName is the file that says what a sweep's folder holds. Package sweeps writes it.
const sweepManifestName = "_sweep.json"

// failuresName is the file that says which points failed. Package sweeps writes it.
const failuresName = "failed.jsonl"

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

// OverlappingSweeps returns the folders of all sweeps of the datalake whose date range has times in common with this one,
// this one's among them.
func (d *DateRange) OverlappingSweeps() ([]string, error) {
	all, err := d.others()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, o := range append(all, d) {
		if o.span.Start >= d.span.End || d.span.Start >= o.span.End {
			continue
		}
		hashes, err := o.sweepFolders()
		if err != nil {
			return nil, err
		}
		for _, hash := range hashes {
			dirs = append(dirs, o.SweepDir(hash))
		}
	}
	return dirs, nil
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

// sweeps verifies that each file of a sweep is what was written, and that the file of points is the one that
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
		read, hint := v.checkOf(filepath.Base(path))
		if read == nil {
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

// checkOf returns how a file of a sweep is verified, by its name, and what mends it; nil where it is none.
func (v *verifier) checkOf(name string) (read func(path string) error, hint string) {
	switch {
	case isTemp(name):
		return nil, ""
	case legsPattern.MatchString(name):
		return readSummed, legsHint
	case name == failuresName:
		return v.readLines, "remove that file; `tdlake sweep` writes it again"
	case filepath.Ext(name) == parquetExt:
		return v.readResults, sweepHint
	}
	return nil, ""
}

// points compares the file of points with _sweep.json, which is removed before it and written after it: without one the file is one that a run had
// no time to describe. Whoever is at work may have replaced both in between. Before there were checksums, a kill left the old description in place
// beside points of another size.
func (v *verifier) points(ctx context.Context, dir string) error {
	path := filepath.Join(dir, sweepManifestName)
	for try := 0; ; try++ {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return &ReadError{path, err}
		}
		if err := CheckDocument(text, path); err != nil {
			return v.found(path, "remove that file; `tdlake sweep` writes it again", err)
		}
		var s sweepFile
		if err := json.Unmarshal(text, &s); err != nil {
			return v.found(path, "remove that file; `tdlake sweep` writes it again", &DamageError{Path: path, Problem: err.Error()})
		}
		v.countUnsealed(s.Format)
		points := filepath.Join(dir, filepath.Base(s.File))
		if slices.ContainsFunc(v.faults, func(f Fault) bool { return f.Path == points }) {
			return nil // said already
		}
		err = s.compare(ctx, points)
		again, _ := os.ReadFile(path)
		if err == nil || try == maxTries && v.d.beingWritten() {
			return nil
		}
		if bytes.Equal(text, again) || try == maxTries {
			return v.found(points, sweepHint, err)
		}
	}
}

// compare holds the file of points against its description.
func (s sweepFile) compare(ctx context.Context, points string) error {
	if s.File == "" {
		return nil
	}
	size, sha, err := digestFile(ctx, points)
	old := s.Format < sealedFormat
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if old {
			return nil
		}
		return &DamageError{Path: points, Problem: "it is gone"}
	case err != nil, size == s.Bytes && sha == s.SHA256, size != s.Bytes && old:
		return err
	}
	return &DamageError{Path: points, Problem: "its checksum is not that of " + sweepManifestName}
}

// resultsKey is where the Parquet files of package sweeps say their format.
const resultsKey = "tdlake.sweep"

// readResults holds a Parquet file of a sweep against its checksum. One from before there were checksums is read to its end.
func (v *verifier) readResults(path string) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return &ReadError{path, err}
	}
	sealed, err := seal.CheckParquet(f, info.Size())
	if err != nil {
		return Unreadable(path, err, "")
	}
	if sealed {
		return nil
	}
	if err := v.readUnsealed(f, info.Size()); err != nil {
		return Unreadable(path, err, "")
	}
	return nil
}

func (v *verifier) readUnsealed(r io.ReaderAt, size int64) error {
	p, err := openParquet(r, size, rowsAByte*size)
	if err != nil {
		return err
	}
	text, _ := p.f.Lookup(resultsKey)
	var meta struct {
		Format int `json:"format"`
	}
	if json.Unmarshal([]byte(text), &meta) == nil && meta.Format >= sealedFormat {
		return errors.New("its footer has no checksum")
	}
	v.countUnsealed(meta.Format)
	return p.readAll()
}

// readAll decodes every value, a column of a row group at a time.
func (p *parquetFile) readAll() error {
	for g := range p.groups {
		for c, col := range p.cols {
			if err := p.read(g, c, newTarget(col, p.rows(g), 1), 0, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// readLines holds each line of a file of points that failed against its checksum.
func (v *verifier) readLines(path string) error {
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return &ReadError{path, err}
	}
	if len(text) == 0 {
		return &DamageError{Path: path, Problem: "it is empty"}
	}
	sealed, lines, of := 0, 0, 0
	for ; len(text) > 0; lines++ {
		line, rest, ended := bytes.Cut(text, []byte{'\n'})
		f, err := readFailure(line)
		if err == nil && !ended {
			err = errors.New("it does not end")
		}
		if err != nil {
			return &DamageError{Path: path, Problem: fmt.Sprintf("line %d: %v", lines+1, err)}
		}
		if f.Checksum != "" {
			sealed++
		}
		of, text = f.Of, rest
	}
	switch {
	case sealed == 0 && of == 0:
		v.countUnsealed(0)
	case sealed != lines, of != lines:
		return &DamageError{Path: path, Problem: fmt.Sprintf("it has %d lines, %d of them with a checksum, and %d were written", lines, sealed, of)}
	}
	return nil
}

// failureLine is a line of a file of points that failed.
type failureLine struct {
	Parameters json.RawMessage `json:"parameters"`
	ID         string          `json:"local_hash_id"`
	Error      string          `json:"error"`
	Of         int             `json:"of"` // how many lines there are
	Checksum   string          `json:"checksum"`
}

func readFailure(line []byte) (f failureLine, err error) {
	sealed, err := seal.CheckLine(line)
	if err == nil {
		err = strictJSON(line, &f)
	}
	if err == nil && !sealed && f.Checksum != "" {
		err = errors.New("it does not end with its checksum")
	}
	return f, err
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
