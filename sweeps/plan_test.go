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

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

func openLake(t *testing.T, c *config.Config) *lake.DateRange {
	t.Helper()
	d, err := lake.Open(t.TempDir(), "test", c.Start, c.End)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// exampleCounts are those of the examples in the documentation.
func TestPlansOfTheExamples(t *testing.T) {
	for file, want := range map[string][2]int{"long_short.yaml": {165, 344}, "four_dimensions.yaml": {27225, 27559}} {
		c, pipeline, err := graph.Load(filepath.Join("..", "graph", "testdata", file), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(context.Background(), Request{Config: c, Pipeline: pipeline, Lake: openLake(t, c)})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{p.Points(), p.DistinctNodes()}; got != want {
			t.Errorf("%s: %v points and nodes, not %v", file, got, want)
		}
	}
}

func TestThePlanPrintsItself(t *testing.T) {
	w := newWorld(t)
	p := w.plan(strings.Replace(wide, "  metrics:", "  where: alpha < 1\n  metrics:", 1))
	want := fmt.Sprintf(`sweep of portfolio (%s)
  vary            windows: 140, 20, 30, 40, 60, 80, 100
  vary            alpha: 1, 0.1, 0.5, 0.01
  where           21 of 28 combinations
  points          21
  distinct nodes  48
  already stored  0
  to compute      21
`, p.Hash.Hex())
	if got := p.String(); got != want {
		t.Errorf("got\n%s\nnot\n%s", got, want)
	}
	w.run(vary, &fake{}, Options{})
	if got := w.plan(wide).String(); !strings.HasSuffix(got, "  already stored  15\n  to compute      13 (13 new)\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestTheTargetIsOneNode(t *testing.T) {
	text := strings.Replace(configHead, "target: portfolio", "target: long_lasso", 1) + "\nsweep: {vary: {windows: [[20, 40]]}}\n"
	c, err := config.Parse("x.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := graph.New(c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewPlan(context.Background(), Request{Config: c, Pipeline: pipeline, Lake: openLake(t, c)})
	var problems config.Problems
	if !errors.As(err, &problems) || problems[0].Message != "the target long_lasso is 2 nodes at windows = [20,40]" {
		t.Errorf("planning said %v", err)
	}
}

func TestRanking(t *testing.T) {
	p := newWorld(t).run(wide, &fake{}, Options{})
	r := p.ranked(t, 0)
	if r.By != "sharpe" || r.Points != 28 || len(r.Rows) != 28 || r.Fewer == 0 {
		t.Fatalf("ranked by %s: %d points, %d late, %d with fewer rows", r.By, r.Points, r.Late, r.Fewer)
	}
	rows := len(r.Columns) - 3
	short := func(row []any) bool { return row[rows].(int64) < 60 }
	for i := 1; i < len(r.Rows); i++ {
		a, b := r.Rows[i-1], r.Rows[i]
		switch shortA, shortB := short(a), short(b); {
		case shortA && !shortB:
			t.Errorf("row %d has fewer rows and stands before one that doesn't", i-1)
		case shortA == shortB && a[2] == nil && b[2] != nil, shortA == shortB && b[2] != nil && a[2].(float64) < b[2].(float64):
			t.Errorf("rows %d and %d are in the wrong order: %v, %v", i-1, i, a, b)
		}
	}
	if got := p.ranked(t, 3); len(got.Rows) != 3 || got.Points != 28 || fmt.Sprint(got.Rows) != fmt.Sprint(r.Rows[:3]) {
		t.Errorf("the first three are %v", got.Rows)
	}
	for limit := range 30 {
		if got, want := p.ranked(t, limit).Rows, r.Rows[:min(max(limit, 1), 28)]; limit > 0 && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the first %d are %v", limit, got)
		}
	}
	text, err := json.Marshal(p.ranked(t, 1))
	if err != nil || !json.Valid(text) || !strings.HasPrefix(string(text), `{"ranked_by":"sharpe","points":28,`) || !strings.Contains(string(text), `"rows":[{"windows":`) {
		t.Errorf("as JSON: %s (%v)", text, err)
	}
}

func TestRankingOfNothing(t *testing.T) {
	text, err := json.Marshal(newWorld(t).plan(vary).ranked(t, 10))
	if err != nil || !strings.Contains(string(text), `"rows":[]`) {
		t.Errorf("as JSON: %s (%v)", text, err)
	}
}

func TestPointsAreReadWithoutTdlake(t *testing.T) {
	p := newWorld(t).run(vary, &fake{}, Options{})
	got := queryFiles(t, p.Dir, "select count(*), count(sharpe), any_value(local_hash_id) like 'long_short_portfolio_%', typeof(any_value(first_time)) from 'DIR/points-*.parquet'")
	if got.Columns[0].ValueStr(0) != "15" || got.Columns[2].ValueStr(0) != "true" || got.Columns[3].ValueStr(0) != "TIMESTAMP WITH TIME ZONE" {
		t.Errorf("DuckDB reads %v", got)
	}
	if table, err := p.Table(); err != nil || table.Rows() != 15 || strings.Join(table.Names, " ") != "windows alpha local_hash_id rows first_time last_time ruin_time warning sharpe total_return peak" {
		t.Errorf("the relation points is %v, %d rows (%v)", table.Names, table.Rows(), err)
	}
}

func TestNewerFormatsAreRefused(t *testing.T) {
	w := newWorld(t)
	p := w.run(vary, &fake{}, Options{})
	if err := os.WriteFile(filepath.Join(p.Dir, manifestName), []byte(`{"format": 99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := planAt(w.dir, vary, nil)
	var newer *lake.NewerFormatError
	if !errors.As(err, &newer) || newer.Format != 99 {
		t.Errorf("planning said %v", err)
	}
}

func TestProgressCounts(t *testing.T) {
	var seen []Progress
	newWorld(t).run(wide, &fake{}, Options{Jobs: 2, blockPoints: 1, Progress: func(p Progress) { seen = append(seen, p) }})
	last := seen[len(seen)-1]
	if last.Done != 28 || last.Total != 28 || last.Failed != 0 || last.Rate <= 0 || last.Left != 0 {
		t.Errorf("at the end: %+v", last)
	}
}

// TestStartsLate: a point that begins with the others and has fewer rows, for a price that is missing on the way, does not start late; one that
// begins later does, however many rows it has. Neither is comparable with full-length ones.
func TestStartsLate(t *testing.T) {
	e := EngineFunc(func(_ context.Context, n *graph.Node) (*frame.Frame, error) {
		first, rows := int64(0), int64(10)
		switch n.In("long")[0].Params.Float("lasso_alpha") {
		case 2:
			rows = 9
		case 3:
			first = 1
		case 4:
			first, rows = 1, 11
		case 5:
			rows = 0
		}
		b := frame.NewBuilder(frame.Schema{Key: 1, Fields: []frame.Field{{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "alpha", Type: frame.Float64}}})
		for i := range rows {
			b.Time(0, (19000+first+i)*day)
			b.Float(1, n.In("long")[0].Params.Float("lasso_alpha"))
		}
		return b.Frame(), nil
	})
	r := newWorld(t).run("\nsweep:\n  vary: {alpha: [1, 2, 3, 4, 5]}\n  metrics: {best: max(alpha)}\n", e, Options{}).ranked(t, 0)
	var got []string
	for _, row := range r.Rows {
		got = append(got, fmt.Sprint(row[0], row[len(row)-1]))
	}
	if want := "[1 false 4 true 3 true 2 false 5 true]"; fmt.Sprint(got) != want {
		t.Errorf("%v, not %s", got, want)
	}
	if r.Late != 3 || r.Fewer != 1 {
		t.Errorf("%d late, %d with fewer rows", r.Late, r.Fewer)
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.HasPrefix(string(text), `{"ranked_by":"best","points":5,"starts_late":3,"fewer_rows":1,`) {
		t.Errorf("as JSON: %s (%v)", text, err)
	}
}
