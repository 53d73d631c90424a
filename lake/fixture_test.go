package lake

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
)

// Times of the tests: the date range of a fixture is the years 2020 to 2022.
const (
	aDay      = int64(86400e6)
	newYear20 = int64(1577836800e6)
	newYear21 = newYear20 + 366*aDay
	newYear23 = newYear20 + 1096*aDay
)

// onDay is a midnight, counted from 2020-01-01.
func onDay(n int64) int64 { return newYear20 + n*aDay }

// fixture is a lake in a temporary folder.
type fixture struct {
	*DateRange
	t    testing.TB
	root string
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	root := t.TempDir()
	return &fixture{openRange(t, root, newYear20, newYear23), t, root}
}

func openRange(t testing.TB, root string, start, end int64) *DateRange {
	t.Helper()
	d, err := Open(root, "Test", start, end)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// closes is rows of prices, a row a day and identifier, with a value missing now and then.
func closes(from, to int64, ids ...string) *frame.Frame {
	b := frame.NewBuilder(frame.Long("close"))
	for day := from; day < to; day++ {
		for i, id := range ids {
			b.Time(0, onDay(day)+5*3600e6)
			b.String(1, id)
			if v := day*31 + int64(i)*7; v%5 == 0 {
				b.Missing(2)
			} else {
				b.Float(2, float64(v%101)/4)
			}
		}
	}
	return b.Frame()
}

// snapshot stores a node as one that was taken from a database: the rows of f in a range, and those before it as as-of rows.
func (x *fixture) snapshot(name string, covered Span, f *frame.Frame) *Manifest {
	x.t.Helper()
	ctx := context.Background()
	m, err := newManifest(testNode(x.t, name), FromDatabase, f.Schema(), ByYear)
	if err != nil {
		x.t.Fatal(err)
	}
	lock, err := x.Lock(ctx)
	if err != nil {
		x.t.Fatal(err)
	}
	defer lock.Unlock()
	c := newCutter(x.fs, x.NodeDir(m.ID), f.Schema(), m.Partitioning, covered)
	if err := c.add(ctx, f.Between(covered.Start, covered.End)); err != nil {
		x.t.Fatal(err)
	}
	if m.Parts, err = c.close(ctx); err != nil {
		x.t.Fatal(err)
	}
	for _, p := range m.Parts {
		m.Rows += p.Rows
	}
	m.Covered = Spans{covered}
	if covered.Start != beginning {
		m.Before = append(m.Before, x.before(m.ID, covered.Start, AsOf(f.Between(beginning, covered.Start))))
	}
	x.commit(m)
	if err := x.writeSource(ctx, "files:data"); err != nil {
		x.t.Fatal(err)
	}
	return m
}

func (x *fixture) before(id string, at int64, f *frame.Frame) Before {
	x.t.Helper()
	b := Before{Name: stamp(at) + parquetExt, At: at, Rows: int64(f.Rows())}
	var err error
	if b.Bytes, b.SHA256, err = writeFrame(x.fs, x.beforeDir(id), b.Name, f); err != nil {
		x.t.Fatal(err)
	}
	return b
}

// commit writes a manifest.
func (x *fixture) commit(m *Manifest) {
	x.t.Helper()
	if err := x.writeManifest(context.Background(), m); err != nil {
		x.t.Fatal(err)
	}
}

// prices stores three years of prices from the 100th day of 2020 on.
func (x *fixture) prices() *Manifest {
	x.t.Helper()
	return x.snapshot("prices", Span{onDay(100), onDay(900)}, closes(0, 900, "AAA", "BBB"))
}

// returns stores a computed node that was computed from prices.
func (x *fixture) returns() *Manifest {
	x.t.Helper()
	covered := Span{onDay(101), newYear21}
	inputs, err := x.Digests(testNode(x.t, "prices").ID(), covered, true)
	if err != nil {
		x.t.Fatal(err)
	}
	m, err := x.Write(context.Background(), testNode(x.t, "returns"), covered, inputs, closes(101, 366, "AAA"))
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

// put writes a file below the date range's folder.
func (x *fixture) put(path, text string) string {
	x.t.Helper()
	full := filepath.Join(x.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
		x.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
		x.t.Fatal(err)
	}
	return full
}

// change edits a file in place.
func change(t testing.TB, path string, edit func([]byte) []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, edit(text), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// asBefore returns a document as it was written before there were checksums.
func asBefore(t testing.TB, text []byte) []byte {
	t.Helper()
	out := regexp.MustCompile(`,\n  "checksum": "[0-9a-f]{64}"`).ReplaceAll(text, nil)
	out = bytes.Replace(out, []byte(`"format": 2`), []byte(`"format": 1`), 1)
	if len(out) != len(text)-82 {
		t.Fatalf("no document with a checksum:\n%s", text)
	}
	return out
}

// makeLater turns a document into one of a later format.
func makeLater(t testing.TB, path string) {
	t.Helper()
	change(t, path, func(text []byte) []byte {
		return bytes.Replace(asBefore(t, text), []byte(`"format": 1`), []byte(`"format": 99`), 1)
	})
}

// flip changes one byte in the middle of a file.
func flip(t testing.TB, path string) {
	t.Helper()
	change(t, path, func(text []byte) []byte { text[len(text)/2] ^= 1; return text })
}

// files returns what is below a folder, with slashes.
func filesBelow(t testing.TB, dir string) []string {
	t.Helper()
	paths, _, err := regularFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range paths {
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			t.Fatal(err)
		}
		paths[i] = filepath.ToSlash(rel)
	}
	return paths
}

// show writes rows a line each, "-" where a value is missing.
func show(f *frame.Frame) string {
	var b strings.Builder
	for i := range f.Rows() {
		for k := range f.Schema().Fields {
			switch c := f.Column(k); {
			case k == 0:
				fmt.Fprintf(&b, "%s", showTime(f.Times()[i]))
			case c.IsNull(i):
				b.WriteString(" -")
			default:
				b.WriteString(" " + c.ValueStr(i))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

var missing = math.NaN()
