package sweeps

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/lake"
)

// aLeg makes a leg of values that a seed decides.
func aLeg(times []int64, seed float64) *compute.Leg {
	l := compute.NewLeg(times)
	for i := range times {
		x := seed + float64(i)/3
		l.Has[i], l.Earned[i], l.Change[i], l.Gross[i] = i > 0, x, 1/x, -x
	}
	return l
}

func key(name string) compute.LegKey { return sha256.Sum256([]byte(name)) }

func openedLegs(t *testing.T, dir string, sources ...string) *Legs {
	t.Helper()
	l, err := (&Plan{Dir: dir, sources: sources}).OpenLegs()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closeLegs(t *testing.T, l *Legs) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// expectLegs holds that just these are kept.
func expectLegs(t *testing.T, l *Legs, want map[string]*compute.Leg) {
	t.Helper()
	for name, leg := range want {
		got, err := l.Load(key(name))
		if err != nil || !l.Has(key(name)) || !reflect.DeepEqual(got, leg) {
			t.Errorf("leg %s: %v, %v", name, got, err)
		}
	}
	if n := len(l.at) + len(l.pending); n != len(want) {
		t.Errorf("%d legs are kept, not %d", n, len(want))
	}
	if got, err := l.Load(key("nobody's")); got != nil || err != nil || l.Has(key("nobody's")) {
		t.Errorf("a leg that nobody kept: %v, %v", got, err)
	}
}

func TestLegsAreKept(t *testing.T) {
	dir := t.TempDir()
	days, hours := []int64{1, 2, 3}, []int64{10, 20, 30, 40}
	want := map[string]*compute.Leg{"a": aLeg(days, 0.1), "b": aLeg(days, 0.7), "c": aLeg(hours, 2), "empty": aLeg([]int64{}, 0)}
	l := openedLegs(t, dir, "x")
	expectLegs(t, l, nil)
	for name, leg := range want {
		if err := l.Save(key(name), leg); err != nil {
			t.Fatal(err)
		}
	}
	expectLegs(t, l, want) // before they are written
	l.begin()
	closeLegs(t, l)

	l = openedLegs(t, dir, "w", "x", "y") // parts that were added make nothing stale
	expectLegs(t, l, want)
	want["d"] = aLeg(hours, 5)
	if err := l.Save(key("d"), want["d"]); err != nil {
		t.Fatal(err)
	}
	if err := l.Save(key("a"), aLeg(days, 99)); err != nil { // kept already
		t.Fatal(err)
	}
	closeLegs(t, l)
	l = openedLegs(t, dir, "w", "x", "y")
	expectLegs(t, l, want)
	closeLegs(t, l)

	l = openedLegs(t, dir, "x") // without parts that d comes from
	delete(want, "d")
	expectLegs(t, l, want)
	closeLegs(t, l)
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 || filepath.Base(names[0]) != "legs-00000.bin" {
		t.Errorf("stale legs are still there: %v", names)
	}
}

func TestSameLegsSameBytes(t *testing.T) {
	days := []int64{1, 2, 3}
	legs := map[compute.LegKey]*compute.Leg{key("a"): aLeg(days, 1), key("b"): aLeg(days, 2), key("c"): aLeg(days, 3)}
	var first bytes.Buffer
	for range 5 {
		var again bytes.Buffer
		if err := encodeLegs(&again, legs, legMeta{Format: 1, Sources: []string{"x"}}); err != nil {
			t.Fatal(err)
		}
		if first.Len() == 0 {
			first = again
		} else if !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatal("other bytes")
		}
	}
	if want := 8 + 3*8 + 3*3*25; first.Len() < want || first.Len() > want+300 { // the grid once
		t.Errorf("%d bytes for legs of %d", first.Len(), want)
	}
}

