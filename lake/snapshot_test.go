package lake_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

func TestFirstSnapshot(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	p := w.plan(q)
	expectText(t, p, "snapshot of memory:market into "+q.d.Dir()+`
  prices (`+q.byName["prices"]+`)  fetch 2022-02-09T05:00:00Z to 2023-03-15
  members (`+q.byName["members"]+`)  fetch 2022-03-01 to 2023-03-15; fetch the last rows before 2022-03-01
`)
	var last lake.Progress
	r, err := p.Run(context.Background(), func(at lake.Progress) { last = at })
	if err != nil {
		t.Fatal(err)
	}
	if last.Name != "members" || last.Step != 2 || last.Steps != 2 || last.Rows != 8 || !last.Finish {
		t.Errorf("the last progress is %+v", last)
	}
	expectSound(t, q.d)
	want := []string{
		"_before/" + q.byName["members"] + "/20220301.parquet",
		"_snapshot.json",
		q.byName["members"] + "/_manifest.json",
		q.byName["members"] + "/time_partition=2022/20220301_20230101.parquet",
		q.byName["members"] + "/time_partition=2023/20230101_20230315.parquet",
		q.byName["prices"] + "/_manifest.json",
		q.byName["prices"] + "/time_partition=2022/20220209T050000Z_20230101.parquet",
		q.byName["prices"] + "/time_partition=2023/20230101_20230315.parquet",
	}
	if got := names(contents(t, q.d.Dir())); !slices.Equal(got, want) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if n := r.Nodes[0]; n.Lookback != 34 || n.Parts != 2 || n.Fetched != n.Rows || n.Linked != 0 {
		t.Errorf("the report has %+v", n)
	}
	if !strings.Contains(r.String(), "2022-02-09T05:00:00Z to 2023-03-15, 34 times of lookback\n") {
		t.Errorf("the report says\n%s", r)
	}
	source, err := q.d.Source()
	if err != nil || source != "memory:market" {
		t.Error(source, err)
	}
	expectRows(t, q, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-03-15")
}

// expectRows compares what is stored over some days with rows of these days.
func expectRows(t testing.TB, q request, name string, want *frame.Frame, from, to string) {
	t.Helper()
	span := lake.Span{Start: us(from), End: us(to)}
	if m := manifest(t, q, name); !m.Covered.Covers(span) {
		t.Fatalf("%s covers %v", name, m.Covered)
	}
	got, err := q.d.Rows(context.Background(), q.byName[name], span.Start, span.End)
	if err != nil {
		t.Fatal(err)
	}
	if want = want.Between(span.Start, span.End); got.Digest() != want.Digest() {
		t.Fatalf("%d rows are not the %d that were to come", got.Rows(), want.Rows())
	}
}

func TestSecondSnapshotAsksNobody(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	before := contents(t, q.d.Dir())
	p := w.plan(q)
	expectText(t, p, "2022-03-15_2023-03-15: nothing to fetch, all of 2 nodes are stored\n")
	if !p.Empty() || len(p.Nodes()) != 0 {
		t.Errorf("%d nodes to fetch", len(p.Nodes()))
	}
	if _, err := p.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if n := w.db.Begun(); n != 1 {
		t.Errorf("%d views were opened", n)
	}
	expectSame(t, contents(t, q.d.Dir()), before)
}

func TestNarrowerNeedsAskNobody(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.request("2022-03-15", "2023-03-15", 40, "lasso"))
	if p := w.plan(w.usual()); !p.Empty() || w.db.Begun() != 1 {
		t.Errorf("%d views were opened for\n%s", w.db.Begun(), p)
	}
}

