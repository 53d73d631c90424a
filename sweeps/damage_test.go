package sweeps

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

func TestDamageOfTheLakeEndsTheRun(t *testing.T) {
	w := newWorld(t)
	e := &fake{fails: func(*graph.Node) error { return &lake.DamageError{Path: "part", Problem: "it is cut short"} }}
	_, err := Run(context.Background(), w.plan(vary), e, Options{Jobs: 2, blockPoints: 1})
	var damage *lake.DamageError
	if !errors.As(err, &damage) || e.evals > 2 {
		t.Errorf("%v after %d evaluations", err, e.evals)
	}
}

func TestAFolderThatCannotBeWrittenTo(t *testing.T) {
	w := newWorld(t)
	p := w.plan(vary)
	parent := filepath.Dir(p.Dir)
	if err := os.MkdirAll(filepath.Dir(parent), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(parent, nil, 0o666); err != nil { // a file where a folder belongs
		t.Fatal(err)
	}
	c, pipeline, err := load(vary)
	if err != nil {
		t.Fatal(err)
	}
	d, err := lake.Open(w.dir, "test", c.Start, c.End)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := NewPlan(context.Background(), Request{Config: c, Pipeline: pipeline, Lake: d}); err == nil {
		if _, err := Run(context.Background(), q, &fake{}, Options{}); err == nil {
			t.Error("nothing was said")
		}
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	sameFolder(t, w.run(vary, &fake{}, Options{}).folder(t), newWorld(t).run(vary, &fake{}, Options{}).folder(t))
}

func TestDamagedResultsAreSaidToBe(t *testing.T) {
	w := newWorld(t)
	p := w.run(vary, &fake{}, Options{})
	path := filepath.Join(p.Dir, pointsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"cut short": whole[:len(whole)/2], "empty": nil, "no Parquet": []byte("PAR1 but not really PAR1"),
		"zeroed": append(make([]byte, 300), whole[300:]...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := planAt(w.dir, vary, nil)
			var damage *lake.DamageError
			if !errors.As(err, &damage) || damage.Path != path || damage.Hint() == "" {
				t.Errorf("planning said %v", err)
			}
		})
	}
}
