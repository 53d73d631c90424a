package sweeps

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/lake"
)

const (
	vary = `
sweep:
  vary:
    windows: {range: [20, 120, 20]}
    alpha: [1, 0.1, 0.01]
  metrics:
    sharpe:
    total_return:
    peak: "max(portfolio)"
`
	wide = `
sweep:
  vary:
    windows: [140, 20, 30, 40, 60, 80, 100]
    alpha: [1, 0.1, 0.5, 0.01]
  metrics:
    sharpe:
    total_return:
    peak: "max(portfolio)"
`
)

func metricsOnly(sweep, metrics string) string {
	head, _, _ := strings.Cut(sweep, "  metrics:")
	return head + "  metrics:\n" + metrics
}

func TestBytesDoNotDependOnHowASweepRan(t *testing.T) {
	reference := newWorld(t).run(vary, &fake{}, Options{}).folder(t)
	if got := names(reference); got != "_sweep.json points-00000.parquet" {
		t.Fatalf("the folder holds %s", got)
	}
	for _, o := range []Options{
		{Jobs: 8}, {Jobs: 3, blockPoints: 1}, {Jobs: 2, blockPoints: 4, chunkPoints: 1}, {Jobs: 1, chunkPoints: 5, blockPoints: 2},
	} {
		t.Run(fmt.Sprint(o.Jobs, o.blockPoints, o.chunkPoints), func(t *testing.T) {
			sameFolder(t, newWorld(t).run(vary, &fake{}, o).folder(t), reference)
		})
	}
}

func TestASecondRunDoesNothing(t *testing.T) {
	w, e := newWorld(t), &fake{}
	first := w.run(vary, e, Options{Jobs: 2})
	before, evals := first.folder(t), e.evals
	stat, _ := os.Stat(filepath.Join(first.Dir, pointsName))
	second := w.run(vary, e, Options{Jobs: 2})
	after, _ := os.Stat(filepath.Join(first.Dir, pointsName))
	if e.evals != evals || !os.SameFile(stat, after) {
		t.Error("the second run did something")
	}
	sameFolder(t, second.folder(t), before)
	if second.Stored() != 15 || second.ToCompute() != 0 {
		t.Errorf("%d stored, %d to compute", second.Stored(), second.ToCompute())
	}
}

func TestWideningComputesOnlyNewPoints(t *testing.T) {
	w, e := newWorld(t), &fake{}
	w.run(vary, e, Options{Jobs: 2})
	evals := e.evals
	got := w.run(wide, e, Options{Jobs: 2, chunkPoints: 3, blockPoints: 2})
	if e.evals-evals != 28-15 {
		t.Errorf("%d points were evaluated, not %d", e.evals-evals, 28-15)
	}
	sameFolder(t, got.folder(t), newWorld(t).run(wide, &fake{}, Options{}).folder(t))
}

func TestNarrowingAndWideningAgainComputesNothing(t *testing.T) {
	w, e := newWorld(t), &fake{}
	reference := w.run(wide, e, Options{}).folder(t)
	evals := e.evals
	narrow := w.run(vary, e, Options{}).folder(t)
	from := newWorld(t).run(vary, &fake{}, Options{}).folder(t)
	if narrow[pointsName] != from[pointsName] {
		t.Error("narrowed points are not those of a narrow sweep")
	}
	sameFolder(t, w.run(wide, e, Options{}).folder(t), reference)
	if e.evals != evals {
		t.Errorf("%d points were evaluated again", e.evals-evals)
	}
}

func TestAddingAMetricComputesThatMetric(t *testing.T) {
	more := metricsOnly(vary, `
    max_drawdown:
    sharpe:
    total_return:
    spread: "max(portfolio) - min(portfolio)"
    peak: "max(portfolio)"
`)
	w, e := newWorld(t), &fake{}
	w.run(vary, e, Options{})
	p := w.plan(more)
	if s := p.String(); !strings.Contains(s, "to compute      15 (15 for metrics that are new)") {
		t.Errorf("the plan says\n%s", s)
	}
	got := w.run(more, e, Options{chunkPoints: 2, blockPoints: 2}).folder(t)
	sameFolder(t, got, newWorld(t).run(more, &fake{}, Options{}).folder(t))
	// Fewer metrics, then all again: nothing is computed twice.
	evals := e.evals
	w.run(vary, e, Options{})
	sameFolder(t, w.run(more, e, Options{}).folder(t), got)
	if e.evals != evals {
		t.Errorf("%d evaluations for metrics that were stored", e.evals-evals)
	}
}

