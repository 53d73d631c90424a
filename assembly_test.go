package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAssemblyHasNoLegacyInstructions reads all assembly: an SSE instruction without VEX prefix between AVX ones gives the same numbers, and
// stalls some processors, not others, for some 70 cycles (a factorization had one, and was four times slower on them).
func TestAssemblyHasNoLegacyInstructions(t *testing.T) {
	vector := regexp.MustCompile(`\b[XY][0-9]+\b`)
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != ".": // .git, .venv
			return fs.SkipDir
		case !strings.HasSuffix(path, "_amd64.s"):
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(source), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if !vector.MatchString(code) {
				continue
			}
			seen++
			if code = strings.TrimSpace(code); !strings.HasPrefix(code, "V") {
				t.Errorf("%s:%d: %s has no VEX prefix", path, i+1, code)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 100 {
		t.Errorf("only %d instructions on vectors were found", seen)
	}
}
