package sweeps

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// positions are whole numbers where alpha is 1, and floats elsewhere, as the rows of "case when ... then ${alpha} else 0 end" are.
func positions(_ context.Context, n *graph.Node) (*frame.Frame, error) {
	of := frame.Float64
	if n.In("long")[0].Params.Float("lasso_alpha") == 1 {
		of = frame.Int64
	}
	b := frame.NewBuilder(frame.Schema{Key: 1, Fields: []frame.Field{{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "position", Type: of}}})
	seed := int64(binary.LittleEndian.Uint16(n.Hash[:]))
	for i := range seed % 7 {
		b.Time(0, 19000*day+i*day)
		if of == frame.Int64 {
			b.Int(1, seed*(1<<30)+i)
		} else {
			b.Float(1, float64(seed+i)/2)
		}
	}
	return b.Frame(), nil
}

const positionMetrics = `
  metrics:
    highest: "max(position)"
    of: "typeof(max(position))"
    sum: "sum(position)"
    n: "count(*)"
`

func positionSweep(alphas string) string {
	return fmt.Sprintf("\nsweep:\n  vary: {windows: {range: [2, 22]}, alpha: %s}\n", alphas) + positionMetrics
}

// TestWholeNumbersServeAsFloats: a sweep whose target has whole numbers at some points and floats at others is the same bytes whatever came first.
func TestWholeNumbersServeAsFloats(t *testing.T) {
	e := EngineFunc(positions)
	mixed, whole, floats := positionSweep("[1, 0.1, 0.01]"), positionSweep("[1]"), positionSweep("[0.1, 0.01]")
	plain := Options{StoreTarget: true}
	want := newWorld(t).run(mixed, e, plain).folder(t)
	for name, run := range map[string]func(w *world){
		"eight jobs":     func(w *world) { w.run(mixed, e, Options{StoreTarget: true, Jobs: 8, blockPoints: 3}) },
		"small chunks":   func(w *world) { w.run(mixed, e, Options{StoreTarget: true, chunkPoints: 1, blockPoints: 1}) },
		"whole first":    func(w *world) { w.run(whole, e, plain) },
		"floats first":   func(w *world) { w.run(floats, e, plain) },
		"a part of both": func(w *world) { w.run(positionSweep("[1, 0.01]"), e, plain) },
		"interrupted": func(w *world) {
			ctx, stop := context.WithCancel(context.Background())
			broken := &fake{before: func(evals int) {
				if evals == 30 {
					stop()
				}
			}}
			both := EngineFunc(func(ctx context.Context, n *graph.Node) (*frame.Frame, error) {
				if _, err := broken.Eval(ctx, n); err != nil {
					return nil, err
				}
				return positions(ctx, n)
			})
			if _, err := Run(ctx, w.plan(mixed), both, Options{StoreTarget: true, chunkPoints: 1, blockPoints: 2}); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		},
	} {
		w := newWorld(t)
		run(w)
		t.Log(name)
		sameFolder(t, w.run(mixed, e, plain).folder(t), want)
	}
}

// TestNarrowedToWholeNumbers: what is left of such a sweep has the columns of one that never had the others.
func TestNarrowedToWholeNumbers(t *testing.T) {
	e := EngineFunc(positions)
	for _, narrow := range []string{"[1]", "[0.1]", "[0.01]"} {
		w, mixed := newWorld(t), positionSweep("[1, 0.1]")
		before := points(w.run(mixed, e, Options{StoreTarget: true}).folder(t))
		want := newWorld(t).run(positionSweep(narrow), e, Options{StoreTarget: true}).folder(t)
		got := w.run(positionSweep(narrow), e, Options{Jobs: 2, StoreTarget: true}).folder(t)
		t.Log("narrowed to", narrow)
		sameFolder(t, withoutKept(got), want)
		again := w.plan(mixed)
		if again.ToCompute() != 0 {
			t.Errorf("narrowed to %s: %d to compute again", narrow, again.ToCompute())
		}
		if got := points(w.run(mixed, e, Options{}).folder(t)); got != before {
			t.Errorf("narrowed to %s and widened again: other bytes", narrow)
		}
	}
}

func withoutKept(folder map[string]string) map[string]string {
	maps.DeleteFunc(folder, func(name, _ string) bool { return strings.HasPrefix(name, keptPrefix) })
	return folder
}

// points is what is promised to be the same bytes.
func points(folder map[string]string) string { return folder[pointsName] + folder[manifestName] }

// TestColumnsOfOtherTypesFail: no more than numbers are taken for each other.
func TestColumnsOfOtherTypesFail(t *testing.T) {
	e := EngineFunc(func(_ context.Context, n *graph.Node) (*frame.Frame, error) {
		of := frame.String
		if n.In("long")[0].Params.Float("lasso_alpha") == 1 {
			of = frame.Int64
		}
		return frame.Empty(frame.Schema{Key: 1, Fields: []frame.Field{{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "position", Type: of}}}), nil
	})
	_, err := Run(context.Background(), newWorld(t).plan(positionSweep("[1, 0.1]")), e, Options{})
	var partial *PartialError
	if !errors.As(err, &partial) || !strings.Contains(err.Error(), "are not those of the other points") {
		t.Error(err)
	}
}
