package sweeps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/graph"
)

// TestOneDefinitionTwice has two metrics that are the same but for their names: what is stored of one serves both.
func TestOneDefinitionTwice(t *testing.T) {
	w, e := newWorld(t), &fake{}
	sweep := func(name string) string {
		return metricsOnly(vary, "    sharpe:\n    peak: max(portfolio)\n    "+name+": max(portfolio)\n")
	}
	first := w.run(sweep("top"), e, Options{}).folder(t)
	evals := e.evals
	for _, name := range []string{"top", "summit", "top"} {
		again := w.run(sweep(name), e, Options{})
		if e.evals != evals || again.ToCompute() > 0 {
			t.Errorf("%s: %d evaluations more, %d points to compute", name, e.evals-evals, again.ToCompute())
		}
		if name == "top" {
			sameFolder(t, again.folder(t), first)
		}
	}
}

func TestInterruptedSweepsResume(t *testing.T) {
	reference := newWorld(t).run(wide, &fake{}, Options{}).folder(t)
	for _, at := range []int{1, 2, 7, 20, 28} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancel(context.Background())
			e := &fake{before: func(n int) {
				if n == at {
					cancel()
				}
			}}
			p := w.plan(wide)
			_, err := Run(ctx, p, e, Options{Jobs: 2, blockPoints: 1, chunkPoints: 3})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("the run ended with %v", err)
			}
			stored := w.plan(wide).Stored()
			if stored < at-3 || stored > at {
				t.Errorf("%d points are stored after %d evaluations", stored, at)
			}
			e.before = nil
			evals := e.evals
			sameFolder(t, w.run(wide, e, Options{Jobs: 2}).folder(t), reference)
			if e.evals-evals != 28-stored {
				t.Errorf("%d evaluations after %d points were stored", e.evals-evals, stored)
			}
		})
	}
}

func TestWhatOthersStoredSinceThePlanIsKept(t *testing.T) {
	w, e := newWorld(t), &fake{}
	late := w.plan(vary)
	want := w.run(wide, e, Options{}).folder(t)
	evals := e.evals
	if _, err := Run(context.Background(), late, e, Options{}); err != nil {
		t.Fatal(err)
	}
	sameFolder(t, w.run(wide, e, Options{}).folder(t), want)
	if e.evals != evals {
		t.Errorf("%d points were evaluated again", e.evals-evals)
	}
}

func TestLeftoversOfAKillAreTidiedUp(t *testing.T) {
	w := newWorld(t)
	narrow := w.run(vary, &fake{}, Options{StoreTarget: true}).folder(t)
	p := w.run(wide, &fake{}, Options{StoreTarget: true})
	want := p.folder(t)
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// As a kill within compaction leaves them: what was there before beside what was written.
	put(chunkPrefix+"000004.parquet", narrow[pointsName])
	put(keptPrefix+"0123456789abcdef.parquet", narrow[pointsName])
	put(tempPrefix+"points-00000.parquet-ab", narrow[pointsName][:100])
	put(manifestName, narrow[manifestName])
	for name, text := range narrow {
		if strings.HasPrefix(name, targetPrefix) {
			put(name, text)
			put(targetChunkPrefix+"000000.parquet", text)
		}
	}
	e := &fake{}
	sameFolder(t, w.run(wide, e, Options{StoreTarget: true}).folder(t), want)
	if e.evals != 0 {
		t.Errorf("%d evaluations", e.evals)
	}
}

func TestFailedPointsAreTriedAgain(t *testing.T) {
	w := newWorld(t)
	bad := map[string]bool{}
	p := w.plan(vary)
	for _, point := range []int{2, 11} {
		bad[p.Node(point).ID()] = true
	}
	e := &fake{fails: func(n *graph.Node) error {
		if bad[n.ID()] {
			return errBroken
		}
		return nil
	}}
	_, err := Run(context.Background(), p, e, Options{Jobs: 2, blockPoints: 2})
	var partial *PartialError
	if !errors.As(err, &partial) || partial.Failed != 2 || !errors.Is(err, errBroken) {
		t.Fatalf("the run ended with %v", err)
	}
	if want := "2 of 15 points failed, the first at windows = 20, alpha = 0.01: the window has no rows"; err.Error() != want {
		t.Errorf("the error is %q", err)
	}
	var first failure
	text, _ := os.ReadFile(partial.File)
	if err := json.Unmarshal([]byte(strings.SplitN(string(text), "\n", 2)[0]), &first); err != nil || first.Error != errBroken.Error() || first.Parameters["windows"] != 20.0 {
		t.Errorf("failed.jsonl begins with %+v (%v)", first, err)
	}
	if rows := len(p.ranked(t, 0).Rows); rows != 13 {
		t.Errorf("%d points are ranked", rows)
	}
	evals := e.evals
	e.fails = nil
	again := w.run(vary, e, Options{Jobs: 2})
	if e.evals-evals != 2 {
		t.Errorf("%d points were tried again", e.evals-evals)
	}
	sameFolder(t, again.folder(t), newWorld(t).run(vary, &fake{}, Options{}).folder(t))
}
