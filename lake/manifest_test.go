package lake

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
)

var updateManifests = flag.Bool("update-manifests", false, "write the golden manifests of package lake anew")

const goldenManifest = "testdata/manifest.json"

// sum is a checksum for tests.
func sum(c string) string { return strings.Repeat(c, 64) }

// fullManifest has something in every field.
func fullManifest(t testing.TB) *Manifest {
	t.Helper()
	schema := frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "etf", Type: frame.String}, {Name: frame.UniqueIdentifier, Type: frame.String},
		{Name: "weight", Type: frame.Float64}, {Name: "n", Type: frame.Int64}, {Name: "ok", Type: frame.Bool}, {Name: "seen", Type: frame.Timestamp},
		{Name: "day", Type: frame.Date}, {Name: "what <&> é", Type: frame.String},
	}}
	m, err := newManifest(testNode(t, "members"), Computed, schema, ByYear)
	if err != nil {
		t.Fatal(err)
	}
	early, late := Span{onDay(200) + 4*3600e6 + 1, newYear21}, Span{onDay(800), onDay(900)}
	m.Rows = 30
	m.Covered = Spans{{beginning, onDay(7)}, {early.Start, onDay(700)}, {onDay(701), onDay(900)}}
	m.Parts = []Part{{ByYear.path(early), early, 10, 100, sum("a")}, {ByYear.path(late), late, 20, 200, sum("b")}}
	m.Before = []Before{
		{Name: "20200101.parquet", At: newYear20, Rows: 0, Bytes: 5, SHA256: sum("c")},
		{Name: "20200719T040000.000001Z.parquet", At: early.Start, Rows: 6, Bytes: 7, SHA256: sum("d")},
	}
	m.Inputs = []Digest{{testNode(t, "prices").ID(), "time_partition=2020/20200101_20210101.parquet", sum("e")}}
	return m
}

