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

// TestDamagedValues has a file whose footer says all that planning asks, and whose values are not what was written.
func TestDamagedValues(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.run(vary, &fake{}, Options{}).Dir, pointsName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(text[100:700])
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	var damage *lake.DamageError
	e := &fake{}
	for name, read := range map[string]func(p *Plan) error{
		"a run of all that is stored": func(p *Plan) error { return second(Run(context.Background(), p, e, Options{})) },
		"a run ahead of which values were read": func(p *Plan) error {
			p.Ahead()
			return second(Run(context.Background(), p, e, Options{}))
		},
		"the relation": func(p *Plan) error { return second(p.Table()) },
		"the ranking":  func(p *Plan) error { return second(p.Ranked(1)) },
	} {
		if err := read(w.plan(vary)); !errors.As(err, &damage) || damage.Path != path || damage.Hint() == "" {
			t.Errorf("%s said %v", name, err)
		}
	}
	if _, err := planAt(w.dir, wide, nil); !errors.As(err, &damage) || damage.Path != path {
		t.Errorf("planning a wider sweep, which reads whose rows there are, said %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(text) || e.evals > 0 {
		t.Errorf("the damaged file was touched (%v), or %d points were evaluated", err, e.evals)
	}
}

func second[T any](_ T, err error) error { return err }

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
