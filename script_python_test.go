package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tdlake/tdlake/internal/pythontest"
)

// TestScriptsInOtherLanguages runs testdata/script_python/*.txtar, in which $LEARN and $OTHER are the folders of two
// environments, $EXAMPLES is that of the examples, and environments that tdlake makes lie in the script's own folder.
func TestScriptsInOtherLanguages(t *testing.T) {
	examples, err := filepath.Abs("examples")
	if err != nil {
		t.Fatal(err)
	}
	learn, other := pythontest.Python(t, pythontest.Learn), pythontest.Python(t, pythontest.Other)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script_python",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("LEARN", filepath.Dir(filepath.Dir(learn)))
			env.Setenv("OTHER", filepath.Dir(filepath.Dir(other)))
			env.Setenv("TDLAKE_ENVIRONMENTS", filepath.Join(env.WorkDir, "environments"))
			return setupScript(env)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}