func encoded(t testing.TB, m *Manifest) []byte {
	t.Helper()
	text, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGoldenManifest holds the format: a change here needs another FormatVersion, or every lake is refused. Refresh with
// -update-manifests only where that is meant.
func TestGoldenManifest(t *testing.T) {
	m := fullManifest(t)
	text := encoded(t, m)
	if *updateManifests {
		if err := os.WriteFile(goldenManifest, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenManifest)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, golden) {
		t.Errorf("the manifest is\n%s", text)
	}
	back, err := decodeManifest(golden, goldenManifest)
	if err != nil {
		t.Fatal(err)
	}
	if again := encoded(t, back); !bytes.Equal(again, golden) {
		t.Errorf("read and written again it is\n%s", again)
	}
	if got, want := back.Bytes(), int64(312); got != want {
		t.Errorf("%d bytes, not %d", got, want)
	}
	if s, ok := back.Span(); !ok || s != (Span{m.Parts[0].Span.Start, onDay(900)}) {
		t.Errorf("it spans %v, %v", s, ok)
	}
}

func TestEmptyManifest(t *testing.T) {
	m, err := newManifest(testNode(t, "returns"), Computed, frame.Long("return"), ByMonth)
	if err != nil {
		t.Fatal(err)
	}
	text := encoded(t, m)
	if bytes.Contains(text, []byte("null")) {
		t.Errorf("a list that is empty is written as null:\n%s", text)
	}
	back, err := decodeManifest(text, "m")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := back.Span(); ok || back.Bytes() != 0 {
		t.Error("it has parts")
	}
}

// TestTheSpecIsInClear holds that what people read in a manifest is not escaped for HTML.
func TestTheSpecIsInClear(t *testing.T) {
	if text := encoded(t, fullManifest(t)); !bytes.Contains(text, []byte(`select * from \"x\" where a < b`)) || !bytes.Contains(text, []byte("what <&> é")) {
		t.Errorf("the manifest is\n%s", text)
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	good := asBefore(t, encoded(t, fullManifest(t)))
	if _, err := decodeManifest(good, "m"); err != nil {
		t.Fatalf("a manifest of format 1: %v", err)
	}
	id, other := fullManifest(t).ID, testNode(t, "prices").ID()
	for _, c := range []struct{ name, old, new string }{
		{"no JSON", string(good), "no json"},
		{"empty", string(good), ""},
		{"null", string(good), "null"},
		{"cut short", "]\n}", "]"},
		{"something after it", "]\n}", "]\n} {}"},
		{"an unknown field", `"format": 1,`, `"format": 1, "formats": 1,`},
		{"format 0", `"format": 1`, `"format": 0`},
		{"no format", `"format": 1,`, ``},
		{"an id that leaves the folder", `"local_hash_id": "` + id, `"local_hash_id": "../` + id},
		{"another node's id", `"local_hash_id": "` + id, `"local_hash_id": "` + other},
		{"another hash", `"hash": "`, `"hash": "00`},
		{"an origin", `"origin": "computed"`, `"origin": "guessed"`},
		{"a partitioning", `"partitioning": "year"`, `"partitioning": "week"`},
		{"another partitioning", `"partitioning": "year"`, `"partitioning": "month"`},
		{"a column type", `"type": "float"`, `"type": "double"`},
		{"two columns of a name", `"name": "n"`, `"name": "ok"`},
		{"no time_index", `"name": "time_index"`, `"name": "time"`},
		{"a key that is not the first columns", "\"time_index\",\n    \"etf\"", "\"etf\",\n    \"time_index\""},
		{"an empty covered range", `"start": "-infinity"`, `"start": "2020-01-08T00:00:00Z"`},
		{"covered ranges that touch", `"end": "2020-01-08T00:00:00Z"`, `"end": "2020-07-19T04:00:00.000001Z"`},
		{"a part outside what is covered", `"end": "2021-12-01T00:00:00Z"`, `"end": "2020-12-01T00:00:00Z"`},
		{"a part that leaves the folder", `"time_partition=2020/`, `"../time_partition=2020/`},
		{"a part in another partition", `"time_partition=2022/`, `"time_partition=2021/`},
		{"a part named by another range", `20220311_`, `20220312_`},
		{"a part of no rows", `"rows": 10,`, `"rows": 0,`},
		{"another number of rows", `"rows": 30,`, `"rows": 31,`},
		{"a part of no bytes", `"bytes": 100,`, `"bytes": 0,`},
		{"a checksum that is short", sum("a"), sum("a")[1:]},
		{"a checksum in capitals", sum("a"), sum("A")},
		{"an as-of file that leaves the folder", `"20200101.parquet"`, `"../20200101.parquet"`},
		{"an as-of file of another time", `"at": "2020-01-01T00:00:00Z"`, `"at": "2020-01-01T00:00:01Z"`},
		{"an as-of file of no time", `"at": "2020-01-01T00:00:00Z"`, `"at": "-infinity"`},
		{"an input's checksum", sum("e"), ""},
		{"an input without a path", `"path": "time_partition=2020/20200101_20210101.parquet"`, `"path": ""`},
		{"a number that is text", `"rows": 30`, `"rows": "30"`},
		{"a number that is no integer", `"rows": 30`, `"rows": 30.5`},
	} {
		if !bytes.Contains(good, []byte(c.old)) {
			t.Errorf("%s: the manifest has no %q", c.name, c.old)
			continue
		}
		_, err := decodeManifest(bytes.Replace(good, []byte(c.old), []byte(c.new), 1), "m")
		var damage *DamageError
		if !errors.As(err, &damage) || damage.Path != "m" || damage.Problem == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestManifestsOfALaterFormat(t *testing.T) {
	for _, text := range []string{`{"format": 3}`, `{"format": 99, "whatever": [], "rows": "many"}`} {
		var newer *NewerFormatError
		if _, err := decodeManifest([]byte(text), "m"); !errors.As(err, &newer) || newer.Path != "m" || newer.Format < 3 {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestManifestsAreFoundByTheirFolder(t *testing.T) {
	x := newFixture(t)
	m := x.prices()
	if _, err := x.Manifest(testNode(t, "returns").ID()); !errors.Is(err, ErrNotStored) {
		t.Errorf("of a node that is not stored: %v", err)
	}
	other := testNode(t, "returns").ID()
	if err := os.Rename(x.NodeDir(m.ID), x.NodeDir(other)); err != nil {
		t.Fatal(err)
	}
	var damage *DamageError
	if _, err := x.Manifest(other); !errors.As(err, &damage) || damage.Path != filepath.Join(x.NodeDir(other), manifestName) {
		t.Errorf("of another node: %v", err)
	}
}

// FuzzDecodeManifest holds that what is read from disk is refused or sound: it can be written, and is the same when it is read
// again.
func FuzzDecodeManifest(f *testing.F) {
	good := encoded(f, fullManifest(f))
	f.Add(good)
	f.Add([]byte(`{"format": 1}`))
	f.Add([]byte(`{"format": 2}`))
	f.Add(bytes.Replace(good, []byte(`"before": [`), []byte(`"before": [null,`), 1))
	f.Add(bytes.Replace(good, []byte("-infinity"), []byte("0000-01-01T00:00:00Z"), 1))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decodeManifest(text, "m")
		if err != nil {
			if !errors.As(err, new(*DamageError)) && !errors.As(err, new(*NewerFormatError)) {
				t.Fatalf("neither damage nor a later format: %v", err)
			}
			return
		}
		for _, p := range m.Parts {
			if !filepath.IsLocal(filepath.FromSlash(p.Path)) || !isPart("n", filepath.Join("n", filepath.FromSlash(p.Path))) {
				t.Fatalf("the part %q", p.Path)
			}
		}
		for _, b := range m.Before {
			if !filepath.IsLocal(b.Name) || !isBefore("n", filepath.Join("n", b.Name)) {
				t.Fatalf("the as-of file %q", b.Name)
			}
		}
		back, err := decodeManifest(encoded(t, m), "m")
		if err != nil {
			t.Fatalf("%v, when it is written and read again:\n%s", err, encoded(t, m))
		}
		m.text, back.text = nil, nil
		m.Spec, back.Spec = compacted(t, m.Spec), compacted(t, back.Spec)
		if !reflect.DeepEqual(m, back) {
			t.Fatalf("%+v became %+v", m, back)
		}
	})
}

func compacted(t testing.TB, text json.RawMessage) json.RawMessage {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
