package lake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

// theirs puts files of a user's own wherever a lake has its own, and returns a check that they are all there as they were.
func theirs(t *testing.T, q request) (check func(after string)) {
	t.Helper()
	node := q.d.NodeDir(q.byName["members"])
	files := []string{
		filepath.Join(q.d.Dir(), "notes.txt"),
		filepath.Join(node, "notes.txt"),
		filepath.Join(node, "backup.parquet"),
		filepath.Join(node, "time_partition=2022", "20220101_20230101.parquet.bak"),
		filepath.Join(node, "mine", "notes.txt"),
		filepath.Join(q.d.Dir(), "_before", q.byName["members"], "notes.txt"),
	}
	for _, path := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(path), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(node, "link")
	if err := os.Symlink("/nowhere", link); err != nil {
		t.Fatal(err)
	}
	return func(after string) {
		t.Helper()
		for _, path := range files {
			if text, err := os.ReadFile(path); err != nil || string(text) != path {
				t.Errorf("after %s: %v", after, err)
			}
		}
		if to, err := os.Readlink(link); err != nil || to != "/nowhere" {
			t.Errorf("after %s: the link leads to %q: %v", after, to, err)
		}
	}
}

// TestFilesOfOthersStay: whatever a lake does to a node, what somebody else put into its folder stays.
func TestFilesOfOthersStay(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	check := theirs(t, q)

	w.snapshot(w.request("2022-03-15", "2023-03-15", 60, "lasso"))
	check("a wider lookback")

	w.db.Fail = func(c laketest.Call) error {
		if c.Method == "Rows" {
			return errors.New("the line is down")
		}
		return nil
	}
	if _, err := w.try(w.request("2022-03-15", "2023-03-15", 90, "lasso")); err == nil {
		t.Error("it should fail")
	}
	check("a run that failed")
	w.db.Fail = nil

	manifest := filepath.Join(q.d.NodeDir(q.byName["members"]), "_manifest.json")
	if err := os.WriteFile(manifest, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	w.snapshot(q)
	check("a manifest that was damaged")

	if err := os.Remove(manifest); err != nil {
		t.Fatal(err)
	}
	w.snapshot(q)
	check("a manifest that was gone")

	w.refresh(q)
	check("a refresh")

	needed := lake.Needed{q.d.Name(): {q.byName["prices"]: true}}
	plan, err := lake.PlanGC(context.Background(), w.dir, "test", needed)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if fileExists(manifest) {
		t.Error("gc left the node")
	}
	check("gc of the node")
	if plan, err = lake.PlanGC(context.Background(), w.dir, "test", needed); err != nil || len(plan.Removal) > 0 {
		t.Errorf("%v, still to remove:\n%s", err, plan)
	}
}

func fileExists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
