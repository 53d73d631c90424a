package sweeps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
)

// formatVersion is that of the files of results. Files of a later one are refused; from 2 on each has a checksum.
const formatVersion = 2

// sealedFormat is the first one whose files have a checksum.
const sealedFormat = 2

// Names of files in a sweep's folder. A reader from outside needs only points-*.parquet.
const (
	pointsName   = "points-00000.parquet" // the present space, in canonical order
	chunkPrefix  = "chunk-"               // committed while a run goes on
	keptPrefix   = "kept-"                // points and metrics that the config no longer has
	targetPrefix = "target-"              // the target's rows
	manifestName = "_sweep.json"
	failedName   = "failed.jsonl"
	tempPrefix   = "_tmp-" // lake.WriteFile's unfinished files
	extension    = ".parquet"
)

// encodingVersion changes with whatever changes the bytes of the same rows (how they are compressed, say): row groups of another one are not
// copied, but encoded again.
const encodingVersion = 3

// fileMeta is what a Parquet file of results says of itself in its footer.
type fileMeta struct {
	Format   int            `json:"format"`
	Encoding int            `json:"encoding,omitempty"` // of points: see encodingVersion; missing in files from before it
	Metrics  []storedMetric `json:"metrics,omitempty"`
	Sources  []string       `json:"sources,omitempty"` // see Plan.Sources
	Points   []storedPoint  `json:"points,omitempty"`  // of the target's rows only: whose they are, in their order
	Groups   []string       `json:"groups,omitempty"`  // of points: whose each row group is, see Results.fingerprint
}

// storedMetric is a column of metrics and the definition it was computed by.
type storedMetric struct {
	Name  string `json:"name"`
	Key   string `json:"key"`
	Whole string `json:"whole,omitempty"` // rows that are whole numbers among floats: see column.wholeRows
}

// same reports whether two columns are of one name and definition.
func (s storedMetric) same(o storedMetric) bool { return s.Name == o.Name && s.Key == o.Key }

// storedFile is a file of points that was found on disk.
type storedFile struct {
	name  string
	names []string // of its columns
	types map[string]frame.Type
	rows  int
	size  int64
	meta  fileMeta
	absorbed
}

// readMeta reads and checks a file's meta.
func (r *resultFile) readMeta() (fileMeta, error) {
	var m fileMeta
	if err := json.Unmarshal(r.meta(), &m); err != nil {
		return m, r.damage(fmt.Errorf("its footer has no readable %s", metaKey))
	}
	if m.Format > formatVersion {
		return m, &lake.NewerFormatError{Path: r.path, Format: m.Format}
	}
	if m.Format >= sealedFormat && !r.sealed() {
		return m, r.damage(errors.New("its footer has no checksum"))
	}
	return m, nil
}

// list returns the names of a folder's files with a prefix, in order; none where there is no folder.
func list(dir, prefix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// listing describes a folder's finished files of points, to tell whether they changed.
func listing(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var out strings.Builder
	for _, e := range entries {
		if info, err := e.Info(); err == nil && !strings.HasPrefix(e.Name(), tempPrefix) && !strings.HasPrefix(e.Name(), legsPrefix) {
			fmt.Fprintln(&out, e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return out.String(), nil
}

// listPoints returns the files that hold points.
func listPoints(dir string) ([]string, error) {
	all, err := list(dir, "")
	return slices.DeleteFunc(all, func(name string) bool {
		known := strings.HasPrefix(name, "points-") || strings.HasPrefix(name, chunkPrefix) || strings.HasPrefix(name, keptPrefix)
		return !known || !strings.HasSuffix(name, extension)
	}), err
}

// encodeTable writes a table as a Parquet file.
func encodeTable(w io.Writer, t duck.Table, meta fileMeta) error {
	s, err := shapeOf(t)
	if err != nil {
		return err
	}
	e := newEncoder(w, s)
	if err := e.append(t); err != nil {
		return err
	}
	return e.end(meta)
}

// end closes the file with its meta.
func (e *encoder) end(meta fileMeta) error {
	meta.Format = formatVersion
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	return e.close(text)
}

// writeTable commits a table as one file.
func writeTable(ctx context.Context, dir, name string, t duck.Table, meta fileMeta) error {
	return lake.WriteFile(ctx, dir, name, func(w io.Writer) error { return encodeTable(w, t, meta) })
}

// writeFile commits a file and returns its size; hash is given its bytes.
func writeFile(ctx context.Context, dir, name string, hash hash.Hash, write func(io.Writer) error) (int64, error) {
	var size counter
	err := lake.WriteFile(ctx, dir, name, func(w io.Writer) error { return write(io.MultiWriter(w, &size, hash)) })
	return int64(size), err
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// remove deletes files of a folder that may be gone already, temporary ones of a run that was killed included.
func remove(dir string, names ...string) error {
	for _, name := range names {
		if err := lake.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// sweepOut removes what a killed run left unfinished.
func sweepOut(dir string) error {
	names, err := list(dir, tempPrefix)
	if err != nil {
		return err
	}
	return remove(dir, names...)
}

// nextNumber returns the number after the highest that files with a prefix have.
func nextNumber(dir, prefix string) (int, error) {
	names, err := list(dir, prefix)
	next := 0
	for _, name := range names {
		var n int
		if _, err := fmt.Sscanf(strings.TrimPrefix(name, prefix), "%d", &n); err == nil {
			next = max(next, n+1)
		}
	}
	return next, err
}

// union adds texts to a sorted set.
func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// contains reports whether a text is in a sorted set.
func contains(set []string, text string) bool {
	_, ok := slices.BinarySearch(set, text)
	return ok
}
