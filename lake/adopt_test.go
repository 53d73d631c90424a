package lake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

// sibling is the usual range's neighbour: it ends later, and has the same beginning.
func (w *world) sibling() request { return w.request("2022-03-15", "2023-06-15", 20, "lasso") }

func sameFile(t testing.TB, a, b string) bool {
	t.Helper()
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return os.SameFile(x, y)
}

func partPath(q request, name string, m *lake.Manifest, i int) string {
	return filepath.Join(q.d.NodeDir(q.byName[name]), filepath.FromSlash(m.Parts[i].Path))
}

func TestAdoptionByHardLink(t *testing.T) {
	w := newWorld(t)
	first, second := w.usual(), w.sibling()
	w.snapshot(first)
	before := contents(t, first.d.Dir())
	want := "snapshot of memory:market into " + second.d.Dir() + `
  prices (` + first.byName["prices"] + `)  take 2 parts from 2022-03-15_2023-03-15; fetch 2023-03-15 to 2023-06-15
  members (` + first.byName["members"] + `)  take 2 parts from 2022-03-15_2023-03-15; fetch 2023-03-15 to 2023-06-15; fetch the last rows before 2022-03-01
`
	if got := w.planned(second); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	r := w.snapshot(second)
	if n := r.Nodes[0]; n.Linked != 2 || n.Fetched != 268 || !strings.Contains(r.String(), ", 2 shared\n") {
		t.Errorf("the report is\n%s with %+v", r, n)
	}
	m := manifest(t, second, "prices")
	for i := range 2 {
		if !sameFile(t, partPath(first, "prices", m, i), partPath(second, "prices", m, i)) {
			t.Errorf("%s is a copy", m.Parts[i].Path)
		}
	}
	expectRows(t, second, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-06-15")
	expectSound(t, first.d)
	expectSound(t, second.d)
	expectSame(t, contents(t, first.d.Dir()), before)
	if !w.plan(second).Empty() {
		t.Error("something is missing still")
	}
}

func TestAdoptionOfPartsThatStickOut(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.request("2022-03-15", "2023-06-15", 5000, "lasso")) // since ever
	q := w.usual()
	if p := w.planned(q); !strings.Contains(p, ")  fetch 2022-02-09T05:00:00Z to 2023-03-15\n") {
		t.Errorf("the plan is\n%s", p) // 2022's part begins before, 2023's ends after
	}
	q = w.request("2022-03-15", "2023-03-15", 300, "lasso")
	if p := w.planned(q); !strings.Contains(p, "take 1 part from 2022-03-15_2023-06-15; fetch 2021-05-05T05:00:00Z to 2022-01-01; fetch 2023-01-01 to 2023-03-15\n") {
		t.Errorf("the plan is\n%s", p)
	}
	w.snapshot(q)
	expectSound(t, q.d)
	expectRows(t, q, "prices", prices("2020-06-01", "2023-12-31", 0), "2021-05-06", "2023-03-15")
}

func TestAdoptionOfAllThereEverWas(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.request("2022-03-15", "2023-01-01", 5000, "lasso"))
	q := w.request("2021-03-15", "2023-01-01", 5000, "lasso")
	w.db.Fail = func(c laketest.Call) error {
		if c.Table == "prices" && c.Method != "Back" {
			return errors.New("all is there")
		}
		return nil
	}
	w.snapshot(q)
	if m := manifest(t, q, "prices"); m.Covered[0].Start != graph.Beginning || len(m.Parts) != 3 {
		t.Errorf("covered %v, %d parts", m.Covered, len(m.Parts))
	}
	expectSound(t, q.d)
}

func TestAdoptionVerifiesWhatItTakes(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"altered": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)/2] ^= 1
			return os.WriteFile(path, text, 0o666)
		},
		"cut short": func(path string) error { return os.Truncate(path, 50) },
		"gone":      os.Remove,
	} {
		w := newWorld(t)
		first, second := w.usual(), w.sibling()
		w.snapshot(first)
		m := manifest(t, first, "prices")
		if err := harm(partPath(first, "prices", m, 0)); err != nil {
			t.Fatal(err)
		}
		r := w.snapshot(second)
		if n := r.Nodes[0]; n.Linked != 1 {
			t.Errorf("%s: %d parts were taken", name, n.Linked)
		}
		expectSound(t, second.d)
		expectRows(t, second, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-06-15")
	}
}

func TestAdoptionIntoADamagedNode(t *testing.T) {
	w := newWorld(t)
	first, second := w.usual(), w.sibling()
	w.snapshot(first)
	w.snapshot(second)
	m := manifest(t, first, "prices")
	path := partPath(first, "prices", m, 0)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	damaged := filepath.Join(second.d.NodeDir(second.byName["prices"]), "_manifest.json")
	if err := errors.Join(os.Remove(path), os.WriteFile(path, text, 0o666), os.WriteFile(damaged, []byte("{}"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if n := w.snapshot(second).Nodes[0]; n.Linked != 1 {
		t.Errorf("%d parts were taken", n.Linked)
	}
	expectSound(t, second.d)
	expectRows(t, second, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-06-15")
}

func TestAdoptionAcrossFileSystems(t *testing.T) {
	w := newWorld(t)
	first, second := w.usual(), w.sibling()
	w.snapshot(first)
	lake.InjectFaults(second.d, func(op, path string) error {
		if op == "link" {
			return &os.LinkError{Op: "link", New: path, Err: syscall.EXDEV}
		}
		return nil
	})
	if r := w.snapshot(second); r.Nodes[0].Linked != 2 {
		t.Errorf("the report is\n%s", r)
	}
	m := manifest(t, second, "prices")
	if sameFile(t, partPath(first, "prices", m, 0), partPath(second, "prices", m, 0)) {
		t.Error("there is no copy")
	}
	expectSound(t, second.d)
}

func TestNothingIsTakenFromAnotherDatabase(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.usual())
	w.db = laketest.New("memory:other")
	w.db.Put("prices", prices("2020-06-01", "2023-12-31", 1))
	w.db.Put("members", members("2020-01-01", "2023-12-31"))
	if p := w.planned(w.sibling()); strings.Contains(p, "take ") {
		t.Errorf("the plan is\n%s", p)
	}
}

func TestNothingIsTakenOfOtherColumns(t *testing.T) {
	w := newWorld(t)
	first, second := w.usual(), w.sibling()
	w.snapshot(first)
	p := w.plan(second)
	defer p.Close()
	// The table's columns change, which only its schema tells: all is fetched, nothing taken.
	ints := intPrices("2020-06-01", "2023-12-31")
	w.db.Put("prices", ints)
	p.Close()
	r, err := p.Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Nodes[0]; n.Linked != 0 || n.Fetched != n.Rows {
		t.Errorf("the report has %+v", n)
	}
	expectSound(t, second.d)
	if _, err := second.d.Manifest(second.byName["members"]); errors.Is(err, lake.ErrNotStored) {
		t.Error(err)
	}
}