func TestAChangedDefinitionIsComputedAnew(t *testing.T) {
	for name, change := range map[string]string{
		"sql":     "\n    sharpe:\n    total_return:\n    peak: \"min(portfolio)\"\n",
		"option":  "\n    sharpe: {periods_per_year: 12}\n    total_return:\n    peak: \"max(portfolio)\"\n",
		"swapped": "\n    peak:\n      sql: first(portfolio)\n    total_return:\n    sharpe: max(portfolio)\n",
	} {
		t.Run(name, func(t *testing.T) {
			w, changed := newWorld(t), metricsOnly(vary, change)
			w.run(vary, &fake{}, Options{})
			got := w.run(changed, &fake{}, Options{}).folder(t)
			want := newWorld(t).run(changed, &fake{}, Options{}).folder(t)
			for _, file := range []string{pointsName, manifestName} {
				if got[file] != want[file] {
					t.Errorf("%s is not what a sweep from scratch gives", file)
				}
			}
		})
	}
}

func TestTheOrderOfValuesIsTheOrderOfPoints(t *testing.T) {
	turned := strings.Replace(vary, "[1, 0.1, 0.01]", "[0.01, 1, 0.1]", 1)
	w, e := newWorld(t), &fake{}
	first := w.run(vary, e, Options{})
	evals := e.evals
	second := w.run(turned, e, Options{})
	if e.evals != evals {
		t.Error("the order of values made points new")
	}
	sameFolder(t, second.folder(t), newWorld(t).run(turned, &fake{}, Options{}).folder(t))
	rows := func(p *Plan) map[string]string {
		out := map[string]string{}
		for _, row := range p.ranked(t, 0).Rows {
			out[fmt.Sprint(row[:2])] = fmt.Sprint(row)
		}
		return out
	}
	a, b := rows(first), rows(second)
	for point, row := range a {
		if b[point] != row {
			t.Errorf("%s became %s", row, b[point])
		}
	}
}

func TestPointsAreStaleWhenTheirPartsChange(t *testing.T) {
	part := func(sha string) lake.Digest { return lake.Digest{Node: "prices_1", Path: "p.parquet", SHA256: sha} }
	other := lake.Digest{Node: "prices_1", Path: "q.parquet", SHA256: "9"}
	w, e := newWorld(t), &fake{}
	run := func(sources ...lake.Digest) int {
		t.Helper()
		before := e.evals
		if _, err := Run(context.Background(), w.planWith(vary, sources), e, Options{}); err != nil {
			t.Fatal(err)
		}
		return e.evals - before
	}
	if n := run(part("1")); n != 15 {
		t.Errorf("%d points at first", n)
	}
	if n := run(part("1"), other); n != 0 {
		t.Errorf("%d points after a part was added", n)
	}
	stale := w.planWith(vary, []lake.Digest{part("2"), other})
	if s := stale.String(); !strings.Contains(s, "to compute      15 (the parts that stored points were computed from are gone or changed)") {
		t.Errorf("the plan says\n%s", s)
	}
	if n := run(part("2"), other); n != 15 {
		t.Errorf("%d points after a part changed", n)
	}
	if n := run(other); n != 15 {
		t.Errorf("%d points after a part was gone", n)
	}
}

func TestAPointIsASingleRun(t *testing.T) {
	sweep := newWorld(t).run(vary, &fake{}, Options{Jobs: 4})
	for point := range sweep.Points() {
		alone := fmt.Sprintf("\nsweep:\n  vary:\n    windows: [%v]\n    alpha: [%v]\n  metrics: {sharpe: , total_return: , peak: \"max(portfolio)\"}\n",
			sweep.Space.Value(point, 0), sweep.Space.Value(point, 1))
		single := newWorld(t).run(alone, &fake{}, Options{})
		if got, want := fmt.Sprint(single.ranked(t, 0).Rows[0]), fmt.Sprint(rowOf(sweep, point)); got[:len(got)-6] != want[:len(want)-6] {
			t.Errorf("alone it is %s, in the sweep %s", got, want)
		}
	}
}

// rowOf returns a point's row, without the mark of points that start late, which depends on the others.
func rowOf(p *Plan, point int) []any {
	row := p.Results.rankingRow(point, length{first: math.MaxInt64})
	return row
}
