package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for _, body := range []string{"{\n  \"a\": 1\n}\n", "{\n  \"checksum\": \"x\",\n  \"é\": [\n    {}\n  ]\n}\n"} {
		if sealed, err := CheckText([]byte(body)); sealed || err != nil {
			t.Errorf("%q is sealed, %v", body, err)
		}
		whole := Text([]byte(body))
		if sealed, err := CheckText(whole); !sealed || err != nil {
			t.Errorf("%s: %v, %v", whole, sealed, err)
		}
		for i := range whole { // what no longer ends with a seal is not sealed, which its format tells
			altered := bytes.Clone(whole)
			altered[i] ^= 0x20
			if sealed, err := CheckText(altered); sealed && err == nil {
				t.Errorf("byte %d is another, and %s is right", i, altered)
			}
		}
	}
}

func TestLine(t *testing.T) {
	whole := Line([]byte(`{"a":1}`))
	if sealed, err := CheckLine(whole); !sealed || err != nil {
		t.Errorf("%s: %v, %v", whole, sealed, err)
	}
	if sealed, err := CheckLine(bytes.Replace(whole, []byte("1"), []byte("2"), 1)); !sealed || !errors.Is(err, ErrText) {
		t.Errorf("another text: %v, %v", sealed, err)
	}
}

// parquetFile has the shape of one as far as a seal goes: rows, then a footer, its length and four letters.
func parquetFile(t testing.TB, rows, footer []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	w.Write(append([]byte("PAR1"), rows...))
	w.Footer()
	end := append(append(append(bytes.Clone(footer), mark...), Blank...), 0)
	w.Write(end)
	w.Write([]byte{byte(len(end)), byte(len(end) >> 8), 0, 0, 'P', 'A', 'R', '1'})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestParquet alters any byte of any file: its seal is not its own, or is not found, which the rest of the footer tells.
func TestParquet(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		rows, footer := rapid.SliceOf(rapid.Byte()).Draw(r, "rows"), rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(r, "footer")
		whole := parquetFile(t, rows, footer)
		if sealed, err := CheckParquet(bytes.NewReader(whole), int64(len(whole))); !sealed || err != nil {
			r.Fatalf("as it was: %v, %v", sealed, err)
		}
		at := rapid.IntRange(0, len(whole)-1).Draw(r, "at")
		whole[at] ^= rapid.ByteRange(1, 255).Draw(r, "bits")
		if sealed, err := CheckParquet(bytes.NewReader(whole), int64(len(whole))); sealed && !errors.Is(err, ErrParquet) {
			r.Fatalf("byte %d is another: %v", at, err)
		}
	})
}

func TestParquetWithoutASeal(t *testing.T) {
	for _, text := range []string{"", "PAR1", "PAR1\x00\x00\x00\x00PAR1", "PAR1\xff\xff\xff\xffPAR1", "PAR1" + Key + "\x0d\x00\x00\x00PAR1"} {
		if sealed, err := CheckParquet(bytes.NewReader([]byte(text)), int64(len(text))); sealed || err != nil {
			t.Errorf("%q: %v, %v", text, sealed, err)
		}
	}
}

// forget is what another process does not know.
func forget() {
	memoriesMu.Lock()
	defer memoriesMu.Unlock()
	clear(memories)
}

func TestOnce(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	calls := 0
	check := func(sum string, fault error) error {
		t.Helper()
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return Once(dir, f, sum, func() error { calls++; return fault })
	}
	expect := func(what string, want int) {
		t.Helper()
		if calls != want {
			t.Errorf("%s: read %d times, not %d", what, calls, want)
		}
		calls = 0
	}
	write := func(text string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * fine) // its inode has just been changed
	}
	write("abc", time.Hour+time.Millisecond)
	for range 3 {
		if err := check("s", nil); err != nil {
			t.Fatal(err)
		}
	}
	expect("one process", 1)
	forget()
	check("s", nil)
	expect("the next process", 0)
	check("another", nil)
	expect("another sum", 1)
	write("abd", time.Hour)
	check("s", nil)
	expect("another time", 1)
	write("abe", time.Hour) // as one who hides it does
	check("s", nil)
	expect("the same time set again", 1)

	damaged := errors.New("damaged")
	write("abf", time.Hour+2*time.Millisecond)
	for range 2 {
		if err := check("s", damaged); !errors.Is(err, damaged) {
			t.Errorf("a file that is damaged: %v", err)
		}
	}
	expect("a file that is damaged", 2)
	os.WriteFile(path, []byte("abg"), 0o666)
	check("s", nil)
	check("s", nil)
	expect("a file written this instant", 2)
}

// TestOnceWithoutACache works without one, and with one that is no such file.
func TestOnceWithoutACache(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("abc"), 0o666); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * fine)
	once := func() (calls int) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := Once(dir, f, "", func() error { calls++; return nil }); err != nil {
			t.Error(err)
		}
		return calls
	}
	forget()
	once()
	for _, place := range []string{filepath.Join(cache, "tdlake", "checked"), filepath.Join(cache, "Library", "Caches", "tdlake", "checked")} {
		entries, _ := os.ReadDir(place)
		for _, e := range entries {
			if err := os.WriteFile(filepath.Join(place, e.Name()), []byte("seventeen letters"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	forget()
	if once() != 1 {
		t.Error("a memory that was cut short is believed")
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	forget()
	if once() != 1 || once() != 0 {
		t.Error("without a cache a process does not remember, or remembers too much")
	}
}
