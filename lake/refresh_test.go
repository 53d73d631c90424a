package lake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

func (w *world) planRefresh(q request) *lake.SnapshotPlan {
	w.t.Helper()
	p, err := q.d.PlanRefresh(context.Background(), w.db, q.nodes, q.targets, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { p.Close() })
	return p
}

func (w *world) tryRefresh(q request) (*lake.Report, error) {
	p, err := q.d.PlanRefresh(context.Background(), w.db, q.nodes, q.targets, nil)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Run(context.Background(), nil)
}

func (w *world) refresh(q request) *lake.Report {
	w.t.Helper()
	r, err := w.tryRefresh(q)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// expectAlone holds the lake's folder to the date range alone: nothing of a refresh is left.
func expectAlone(t testing.TB, d *lake.DateRange) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(d.Dir()))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the date range: %v %v", entries, err)
	}
}

func TestRefreshWithoutChanges(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	want := contents(t, q.d.Dir())
	if p := w.planRefresh(q).String(); !strings.HasPrefix(p, "new snapshot of memory:market into ") || strings.Contains(p, "stored already") {
		t.Errorf("the plan is\n%s", p)
	}
	r := w.refresh(q)
	said := q.byName["members"] + ": no row changed\n" + q.byName["prices"] + ": no row changed\n"
	if !strings.HasSuffix(r.String(), said) {
		t.Errorf("the report is\n%s", r)
	}
	expectSame(t, contents(t, q.d.Dir()), want)
	expectAlone(t, q.d)
	expectSound(t, q.d)
	if p := w.plan(q); !p.Empty() {
		t.Errorf("something is missing:\n%s", p)
	}
}

// restated returns prices of which one row is gone, two have other values and three are new.
func restated() *frame.Frame {
	f := prices("2020-06-01", "2023-12-31", 0)
	b := frame.NewBuilder(f.Schema())
	closes, _ := f.Floats("close")
	for i, at := range f.Times() {
		id := f.Column(1).ValueStr(i)
		value := closes[i]
		day := at - 5*hour
		if day == us("2022-07-04") && id == "A" {
			continue
		}
		if id == "C" && (day == us("2022-08-01") || day == us("2023-02-01")) {
			value++
		}
		b.Time(0, at)
		b.String(1, id)
		b.Float(2, value)
		if id == "C" && day >= us("2022-09-01") && day < us("2022-09-04") {
			b.Time(0, at)
			b.String(1, "D")
			b.Missing(2)
		}
	}
	return b.Frame()
}

func TestRefreshReportsChanges(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	w.db.Put("prices", restated())
	r := w.refresh(q)
	want := q.byName["prices"] + `: 3 added, 1 removed, 2 changed
  added: 2022-09-01T05:00:00Z D, 2022-09-02T05:00:00Z D, 2022-09-03T05:00:00Z D
  removed: 2022-07-04T05:00:00Z A
  changed: 2022-08-01T05:00:00Z C, 2023-02-01T05:00:00Z C
`
	if !strings.HasSuffix(r.String(), want) || len(r.Changes) != 2 {
		t.Errorf("the report is\n%s", r)
	}
	expectRows(t, q, "prices", restated(), "2022-02-10", "2023-03-15")
	expectSound(t, q.d)
	expectAlone(t, q.d)
	other := newWorld(t)
	other.db.Put("prices", restated())
	other.snapshot(other.usual())
	expectSame(t, contents(t, w.dir), contents(t, other.dir))
}

func TestRefreshNamesTheFirstFewRows(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	w.db.Put("prices", prices("2020-06-01", "2023-12-31", 1))
	changed := w.refresh(q).Changes[1].Changed
	if changed.N != manifest(t, q, "prices").Rows || len(changed.Keys) != 3 {
		t.Errorf("%d changed: %v", changed.N, changed.Keys)
	}
}