func TestWiderLookbackAddsParts(t *testing.T) {
	w := newWorld(t)
	narrow := w.request("2022-03-15", "2023-03-15", 5, "smooth")
	w.snapshot(narrow)
	before := contents(t, narrow.d.Dir())
	wide := w.usual()
	if p := w.planned(wide); !strings.Contains(p, "fetch 2022-02-09T05:00:00Z to 2022-03-14T05:00:00Z\n") {
		t.Errorf("the plan is\n%s", p)
	}
	w.snapshot(wide)
	expectSound(t, wide.d)
	after := contents(t, wide.d.Dir())
	for name, sum := range before {
		if !strings.HasSuffix(name, "_manifest.json") && after[name] != sum {
			t.Errorf("%s was changed", name)
		}
	}
	m := manifest(t, wide, "prices")
	if len(m.Parts) != 3 || len(m.Before) != 1 || len(m.Covered) != 1 {
		t.Errorf("%d parts, %d as-of files, covered %v", len(m.Parts), len(m.Before), m.Covered)
	}
	expectRows(t, wide, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-03-15")
	if !w.plan(narrow).Empty() || !w.plan(wide).Empty() {
		t.Error("something is missing still")
	}
}

func TestWiderAsOfAddsABoundary(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.usual()) // prices without as-of rows, from further back
	q := w.request("2022-03-15", "2023-03-15", 5, "smooth")
	if p := w.planned(q); !strings.Contains(p, ")  fetch the last rows before 2022-02-09T05:00:00Z\n") {
		t.Errorf("the plan is\n%s", p)
	}
	w.snapshot(q)
	earlier := w.request("2022-01-15", "2023-03-15", 5, "smooth") // another date range, which takes over what it can
	w.snapshot(earlier)
	expectSound(t, earlier.d)
	if m := manifest(t, q, "prices"); len(m.Before) != 1 || len(m.Parts) != 2 {
		t.Errorf("%d parts, as-of files %v", len(m.Parts), m.Before)
	}
	if p := w.planned(w.request("2022-03-15", "2023-03-15", 5, "filled")); !strings.Contains(p, "nothing to fetch") {
		t.Errorf("a later boundary is asked for, though the earlier one tells:\n%s", p)
	}
}

func TestAsOfRows(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	got, err := q.d.Before(context.Background(), q.byName["members"], us("2022-05-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := lake.AsOf(members("2020-01-01", "2022-05-01"))
	if got.Rows() != 2 || got.Digest() != want.Digest() {
		t.Errorf("%v", got.Record())
	}
	if _, err := q.d.Before(context.Background(), q.byName["members"], us("2022-02-01")); !errors.Is(err, lake.ErrNotStored) {
		t.Errorf("before the boundary: %v", err)
	}
}

func TestMembersAllBeforeTheRange(t *testing.T) {
	w := newWorld(t)
	w.db.Put("members", members("2020-01-01", "2021-01-01"))
	q := w.usual()
	w.snapshot(q)
	if m := manifest(t, q, "members"); m.Rows != 0 || len(m.Before) != 1 || m.Before[0].Rows != 2 {
		t.Errorf("%d rows, as-of files %v", m.Rows, m.Before)
	}
	expectSound(t, q.d)
	if p := w.plan(q); !p.Empty() {
		t.Errorf("the second plan is\n%s", p)
	}
}

func TestHistoryThatBeginsAtTheBoundary(t *testing.T) {
	w := newWorld(t)
	w.db.Put("members", members("2022-04-01", "2023-12-31"))
	q := w.usual()
	w.snapshot(q)
	m := manifest(t, q, "members")
	if len(m.Before) != 0 || m.Covered[0].Start != graph.Beginning {
		t.Errorf("as-of files %v, covered %v", m.Before, m.Covered)
	}
	f, err := q.d.Before(context.Background(), q.byName["members"], us("2022-03-20"))
	if err != nil || f.Rows() != 0 {
		t.Error(f, err)
	}
}

func TestShortHistoryIsFetchedWhole(t *testing.T) {
	w := newWorld(t)
	q := w.request("2022-03-15", "2023-03-15", 5000, "lasso")
	if p := w.planned(q); !strings.Contains(p, "fetch the beginning to 2023-03-15") {
		t.Errorf("the plan is\n%s", p)
	}
	r := w.snapshot(q)
	warning := "  warning: the lookback asks for 4999 times before 2022-03-01, the history has 638 (it begins at 2020-06-01T05:00:00Z): results that need more start later\n"
	if !strings.Contains(r.String(), warning) {
		t.Errorf("the report says\n%s", r)
	}
	m := manifest(t, q, "prices")
	if m.Covered[0].Start != graph.Beginning || m.Parts[0].Path != "time_partition=2020/20200101_20210101.parquet" {
		t.Errorf("covered %v, first part %s", m.Covered, m.Parts[0].Path)
	}
	begun := w.db.Begun()
	for _, window := range []int{5, 5000, 9000} {
		if p := w.plan(w.request("2022-03-15", "2023-03-15", window, "returns")); !p.Empty() || w.db.Begun() != begun {
			t.Errorf("window %d: the database is asked again for\n%s", window, p)
		}
	}
	expectSound(t, q.d)
}
