package python

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tdlake/tdlake/internal/pythontest"
)

var small = Environment{Name: "small", Requirements: []string{"six==1.16.0", "pyarrow==18.1.0"}}

// maker is an environment's maker in a folder of its own, which counts what it says.
func maker(t *testing.T, dir string, s Settings, known ...Environment) (*Environments, *[]string) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		pythontest.Python(t, pythontest.Other) // skips, or fails
	}
	var mu sync.Mutex
	said := &[]string{}
	s.Dir, s.Root = dir, filepath.Join(dir, "root")
	s.Say = func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		*said = append(*said, fmt.Sprintf(format, args...))
	}
	return NewEnvironments(context.Background(), known, s), said
}

// TestRequirements locks and makes an environment with pip, then with uv: both are the same one.
func TestRequirements(t *testing.T) {
	uv := filepath.Join(filepath.Dir(pythontest.Python(t, pythontest.UV)), "uv")
	digests := map[string]bool{}
	for name, tool := range map[string]string{"pip": "-", "uv": uv} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			e, said := maker(t, dir, Settings{UV: tool}, small)
			digest, _, err := e.Environment("small")
			if err != nil {
				t.Fatal(err)
			}
			digests[digest] = true
			f, err := readLock(filepath.Join(dir, LockName))
			if err != nil || len(f.Environments) != 1 || !slices.Equal(f.Environments[0].Packages, []string{"pyarrow==18.1.0", "six==1.16.0"}) {
				t.Fatalf("%+v %v", f, err)
			}
			if exists(filepath.Join(dir, "root", "probes")) || len(*said) != 1 {
				t.Errorf("locking did more than that: %q", *said)
			}
			path := makeTwice(t, dir, tool)
			if tool == uv { // sooner
				makeAgain(t, dir, tool, path)
			}
		})
	}
	if len(digests) != 1 {
		t.Errorf("pip and uv make %d identities", len(digests))
	}
}

// makeTwice has two processes' worth of makers make an environment at once, after one that was killed in the middle.
func makeTwice(t *testing.T, dir, tool string) (python string) {
	first, said := maker(t, dir, Settings{UV: tool}, small)
	second, alsoSaid := maker(t, dir, Settings{UV: tool}, small)
	f, err := readLock(filepath.Join(dir, LockName))
	if err != nil {
		t.Fatal(err)
	}
	root, err := first.root()
	if err != nil {
		t.Fatal(err)
	}
	half := first.folder(root, f.Environments[0].described) + ".part"
	if err := os.MkdirAll(filepath.Join(half, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(half, "bin", "python"), "half made")
	var g sync.WaitGroup
	paths := make([]string, 2)
	for i, e := range []*Environments{first, second} {
		g.Go(func() {
			path, err := e.Interpreter(context.Background(), "small")
			if err != nil {
				t.Error(err)
			}
			paths[i] = path
		})
	}
	g.Wait()
	if paths[0] != paths[1] || len(*said)+len(*alsoSaid) != 1 {
		t.Errorf("%q, said %q and %q", paths, *said, *alsoSaid)
	}
	out, err := exec.Command(paths[0], "-c", "import six, pyarrow; print(six.__version__, pyarrow.__version__)").Output()
	if strings.TrimSpace(string(out)) != "1.16.0 18.1.0" {
		t.Errorf("%s %v", out, err)
	}
	if exists(half) {
		t.Error("the half made one is still there")
	}
	third, said := maker(t, dir, Settings{UV: "-", Base: "no-python-here"}, small)
	if path, err := third.Interpreter(context.Background(), "small"); err != nil || path != paths[0] || len(*said) > 0 {
		t.Errorf("what is there is made again: %q %v %q", path, err, *said)
	}
	return paths[0]
}

// makeAgain has an environment whose interpreter is gone made again.
func makeAgain(t *testing.T, dir, tool, python string) {
	err := os.Remove(python)
	if err == nil {
		err = os.Symlink(filepath.Join(dir, "moved"), python)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, said := maker(t, dir, Settings{UV: tool}, small)
	if path, err := e.Interpreter(context.Background(), "small"); err != nil || path != python || len(*said) != 1 || !exists(python) {
		t.Errorf("%q %v, said %q", path, err, *said)
	}
}

func TestFaultsOfRequirements(t *testing.T) {
	uv := filepath.Join(filepath.Dir(pythontest.Python(t, pythontest.UV)), "uv")
	known := []Environment{
		{Name: "bare", Requirements: []string{"six==1.16.0"}},
		{Name: "never", Requirements: []string{"pyarrow==0.0.0.1"}},
	}
	for _, tool := range []string{"-", uv} {
		e, _ := maker(t, t.TempDir(), Settings{UV: tool}, known...)
		_, _, err := e.Environment("bare")
		if err == nil || !strings.Contains(err.Error(), "do not include pyarrow") || hintOf(err) != "add pyarrow to its requirements" {
			t.Errorf("bare: %v", err)
		}
		_, _, err = e.Environment("never")
		if err == nil || !strings.Contains(err.Error(), "failed (exit status 1):\n") || !strings.Contains(err.Error(), "pyarrow==0.0.0.1") || !strings.Contains(hintOf(err), "network") {
			t.Errorf("never: %v (%s)", err, hintOf(err))
		}
	}
	e, _ := maker(t, t.TempDir(), Settings{UV: "-", Base: "no-python-here"}, known...)
	if _, _, err := e.Environment("bare"); err == nil || !strings.Contains(err.Error(), "there is no no-python-here") {
		t.Errorf("no python: %v", err)
	}
	dir := t.TempDir()
	for text, want := range map[string]string{
		"nonsense":     "invalid character",
		`{"format":2}`: "unknown format 2",
		`{"format":1,"environments":[{"requirements":["six==1.16.0"]}]}`: "lacks python or packages",
	} {
		write(t, filepath.Join(dir, LockName), text)
		e, _ := maker(t, dir, Settings{}, known...)
		if _, _, err := e.Environment("bare"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	locked := `{"format":1,"environments":[{"requirements":["six==1.16.0"],"python":"2.7","packages":["six==1.16.0"]}]}`
	write(t, filepath.Join(dir, LockName), locked)
	e, _ = maker(t, dir, Settings{UV: "-"}, known...)
	if _, err := e.Interpreter(context.Background(), "bare"); err == nil || !strings.Contains(err.Error(), "was locked for Python 2.7, and there is none") {
		t.Errorf("another Python: %v", err)
	}
}