func TestRefreshFromAnotherDatabase(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	w.db = laketest.New("memory:other")
	w.db.Put("prices", intPrices("2020-06-01", "2023-12-31"))
	w.db.Put("members", members("2020-01-01", "2023-12-31"))
	r := w.refresh(q)
	if c := r.Changes[1]; !strings.Contains(c.String(), "columns were (") || c.Added.N != 0 || c.Removed.N == 0 {
		t.Errorf("got %v", c)
	}
	if source, err := q.d.Source(); err != nil || source != "memory:other" {
		t.Error(source, err)
	}
	if p := w.plan(q); !p.Empty() {
		t.Errorf("something is missing:\n%s", p)
	}
}

// derived is a node with rows of its own, and files of others.
func (w *world) derived(q request) (id string) {
	w.t.Helper()
	digests, err := q.d.Digests(q.byName["prices"], q.d.Range(), false)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := ask(w.dir, "2022-03-15", "2023-03-15", 20, "returns")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := q.d.Write(context.Background(), c.targets[0], q.d.Range(), digests, prices("2022-03-15", "2022-04-15", 0)); err != nil {
		w.t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(q.d.SweepDir("abc"), "_sweep.json"), filepath.Join(q.d.LogsDir(), "returns.log"), filepath.Join(q.d.Dir(), "notes.txt")} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("{}"), 0o666); err != nil {
			w.t.Fatal(err)
		}
	}
	return c.targets[0].ID()
}

func TestRefreshKeepsWhatIsNotOfTheDatabase(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	id := w.derived(q)
	want := contents(t, q.d.Dir())
	w.refresh(q)
	expectSame(t, contents(t, q.d.Dir()), want)
	m, err := q.d.Manifest(id)
	if err != nil {
		t.Fatal(err)
	}
	if reasons, err := q.d.Stale(m); err != nil || len(reasons) != 0 {
		t.Error(reasons, err)
	}
	w.db.Put("prices", restated())
	w.refresh(q)
	if reasons, err := q.d.Stale(m); err != nil || len(reasons) != 1 {
		t.Error(reasons, err)
	}
}

func TestRefreshDropsNodesOfAnotherMoment(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	r := w.refresh(w.request("2022-03-15", "2023-03-15", 20, "returns"))
	if !slices.Equal(r.Dropped, []string{q.byName["members"]}) || !strings.Contains(r.String(), q.byName["members"]+" is no longer stored: ") {
		t.Errorf("dropped %v\n%s", r.Dropped, r)
	}
	if _, err := q.d.Manifest(q.byName["members"]); !errors.Is(err, lake.ErrNotStored) {
		t.Error(err)
	}
	expectSound(t, q.d)
}

func TestRefreshOfNothing(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	r := w.refresh(q)
	if len(r.Changes) != 0 || len(r.Nodes) != 2 {
		t.Errorf("the report is\n%s", r)
	}
	expectSound(t, q.d)
	expectAlone(t, q.d)
}

func TestRefreshThatFailsKeepsTheOld(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	want := contents(t, w.dir)
	died := errors.New("connection reset")
	for _, c := range []laketest.Call{{Method: "Begin"}, {Method: "Rows", Table: "prices", Rows: 1000}, {Method: "Before", Table: "members"}} {
		w.db.Fail = func(now laketest.Call) error {
			if now == c {
				return died
			}
			return nil
		}
		if _, err := w.tryRefresh(q); !errors.Is(err, died) {
			t.Errorf("got the error %v", err)
		}
		expectSame(t, contents(t, w.dir), want)
	}
	w.db.Fail = nil
	w.db.Put("prices", prices("2020-06-01", "2021-06-01", 0))
	var empty *lake.EmptyError
	if _, err := w.tryRefresh(q); !errors.As(err, &empty) {
		t.Errorf("got the error %v", err)
	}
	expectSame(t, contents(t, w.dir), want)
}

