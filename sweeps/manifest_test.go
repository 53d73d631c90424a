package sweeps

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestTheManifestGoesBeforeItsFile: a kill between the two files leaves points without a description, never points beside that of others, which
// would look like damage.
func TestTheManifestGoesBeforeItsFile(t *testing.T) {
	w := newWorld(t)
	p := w.run(vary, &fake{}, Options{})
	reference := p.folder(t)
	points := filepath.Join(p.Dir, pointsName)
	if err := os.Remove(points); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(points, "x"), 0o755); err != nil { // nothing can be renamed to it
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), w.plan(vary), &fake{}, Options{}); err == nil {
		t.Fatal("points were written over a folder")
	}
	if _, err := os.Stat(filepath.Join(p.Dir, manifestName)); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", manifestName, err)
	}
	if err := os.RemoveAll(points); err != nil {
		t.Fatal(err)
	}
	sameFolder(t, w.run(vary, &fake{}, Options{}).folder(t), reference)
}
