package graph_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestBad reads each file of testdata/bad and compares all that is said with the .txt beside it. Lines "# override: NAME=VALUE"
// at the top stand for the command line, "# override: vary NAME=VALUES" for the sweep command's.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, _, err := graph.Load(file, overridesOf(t, file))
			if err == nil {
				t.Fatal("nothing is said")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

func overridesOf(t *testing.T, file string) []config.Override {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var overrides []config.Override
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "# override: "); ok {
			rest, vary := strings.CutPrefix(rest, "vary ")
			name, value, _ := strings.Cut(rest, "=")
			overrides = append(overrides, config.Override{Name: name, Text: value, Vary: vary})
		}
	}
	return overrides
}

// golden compares got with a file, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", file, got, want)
	}
}