// TestRefreshFailsAtEveryStep lets every step on disk fail, one at a time, with and without a system call that swaps folders.
// Either the old snapshot is there or the new one, whole, and the next run puts in order what is left.
func TestRefreshFailsAtEveryStep(t *testing.T) {
	for _, swaps := range []bool{true, false} {
		w := newWorld(t)
		clean := w.usual()
		w.snapshot(clean)
		older := contents(t, clean.d.Dir())
		w.db.Put("prices", restated())
		w.refresh(clean)
		newer := contents(t, clean.d.Dir())
		for step := 0; ; step++ {
			w := newWorld(t)
			w.snapshot(w.usual())
			w.db.Put("prices", restated())
			q := w.usual()
			f := &faults{at: step, noSwap: !swaps}
			lake.InjectFaults(q.d, f.fault)
			_, err := w.tryRefresh(q)
			if !f.failed {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			now := w.usual()
			if exists(now.d.Dir()) {
				expectOneOf(t, f, contents(t, now.d.Dir()), older, newer)
				expectUndamaged(t, now.d)
			} else if swaps {
				t.Errorf("%s: there is no date range", f.what)
			}
			lock, err := now.d.Lock(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			lock.Unlock()
			expectOneOf(t, f, contents(t, now.d.Dir()), older, newer)
			expectAlone(t, now.d)
			w.refresh(now)
			expectSame(t, contents(t, now.d.Dir()), newer)
			expectAlone(t, now.d)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func expectOneOf(t testing.TB, f *faults, got map[string]string, wants ...map[string]string) {
	t.Helper()
	for _, want := range wants {
		if equalFiles(got, want) {
			return
		}
	}
	t.Errorf("%s: neither the old snapshot nor the new one: %v", f.what, names(got))
}

// TestRefreshKilledBetweenTheRenames is what only two renames can leave: no date range, but both snapshots aside.
func TestRefreshKilledBetweenTheRenames(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	want := contents(t, q.d.Dir())
	w.db.Put("prices", restated())
	for _, moved := range []string{"", q.byName["members"]} { // recovery itself was killed after a file
		if err := os.Rename(q.d.Dir(), lake.OldDir(q.d)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(lake.RefreshDir(q.d), "x"), 0o777); err != nil {
			t.Fatal(err)
		}
		if moved != "" {
			if err := errors.Join(os.Mkdir(q.d.Dir(), 0o777), os.Rename(filepath.Join(lake.OldDir(q.d), moved), filepath.Join(q.d.Dir(), moved))); err != nil {
				t.Fatal(err)
			}
		}
		lock, err := q.d.Lock(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		lock.Unlock()
		expectSame(t, contents(t, q.d.Dir()), want)
		expectAlone(t, q.d)
	}
}

func TestRefreshLocksTheNewFolderToo(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	f := &faults{at: -1}
	seen := false
	lake.InjectFaults(q.d, func(op, path string) error {
		if op == "remove" && path == lake.RefreshDir(q.d) && exists(filepath.Join(path, "_snapshot.json")) {
			seen = true
			var locked *lake.LockedError
			if _, err := w.usual().d.Lock(context.Background()); !errors.As(err, &locked) {
				t.Errorf("after the swap: %v", err)
			}
		}
		return f.fault(op, path)
	})
	w.refresh(q)
	if !seen {
		t.Error("the old snapshot was not removed")
	}
}

// TestComputedNodeThatTheDatabaseHas turns a node that was computed into one that the database has.
func TestComputedNodeThatTheDatabaseHas(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	id := w.derived(q)
	returns := w.request("2022-03-15", "2023-03-15", 20, "returns").targets
	w.db.Put(id, prices("2020-06-01", "2023-12-31", 5))
	cut := map[graph.Hash]bool{returns[0].Hash: true}
	p, err := q.d.PlanSnapshot(context.Background(), w.db, returns, returns, cut)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if !strings.Contains(p.String(), "it was computed so far; fetch 2022-03-15 to 2023-03-15\n") {
		t.Errorf("the plan is\n%s", p)
	}
	if _, err := p.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if m, err := q.d.Manifest(id); err != nil || m.Origin != lake.FromDatabase || len(m.Inputs) != 0 {
		t.Error(m, err)
	}
	expectUndamaged(t, q.d)
}
