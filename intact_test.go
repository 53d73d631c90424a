package main

import (
	"bytes"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/internal/cli"
	"github.com/tdlake/tdlake/internal/demo"
	"github.com/tdlake/tdlake/lake"
)

// alterations are what disks, copies and editors do to a file. Each returns other text, or the same where it cannot be done.
var alterations = map[string]func(r *rand.Rand, text []byte) []byte{
	"a bit flipped": func(r *rand.Rand, text []byte) []byte { text[r.IntN(len(text))] ^= 1 << r.IntN(8); return text },
	"another byte":  func(r *rand.Rand, text []byte) []byte { text[r.IntN(len(text))] = byte(r.IntN(256)); return text },
	"cut short":     func(r *rand.Rand, text []byte) []byte { return text[:r.IntN(len(text))] },
	"a byte more": func(r *rand.Rand, text []byte) []byte {
		return slices.Insert(text, r.IntN(len(text)+1), byte(r.IntN(256)))
	},
	"a byte less":   func(r *rand.Rand, text []byte) []byte { i := r.IntN(len(text)); return slices.Delete(text, i, i+1) },
	"another digit": anotherDigit,
	"bytes swapped": func(r *rand.Rand, text []byte) []byte {
		i, j := r.IntN(len(text)), r.IntN(len(text))
		text[i], text[j] = text[j], text[i]
		return text
	},
	"a stretch zero": func(r *rand.Rand, text []byte) []byte {
		i := r.IntN(len(text))
		clear(text[i:min(len(text), i+1+r.IntN(512))])
		return text
	},
}

func anotherDigit(r *rand.Rand, text []byte) []byte {
	at := r.IntN(len(text))
	if i := bytes.IndexAny(text[at:], "0123456789"); i >= 0 {
		text[at+i] = '0' + (text[at+i]-'0'+byte(1+r.IntN(9)))%10
	}
	return text
}

// TestVerifyFindsEveryAlteration alters files of every kind that a lake has, a thousand times, each in one place.
func TestVerifyFindsEveryAlteration(t *testing.T) {
	d := everyKindOfFile(t)
	files := storedFiles(t, d.Dir())
	kinds := kindsOf(files)
	for _, kind := range []string{"part", "before", "_manifest.json", "_snapshot.json", "_sweep.json", "points", "kept", "target", "chunk", "legs", "failed.jsonl"} {
		if len(kinds[kind]) == 0 {
			t.Fatalf("the lake has no %s", kind)
		}
	}
	names := slices.Sorted(maps.Keys(kinds))
	ways := slices.Sorted(maps.Keys(alterations))
	r := rand.New(rand.NewPCG(2024, 1))
	done := map[string]int{}
	for i := 0; i < 1000; {
		kind, way := names[i%len(names)], ways[r.IntN(len(ways))]
		path := kinds[kind][r.IntN(len(kinds[kind]))]
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		altered := alterations[way](r, bytes.Clone(whole))
		if bytes.Equal(altered, whole) {
			continue
		}
		if err := os.WriteFile(path, altered, 0o666); err != nil {
			t.Fatal(err)
		}
		if faults, err := d.Verify(t.Context()); !finds(faults, err, path) {
			t.Errorf("%s in %s is not found: %v, %v", way, path, faults, err)
		}
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
		done[kind]++
		i++
	}
	expectWhole(t, d)
	t.Logf("found: %v", done)
}

// finds reports whether a verification names a file as damaged. A format that is another may look like a later one.
func finds(faults []lake.Fault, err error, path string) bool {
	return err == nil && slices.ContainsFunc(faults, func(f lake.Fault) bool { return f.Damage && f.Path == path })
}

func expectWhole(t *testing.T, d *lake.DateRange) {
	t.Helper()
	if faults, err := d.Verify(t.Context()); err != nil || len(faults) > 0 {
		t.Fatalf("the lake as it was: %v, %v", faults, err)
	}
}

// everyKindOfFile makes a lake that has some of each: chunks, which a run leaves only where it is killed, are copies of what they become.
func everyKindOfFile(t *testing.T) *lake.DateRange {
	t.Helper()
	dir := t.TempDir()
	if err := demo.WriteDatabase(t.Context(), filepath.Join(dir, demo.DatabaseFile), demo.NewMarket()); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(demo.Config), "{range: [60, 720, 20]}", "[60, 400, 700]", 1)
	path := filepath.Join(dir, "tdlake.yaml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	tdlake(t, "run", path, "portfolio", "-q", "--output", filepath.Join(dir, "x.csv"))
	tdlake(t, "sweep", path, "--store-target", "-q")
	tdlake(t, "sweep", path, "-q", "long_rolling_windows=[60, 65]")
	failing := strings.Replace(text, "  metrics:\n", "  metrics:\n    bad: max(cast(case when abs(portfolio - 1) > 0.3 then 'x' else '1' end as integer))\n", 1)
	if err := os.WriteFile(path, []byte(failing), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := cli.Main([]string{"sweep", path, "-q", "long_rolling_windows=[60, 65, 80]"}, nil, &out, &errs); code != 3 {
		t.Fatalf("a sweep with points that fail ends with %d: %s", code, &errs)
	}
	c, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := lake.Open(c.DatalakeDir, c.DatalakeName, c.Start, c.End)
	if err != nil {
		t.Fatal(err)
	}
	copyAs(t, d.Dir(), "points-00000.parquet", "chunk-000000.parquet")
	expectWhole(t, d)
	return d
}

func copyAs(t *testing.T, dir, name, as string) {
	t.Helper()
	for path, text := range storedFiles(t, dir) {
		if filepath.Base(path) == name {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), as), text, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// storedFiles returns the files of a date range, but for the lock, which holds nothing.
func storedFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "_lock" {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// kindsOf sorts files by what they are.
func kindsOf(files map[string][]byte) map[string][]string {
	kinds := map[string][]string{}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		name := filepath.Base(path)
		kind, _, _ := strings.Cut(name, "-")
		switch {
		case strings.Contains(path, "_before"):
			kind = "before"
		case strings.Contains(path, "time_partition="):
			kind = "part"
		case len(files[path]) == 0:
			continue // nothing of it can be altered
		}
		kinds[kind] = append(kinds[kind], path)
	}
	return kinds
}
