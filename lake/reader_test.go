package lake

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
)

const storedHash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
const storedID = "prices_00112233445566778899aabbccddeeff"

// storeRows writes rows as a node of an empty date range, or in place of those that are there.
func storeRows(t testing.TB, d *DateRange, f *frame.Frame, by Partitioning) *Manifest {
	t.Helper()
	cover := Span{beginning, us("2030-01-01T00:00:00Z")}
	m := &Manifest{
		Format: FormatVersion, ID: storedID, Hash: storedHash, Origin: FromDatabase, Spec: []byte("{}"),
		Columns: f.Schema().Fields, Key: f.Schema().KeyNames(), Partitioning: by, Covered: Spans{cover},
		Parts: cutInto(t, d.NodeDir(storedID), f, by, cover, 50_000), Before: []Before{}, Inputs: []Digest{}, Rows: int64(f.Rows()),
	}
	if err := d.writeManifest(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func emptyRange(t testing.TB) *DateRange {
	t.Helper()
	d, err := Open(t.TempDir(), "lake", us("2020-01-01T00:00:00Z"), us("2030-01-01T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRowsAndScanOfARange(t *testing.T) {
	d := emptyRange(t)
	f := priceFrame(us("2021-09-01T00:00:00Z"), 3*groupRows) // 136 days, into 2022
	storeRows(t, d, f, ByYear)
	day := int64(24 * 3_600_000_000)
	start := f.Times()[0]
	for _, s := range []Span{
		{beginning, math.MaxInt64}, {start, start + 1}, {start + 5*day, start + 100*day}, {start + 46*day, start + 47*day},
		{us("2022-01-01T00:00:00Z") - 1, us("2022-01-01T00:00:00Z") + 1}, {start + 200*day, start + 300*day}, {beginning, start}, {start + 2*day, start + 2*day},
	} {
		want := f.Between(s.Start, s.End)
		got, err := d.Rows(context.Background(), storedID, s.Start, s.End)
		if err != nil || got.Digest() != want.Digest() {
			t.Errorf("%s: %d rows, not %d (%v)", s, got.Rows(), want.Rows(), err)
		}
		batches := []*frame.Frame{frame.Empty(f.Schema())}
		for b, err := range d.Scan(context.Background(), storedID, s.Start, s.End) {
			if err != nil || b.Rows() == 0 || b.Rows() > groupRows {
				t.Fatalf("a batch of %d rows, %v", b.Rows(), err)
			}
			batches = append(batches, b)
		}
		if joined, err := frame.Concat(batches...); err != nil || joined.Digest() != want.Digest() {
			t.Errorf("%s: batches have %d rows, not %d (%v)", s, joined.Rows(), want.Rows(), err)
		}
	}
}

func TestColumnsAreReadInTheOrderNamed(t *testing.T) {
	d := emptyRange(t)
	f := sampleFrame(us("2021-01-01T00:00:00Z"), 500, someMissing)
	storeRows(t, d, f, ByMonth)
	want, err := f.Select("note", "z")
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Rows(context.Background(), storedID, beginning, math.MaxInt64, "note", "leg", "z", "note")
	if err != nil || got.Digest() != want.Digest() {
		t.Errorf("got %s, not %s (%v)", got.Schema(), want.Schema(), err)
	}
	if _, err := d.Rows(context.Background(), storedID, 0, 1, "nope"); err == nil || !strings.Contains(err.Error(), `no column "nope"`) {
		t.Errorf("an unknown column: %v", err)
	}
	if _, err := d.Rows(context.Background(), "returns_00112233445566778899aabbccddeeff", 0, 1); !errors.Is(err, ErrNotStored) {
		t.Errorf("an unknown node: %v", err)
	}
}

func TestRowGroupsAreSkippedByTime(t *testing.T) {
	d := emptyRange(t)
	f := priceFrame(us("2021-01-01T00:00:00Z"), 4*groupRows)
	storeRows(t, d, f, ByYear)
	at := f.Times()[groupRows+10]
	r, err := d.openRows(t.Context(), storedID, at, at+1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if len(r.groups) != 1 || r.groups[0].g != 1 {
		t.Errorf("%d row groups are read: %+v", len(r.groups), r.groups)
	}
}

// TestPiecesAreJoined reads files whose wanted rows don't lie end to end.
func TestPiecesAreJoined(t *testing.T) {
	f := priceFrame(0, 1000)
	path, size := storeFrame(t, f)
	r := &reading{schema: f.Schema(), stored: columnsOf(f.Schema()), cols: []int{0, 1, 2, 3}, summed: true}
	defer r.close()
	minute := int64(60_000_000)
	for _, s := range []Span{{0, 10 * minute}, {20 * minute, 30 * minute}, {30 * minute, 40 * minute}} {
		if err := r.add(t.Context(), s.Start, s.End, written{path: path, bytes: size}); err != nil {
			t.Fatal(err)
		}
	}
	want, err := frame.Concat(f.Slice(0, 20), f.Slice(40, 80))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.frame(context.Background()); err != nil || got.Digest() != want.Digest() {
		t.Errorf("%d rows, not %d (%v)", got.Rows(), want.Rows(), err)
	}
}

func TestWhatIsOpenStaysReadable(t *testing.T) {
	d := emptyRange(t)
	f := priceFrame(us("2021-01-01T00:00:00Z"), 3000)
	storeRows(t, d, f, ByYear)
	scanned := 0
	for b, err := range d.Scan(context.Background(), storedID, beginning, math.MaxInt64) {
		if err != nil {
			t.Fatal(err)
		}
		if err := d.removeNode(storedID); err != nil {
			t.Fatal(err)
		}
		scanned += b.Rows()
	}
	if scanned != f.Rows() {
		t.Errorf("%d rows, not %d", scanned, f.Rows())
	}
	storeRows(t, d, f, ByYear)
	r, err := d.openRows(t.Context(), storedID, beginning, math.MaxInt64, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	storeRows(t, d, f.Slice(0, 10), ByYear)
	if got, err := r.frame(context.Background()); err != nil || got.Digest() != f.Digest() {
		t.Errorf("it changed under its reader (%v)", err)
	}
}

func TestReplacedWhileOpeningLooksAgain(t *testing.T) {
	d := emptyRange(t)
	old, next := priceFrame(us("2021-01-01T00:00:00Z"), 500), priceFrame(us("2021-01-01T00:00:00Z"), 900)
	storeRows(t, d, old, ByYear)
	calls := 0
	r, err := d.openNode(storedID, nil, func(m *Manifest, r *reading) error {
		if calls++; calls == 1 {
			storeRows(t, d, next, ByYear)
		}
		return r.add(t.Context(), beginning, math.MaxInt64, d.parts(m, Span{beginning, math.MaxInt64})...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if f, err := r.frame(context.Background()); err != nil || f.Rows() != next.Rows() || calls != 2 {
		t.Errorf("%d rows after %d looks (%v)", f.Rows(), calls, err)
	}
	calls = 0
	_, err = d.openNode(storedID, nil, func(m *Manifest, r *reading) error {
		calls++
		storeRows(t, d, old.Slice(0, 10*calls), ByYear)
		return nil
	})
	if read := (*ReadError)(nil); !errors.As(err, &read) || calls != maxTries+1 {
		t.Errorf("always replaced: %v after %d looks", err, calls)
	}
}

func TestDamagedPartsAreNamed(t *testing.T) {
	f := sampleFrame(us("2021-01-01T00:00:00Z"), 300, someMissing)
	other := priceFrame(us("2021-01-01T00:00:00Z"), 300)
	for name, damage := range map[string]func(path string, text []byte) error{
		"it is missing": func(path string, _ []byte) error { return os.Remove(path) },
		"bytes, and":    func(path string, text []byte) error { return os.WriteFile(path, text[:len(text)-1], 0o666) },
		"its checksum is not the manifest's": func(path string, text []byte) error {
			text[300] ^= 1
			return os.WriteFile(path, text, 0o666)
		},
	} {
		d := emptyRange(t)
		m := storeRows(t, d, f, ByYear)
		path := d.partPath(m, m.Parts[0])
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(path, text); err != nil {
			t.Fatal(err)
		}
		_, err = d.Rows(context.Background(), storedID, beginning, math.MaxInt64)
		if found := (*DamageError)(nil); !errors.As(err, &found) || found.Path != path || !strings.Contains(err.Error(), name) || found.Hint() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	path, size := storeFrame(t, other)
	if _, err := loadFrame(path, size, everyType); err == nil || !strings.Contains(err.Error(), "its columns are") {
		t.Errorf("other columns: %v", err)
	}
}

// TestEveryAlteredByteIsFoundOrHarmless alters each byte of a file in turn: what is read is what was written, or damage.
func TestEveryAlteredByteIsFoundOrHarmless(t *testing.T) {
	f := sampleFrame(0, 40, someMissing)
	path, size := storeFrame(t, f)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	altered := filepath.Join(t.TempDir(), "altered.parquet")
	for i := range text {
		bits := []byte{1, 0xff, 0x80}[i%3]
		changed := slices.Clone(text)
		changed[i] ^= bits
		if err := os.WriteFile(altered, changed, 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := loadFrame(altered, size, everyType)
		if damage := (*DamageError)(nil); errors.As(err, &damage) && damage.Path == altered {
			continue
		}
		if err != nil || got.Digest() != f.Digest() {
			t.Errorf("byte %d of %d altered by %#x: %v, %v", i, size, bits, err, describe(got))
		}
	}
	for n := range text {
		if err := os.WriteFile(altered, text[:n], 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := loadFrame(altered, int64(n), everyType); err == nil {
			t.Errorf("the first %d of %d bytes are read as if whole", n, size)
		}
	}
}

func describe(f *frame.Frame) string {
	if f == nil {
		return "no rows"
	}
	return fmt.Sprintf("%d rows", f.Rows())
}

func TestReadingStopsWithItsContext(t *testing.T) {
	d := emptyRange(t)
	storeRows(t, d, priceFrame(us("2021-01-01T00:00:00Z"), 100), ByYear)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.Rows(ctx, storedID, beginning, math.MaxInt64); !errors.Is(err, context.Canceled) {
		t.Errorf("Rows: %v", err)
	}
	for _, err := range d.Scan(ctx, storedID, beginning, math.MaxInt64) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Scan: %v", err)
		}
	}
}
