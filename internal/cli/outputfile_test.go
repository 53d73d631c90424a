package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tdlake/tdlake/lake"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	o := &output{path: path, format: "csv"}
	if err := o.open(); err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if err := os.WriteFile(o.temporary, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.finish(&app{quiet: true}); err != nil {
		t.Fatal(err)
	}
}

func TestOutputKeepsRightsAndLinks(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.csv")
	expect := func(path, text string, mode os.FileMode) {
		t.Helper()
		got, err := os.ReadFile(path)
		info, stat := os.Lstat(path)
		if err != nil || stat != nil || string(got) != text || info.Mode() != mode {
			t.Errorf("%s holds %q, %v, %v", path, got, info.Mode(), err)
		}
	}
	defer unix.Umask(unix.Umask(0o027))
	put(t, file, "one")
	expect(file, "one", 0o640)
	if err := os.Chmod(file, 0o604); err != nil {
		t.Fatal(err)
	}
	put(t, file, "two")
	expect(file, "two", 0o604)
	for link, to := range map[string]string{"link.csv": "x.csv", "again.csv": "link.csv", "dangling.csv": filepath.Join(dir, "new.csv")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "again.csv"), "three")
	expect(file, "three", 0o604)
	put(t, filepath.Join(dir, "dangling.csv"), "four")
	expect(filepath.Join(dir, "new.csv"), "four", 0o640)
	for _, link := range []string{"link.csv", "again.csv", "dangling.csv"} {
		if info, err := os.Lstat(filepath.Join(dir, link)); err != nil || info.Mode().Type() != os.ModeSymlink {
			t.Errorf("%s is a link no more: %v", link, err)
		}
	}
	pipe := filepath.Join(dir, "pipe.csv")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	put(t, pipe, "five")
	if got := <-read; got != "five" {
		t.Errorf("through a pipe came %q", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 6 {
		t.Errorf("there is %v", entries)
	}
}

func TestFaultsAreListedUpToAMost(t *testing.T) {
	var out bytes.Buffer
	d, err := lake.Open(t.TempDir(), "x", 0, 86400e6)
	if err != nil {
		t.Fatal(err)
	}
	p := &project{app: &app{stdout: &out}, lake: d}
	faults := make([]lake.Fault, 250)
	for i := range faults {
		faults[i] = lake.Fault{Path: "a\x1b[31mb", Problem: "gone", Damage: true}
	}
	err = p.reportFaults(faults, shownFaults)
	if !is[*lake.DamageError](err) || !strings.Contains(err.Error(), "250 files") {
		t.Errorf("%v", err)
	}
	text := out.String()
	if n := strings.Count(text, "gone"); n != 100 || !strings.Contains(text, "and 150 others; `tdlake verify --all`") || strings.ContainsRune(text, 0x1b) || !strings.Contains(text, `a\x1b[31mb`) {
		t.Errorf("%d are listed:\n%s", n, text)
	}
}

func TestErrorsAreMadeVisible(t *testing.T) {
	var out bytes.Buffer
	printError(&out, usagef("a \x1b]0;hint\a", "a name\r\x1b[2J of data\n\tand more"))
	if got := out.String(); got != "tdlake: a name\\r\\x1b[2J of data\n\tand more\nhint: a \\x1b]0;hint\\a\n" {
		t.Errorf("%q", got)
	}
}