func TestLegsAreWrittenAsTheyCome(t *testing.T) {
	defer func(bytes, most int64) { legFileBytes, legsMost = bytes, most }(legFileBytes, legsMost)
	legFileBytes, legsMost = 2*legBytes(3), 5*legBytes(3)
	dir := t.TempDir()
	l := openedLegs(t, dir, "x")
	for _, name := range strings.Split("abcdefgh", "") {
		if err := l.Save(key(name), aLeg([]int64{1, 2, 3}, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if names, _ := list(dir, legsPrefix); len(names) != 2 || len(l.pending) != 1 {
		t.Errorf("files %v, %d pending", names, len(l.pending))
	}
	expectLegs(t, l, map[string]*compute.Leg{"a": aLeg([]int64{1, 2, 3}, 1), "b": aLeg([]int64{1, 2, 3}, 1), "c": aLeg([]int64{1, 2, 3}, 1),
		"d": aLeg([]int64{1, 2, 3}, 1), "e": aLeg([]int64{1, 2, 3}, 1)}) // beyond the most, none
	closeLegs(t, l)
}

func TestALegThatIsBeingWrittenIsKept(t *testing.T) {
	l := openedLegs(t, t.TempDir(), "x")
	want := map[string]*compute.Leg{"a": aLeg([]int64{1, 2}, 1), "b": aLeg([]int64{1, 2}, 2)}
	for name, leg := range want {
		if err := l.Save(key(name), leg); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.take()); n != len(want) { // as the writer of a file begins
		t.Errorf("%d legs to write, not %d", n, len(want))
	}
	expectLegs(t, l, want)
	closeLegs(t, l)
}

// Those who save fill file after file while others ask.
func TestLegsAreAskedForWhileTheyAreWritten(t *testing.T) {
	defer func(bytes int64) { legFileBytes = bytes }(legFileBytes)
	legFileBytes = 3 * legBytes(4)
	dir := t.TempDir()
	l := openedLegs(t, dir, "x")
	want := map[string]*compute.Leg{}
	for i := range 40 {
		want[strconv.Itoa(i)] = aLeg([]int64{1, 2, 3, 4}, float64(i))
	}
	var g errgroup.Group
	for name, leg := range want {
		g.Go(func() error { return l.Save(key(name), leg) })
		g.Go(func() error {
			for {
				switch got, err := l.Load(key(name)); {
				case err != nil:
					return err
				case got == nil:
					runtime.Gosched()
				case !reflect.DeepEqual(got, leg):
					return fmt.Errorf("leg %s: %v", name, got)
				default:
					return nil
				}
			}
		})
	}
	l.begin()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	expectLegs(t, l, want)
	closeLegs(t, l)
	if names, _ := list(dir, legsPrefix); len(names) < 2 {
		t.Errorf("one file: %v", names)
	}
	l = openedLegs(t, dir, "x")
	expectLegs(t, l, want)
	closeLegs(t, l)
}

func TestDamagedLegs(t *testing.T) {
	dir := t.TempDir()
	l := openedLegs(t, dir, "x")
	for _, name := range []string{"a", "b"} {
		if err := l.Save(key(name), aLeg([]int64{1, 2, 3, 4}, 1)); err != nil {
			t.Fatal(err)
		}
	}
	closeLegs(t, l)
	path := filepath.Join(dir, "legs-00000.bin")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		if at < len(legsMagic) || at >= len(whole)-4 {
			continue // what only verify reads
		}
		damaged := bytes.Clone(whole)
		damaged[at] ^= 1
		expectDamage(t, path, damaged)
	}
	for _, n := range []int{0, 7, 20, len(whole) / 2, len(whole) - 1} {
		expectDamage(t, path, whole[:n])
	}
}

func expectDamage(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	err := readLegs(path)
	var damage *lake.DamageError
	if !errors.As(err, &damage) || damage.Path != path || damage.Hint() == "" {
		t.Errorf("%d bytes: %v", len(text), err)
	}
}

func TestLegsOfALaterFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "legs-00000.bin")
	var text bytes.Buffer
	if err := encodeLegs(&text, nil, legMeta{Format: formatVersion + 1}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var newer *lake.NewerFormatError
	if _, err := openLegs(path); !errors.As(err, &newer) {
		t.Error(err)
	}
}

func readLegs(path string) error {
	f, err := openLegs(path)
	if err != nil {
		return err
	}
	defer f.file.Close()
	for _, place := range f.places {
		if _, err := place.load(); err != nil {
			return err
		}
	}
	return nil
}

// FuzzLegs reads damaged files: they are said to be damaged, or read as something, and nothing panics.
func FuzzLegs(f *testing.F) {
	var whole bytes.Buffer
	if err := encodeLegs(&whole, map[compute.LegKey]*compute.Leg{key("a"): aLeg([]int64{1, 2}, 1)}, legMeta{Format: 1, Sources: []string{"x"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:whole.Len()/2])
	path := filepath.Join(f.TempDir(), "legs-00000.bin")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		expectSaid(t, readLegs(path))
	})
}

// TestLegsThatCannotBeKept has a folder that cannot be written to, as on a full disk: what was made is there for the run, and only not kept.
func TestLegsThatCannotBeKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sweep")
	l := openedLegs(t, dir)
	if err := os.WriteFile(dir, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	leg := aLeg([]int64{1, 2, 3}, 1)
	if err := l.Save(key("a"), leg); err != nil {
		t.Fatal(err)
	}
	l.begin()
	l.writing.Wait()
	if got, err := l.Load(key("a")); err != nil || got == nil {
		t.Errorf("the leg is %v, %v", got, err)
	}
	if err := l.Save(key("b"), leg); err != nil || l.Has(key("b")) {
		t.Errorf("another one is kept in memory for ever, %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("a run ends with %v", err)
	}
	if l.Problem() == nil {
		t.Errorf("what is said is %v", l.Problem())
	}
}
