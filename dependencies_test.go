package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDependenciesAreDecided holds docs/decisions/0001-dependencies.md to go.mod: a line for each direct dependency, and none for others.
func TestDependenciesAreDecided(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/decisions/0001-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1) {
		direct[m[1]] = true
		if !strings.Contains(string(page), "`"+m[1]+"`") {
			t.Errorf("no word on why %s is there", m[1])
		}
	}
	if len(direct) < 10 {
		t.Fatalf("only %d direct dependencies found", len(direct))
	}
	for _, m := range regexp.MustCompile("(?m)^\\| ((?:`[^`]+`(?:, )?)+) \\|").FindAllStringSubmatch(string(page), -1) {
		for _, name := range strings.Split(m[1], ", ") {
			if name = strings.Trim(name, "`"); !direct[name] {
				t.Errorf("%s is explained but not a direct dependency", name)
			}
		}
	}
}
