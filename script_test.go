package main

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tdlake/tdlake/internal/cli"
	"github.com/tdlake/tdlake/internal/pgtest"
)

var update = flag.Bool("update", false, "rewrite the expected texts in testdata/script")

// TestMain lets the test binary be tdlake itself, so that scripts drive the real program.
func TestMain(m *testing.M) {
	testscript.Main(thenStop{m}, map[string]func(){
		"tdlake": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// thenStop ends the PostgreSQL server, where a test needed one, before the process ends.
type thenStop struct{ m *testing.M }

func (t thenStop) Run() int {
	defer pgtest.Stop()
	return t.m.Run()
}

// TestScripts runs testdata/script/*.txtar: whole sessions at the command line. Run one with -run TestScripts/name.
func TestScripts(t *testing.T) { runScripts(t, "testdata/script") }

type command = func(ts *testscript.TestScript, neg bool, args []string)

// runScripts runs the scripts of a folder, each in a quiet environment of its own that the setups add to.
func runScripts(t *testing.T, dir string, setups ...func(*testscript.Env) error) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TDLAKE_DIR", "")
			env.Setenv("PGPASSWORD", "")
			for _, add := range setups {
				if err := add(env); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]command{
			"exits": exits, "sql": inDatabase(t, query), "until": inDatabase(t, until), "contents": inDatabase(t, contents), "market": inDatabase(t, market),
		},
	})
}

// exits runs a command and compares its exit code: "exits 2 tdlake check bad.yaml". Its output is there for stdout and stderr as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT...]")
	}
	code := "0"
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		code = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if code != args[0] {
		ts.Fatalf("%v exits with %s, not %s", args[1:], code, args[0])
	}
}
