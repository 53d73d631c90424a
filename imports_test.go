package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is the table of docs/architecture.md: what each package of ours may import, its tests aside. "*" is everything.
var allowed = map[string][]string{
	".":                          {"internal/cli"},
	"config":                     {},
	"frame":                      {},
	"cache":                      {},
	"duck":                       {"frame"},
	"graph":                      {"config", "frame", "graph/expression"},
	"graph/expression":           {"config"},
	"lake":                       {"graph", "frame", "internal/columns", "internal/seal"},
	"lake/laketest":              {"graph", "frame", "lake"},
	"database":                   {"graph", "frame", "duck"},
	"database/internal/relation": {"graph", "frame", "duck", "database"},
	"database/files":             {"graph", "frame", "duck", "database", "database/internal/relation"},
	"database/duckdb":            {"graph", "frame", "duck", "database", "database/internal/relation"},
	"database/postgres":          {"graph", "frame", "duck", "database", "database/internal/relation"},
	"database/databasetest":      {"graph", "frame", "duck", "database"},
	"compute":                    {"graph", "frame", "cache", "duck", "compute/regress", "compute/formula", "compute/allocate", "compute/book", "internal/lanes", "internal/exact"},
	"compute/allocate":           {},
	"compute/book":               {},
	"compute/formula":            {"frame", "graph/expression", "internal/exact"},
	"compute/regress":            {},
	"compute/python":             {"graph", "frame"},
	"sweeps":                     {"config", "graph", "frame", "lake", "compute", "duck", "sweeps/verdict", "internal/columns", "internal/lanes", "internal/seal"},
	"sweeps/verdict":             {},
	"schedule":                   {"graph", "frame", "database", "compute"},
	"internal/demo":              {"frame", "duck"},
	"internal/columns":           {},
	"internal/lanes":             {},
	"internal/exact":             {},
	"internal/seal":              {},
	"internal/pgtest":            {},
	"internal/pythontest":        {},
	"internal/cli":               {"*"},
	"scripts/bench/postgres":     {"internal/pgtest"},
}

// owners says which package alone may import a module of others.
var owners = map[string][]string{
	"github.com/duckdb/":          {"duck"},
	"github.com/spf13/":           {"internal/cli"},
	"github.com/peterh/liner":     {"internal/cli"},
	"github.com/schollz/":         {"internal/cli"},
	"github.com/jedib0t/":         {"internal/cli"},
	"github.com/jackc/pgx/":       {"database/postgres", "internal/pgtest"},
	"github.com/dgraph-io/":       {"cache"},
	"go.yaml.in/":                 {"config"},
	"github.com/DataDog/":         {"internal/columns"},
	"github.com/parquet-go/":      {"lake", "sweeps", "internal/columns"},
	"golang.org/x/term":           {"internal/cli"},
	"github.com/apache/arrow-go/": {"frame", "duck", "lake", "database", "compute", "sweeps", "internal/columns", "internal/cli"},
}

const module = "github.com/tdlake/tdlake"

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range listPackages(t) {
		name := relative(p.ImportPath)
		may, known := allowed[name]
		if !known {
			t.Errorf("package %s is not in the table of what may import what", name)
			continue
		}
		for _, path := range p.Imports {
			switch {
			case path == module || strings.HasPrefix(path, module+"/"):
				if !slices.Contains(may, relative(path)) && !slices.Contains(may, "*") {
					t.Errorf("package %s imports %s", name, relative(path))
				}
			default:
				checkOwner(t, name, path)
			}
		}
	}
}

// relative returns a package's folder in this repository.
func relative(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func checkOwner(t *testing.T, name, path string) {
	t.Helper()
	for prefix, may := range owners {
		if strings.HasPrefix(path, prefix) && !slices.ContainsFunc(may, func(o string) bool { return name == o || strings.HasPrefix(name, o+"/") }) {
			t.Errorf("package %s imports %s, which only %s may", name, path, strings.Join(may, ", "))
		}
	}
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
