// Package pythontest makes Python environments for tests: python -m venv and pip, with pinned packages, once, under
// .tools/test-envs in the repository. A test that asks for one is skipped where there is no python3, unless
// TDLAKE_REQUIRE_PYTHON=1, which `make test` sets: then it fails.
package pythontest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The packages of the tests' environments: two that differ in versions, so that isolation shows.
var (
	Learn  = []string{"pyarrow==21.0.0", "scikit-learn==1.7.2", "numpy==2.3.5", "scipy==1.16.3", "joblib==1.5.2", "threadpoolctl==3.6.0"}
	Other  = []string{"pyarrow==18.1.0"}
	Frames = []string{"pandas==2.3.3", "numpy==2.3.5", "python-dateutil==2.9.0.post0", "pytz==2025.2", "tzdata==2025.2", "six==1.17.0"}
	UV     = []string{"uv==0.9.7"} // beside its interpreter lies the program uv
)

var mu sync.Mutex

// Python returns the interpreter of an environment that has exactly these packages.
func Python(t testing.TB, packages []string) string {
	t.Helper()
	base, err := exec.LookPath("python3")
	if err != nil {
		missing(t, "there is no python3")
	}
	mu.Lock()
	defer mu.Unlock()
	root := filepath.Join(repository(t), ".tools", "test-envs")
	key := sha256.Sum256([]byte(strings.Join(append([]string{base}, packages...), "\n")))
	dir := filepath.Join(root, hex.EncodeToString(key[:8]))
	python := filepath.Join(dir, "bin", "python")
	if err := os.MkdirAll(root, 0o777); err != nil {
		t.Fatal(err)
	}
	defer lock(t, dir+".lock")()
	if _, err := os.Stat(python); err == nil {
		return python
	}
	t.Logf("making %s with %s", dir, strings.Join(packages, ", "))
	half := dir + ".part"
	os.RemoveAll(half)
	for _, words := range [][]string{
		{base, "-m", "venv", half},
		append([]string{filepath.Join(half, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps"}, packages...),
	} {
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			missing(t, strings.Join(words, " ")+": "+err.Error()+"\n"+string(out))
		}
	}
	if err := os.Rename(half, dir); err != nil {
		t.Fatal(err)
	}
	return python
}

// missing ends a test that cannot have an environment.
func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("TDLAKE_REQUIRE_PYTHON") == "1" {
		t.Fatalf("TDLAKE_REQUIRE_PYTHON=1, but an environment cannot be made: %s", why)
	}
	t.Skipf("no Python environment: %s", why)
}

// lock keeps two test programs from making one environment at once.
func lock(t testing.TB, file string) (unlock func()) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o666)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

// repository returns the folder that go.mod is in.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("not in a Go module")
		}
		dir = filepath.Dir(dir)
	}
}
