package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tdlake/tdlake/internal/pythontest"
)

// TestScriptsInOtherLanguages runs testdata/script_python/*.txtar.
func TestScriptsInOtherLanguages(t *testing.T) {
	runScripts(t, "testdata/script_python", withPython(t))
}

// withPython gives scripts $LEARN and $OTHER, the folders of two environments, and $EXAMPLES, that of the examples.
// Environments that tdlake makes lie in the script's own folder.
func withPython(t *testing.T) func(*testscript.Env) error {
	examples, err := filepath.Abs("examples")
	if err != nil {
		t.Fatal(err)
	}
	learn, other := pythontest.Python(t, pythontest.Learn), pythontest.Python(t, pythontest.Other)
	return func(env *testscript.Env) error {
		env.Setenv("EXAMPLES", examples)
		env.Setenv("LEARN", filepath.Dir(filepath.Dir(learn)))
		env.Setenv("OTHER", filepath.Dir(filepath.Dir(other)))
		env.Setenv("TDLAKE_ENVIRONMENTS", filepath.Join(env.WorkDir, "environments"))
		return nil
	}
}
