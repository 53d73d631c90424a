package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const rangeName = "2020-01-01_2023-01-01"

// needs says that the world's date range is needed with these nodes.
func (w *world) needs(nodes ...*Manifest) Needed {
	ids := map[string]bool{}
	for _, m := range nodes {
		ids[m.ID] = true
	}
	return Needed{rangeName: ids}
}

func (w *world) plan(needed Needed) *GCPlan {
	w.t.Helper()
	p, err := PlanGC(context.Background(), w.root, "Test", needed)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// planned returns the plan's lines, paths below the datalake's folder, with the nodes' names for their ids.
func (w *world) planned(p *GCPlan) []string {
	var out []string
	for _, r := range p.Removal {
		line := strings.TrimPrefix(strings.TrimPrefix(r.Path, w.dir+"/"), w.lake+"/") + ": " + r.Why
		for _, m := range []*Manifest{w.prices, w.members, w.returns} {
			line = strings.ReplaceAll(line, m.ID, strings.ToUpper(m.ID[:4]))
		}
		out = append(out, line)
	}
	return out
}

func (w *world) gc(p *GCPlan) {
	w.t.Helper()
	if err := p.Run(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func expectLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("there is\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestGCLeavesWhatIsNeeded(t *testing.T) {
	w := newWorld(t)
	before := filesBelow(t, w.lake)
	p := w.plan(w.needs(w.prices, w.members, w.returns))
	if len(p.Removal) > 0 || p.Bytes() != 0 {
		t.Errorf("%s", p)
	}
	if got, want := p.String(), w.lake+": nothing to remove\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	w.gc(p)
	expectLines(t, filesBelow(t, w.lake), before...)
}

func TestGCOfADatalakeThatIsNotThere(t *testing.T) {
	p, err := PlanGC(context.Background(), t.TempDir(), "Nothing", nil)
	if err != nil || len(p.Removal) > 0 {
		t.Errorf("%v, %v", p, err)
	}
}

func TestGCShowsItsPlan(t *testing.T) {
	w := newWorld(t)
	leftover := w.put(w.returns.ID+"/time_partition=2023/20230101_20240101.parquet", strings.Repeat("x", 2048))
	p := w.plan(w.needs(w.members, w.returns))
	want := "remove " + w.NodeDir(w.prices.ID) + "  " + ShowBytes(p.Removal[0].Bytes) + ", 5 files: no config needs this node\n" +
		"remove " + leftover + "  2.0 KiB, 1 file: a run did not finish\n" +
		ShowBytes(p.Removal[0].Bytes+2048) + " in all\n"
	if p.String() != want {
		t.Errorf("the plan is\n%snot\n%s", p, want)
	}
	_, bytes, err := sizeOf(w.NodeDir(w.prices.ID))
	if err != nil || p.Removal[0].Bytes != bytes+w.prices.Before[0].Bytes {
		t.Errorf("%d bytes with the as-of rows, %d without, %v", p.Removal[0].Bytes, bytes, err)
	}
	if !exists(w.NodeDir(w.prices.ID)) || !exists(leftover) {
		t.Error("planning removed something")
	}
}

func TestGCRemovesNodes(t *testing.T) {
	w := newWorld(t)
	p := w.plan(w.needs(w.members))
	expectLines(t, w.planned(p), "PRIC: no config needs this node", "RETU: no config needs this node")
	w.gc(p)
	for _, m := range []*Manifest{w.prices, w.returns} {
		if exists(w.NodeDir(m.ID)) || exists(w.beforeDir(m.ID)) {
			t.Errorf("%s is still there", m.ID)
		}
	}
	if !exists(filepath.Join(w.SweepDir(sweepHash), "points-00000.parquet")) || !exists(filepath.Join(w.LogsDir(), "a node.log")) {
		t.Error("the sweep or the log is gone")
	}
	w.expectClean()
	expectLines(t, w.planned(w.plan(w.needs(w.members))))
}

func TestGCRemovesDamagedNodesThatNobodyNeeds(t *testing.T) {
	w := newWorld(t)
	w.put(w.prices.ID+"/_manifest.json", "no json")
	w.put(w.returns.ID+"/_manifest.json", "no json")
	p := w.plan(w.needs(w.members, w.returns))
	expectLines(t, w.planned(p), "PRIC: no config needs this node")
	w.gc(p)
	if exists(w.NodeDir(w.prices.ID)) || exists(w.beforeDir(w.prices.ID)) || !exists(w.part(w.returns, 0)) {
		t.Error("it removed the wrong one")
	}
}

func TestGCRemovesDateRanges(t *testing.T) {
	w := newWorld(t)
	// A sibling that shares a part.
	other := &fixture{openRange(t, w.root, newYear20, newYear23+aDay), t, w.root}
	m := other.fixturePricesLinkedFrom(w)
	notes := filepath.Join(w.lake, "notes.txt")
	if err := os.WriteFile(notes, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	p := w.plan(Needed{other.Name(): {m.ID: true}})
	expectLines(t, w.planned(p), rangeName+": no config has this date range")
	w.gc(p)
	expectLines(t, namesIn(t, w.lake), other.Name(), "notes.txt")
	other.expectClean()
	expectLines(t, w.planned(w.plan(Needed{other.Name(): {m.ID: true}})))
}

// fixturePricesLinkedFrom stores the prices of another date range by hard links.
func (x *fixture) fixturePricesLinkedFrom(w *world) *Manifest {
	x.t.Helper()
	m := *w.prices
	m.Before = []Before{}
	for _, p := range m.Parts {
		to := x.partPath(&m, p)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), os.Link(w.partPath(&m, p), to)); err != nil {
			x.t.Fatal(err)
		}
	}
	x.commit(&m)
	return &m
}

func namesIn(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestGCRemovesWhatKilledRunsLeft(t *testing.T) {
	w := newWorld(t)
	lagged := testNode(t, "lagged").ID()
	kept := []string{
		w.put("notes.txt", ""), w.put(w.prices.ID+"/notes.txt", ""), w.put("_before/"+w.prices.ID+"/notes.txt", ""), w.put("sweeps/mine/x.parquet", ""),
		w.put(w.prices.ID+"/time_partition=2023/mine.parquet", ""), w.put("../notes/x", ""), w.put("../_old/x", ""),
	}
	w.put(tempName("_snapshot.json"), "")
	w.put(lagged+"/time_partition=2020/20200101_20210101.parquet", "")
	w.put("_before/"+lagged+"/20200101.parquet", "")
	w.put(w.prices.ID+"/time_partition=2024/20240101_20250101.parquet", "")
	w.put("_before/"+w.prices.ID+"/20200101.parquet", "")
	w.put("sweeps/"+sweepHash+"/"+tempName("chunk-00001.parquet"), "")
	w.put("../"+tempName(rangeName)+"/x", "")
	w.put("../"+tempName("2001-01-01_2002-01-01")+"/x", "")
	w.put("../"+filepath.Base(w.refreshDir())+"/x", "")
	gone := openRange(t, w.root, newYear23, newYear23+aDay) // a first snapshot that was refreshed, killed, and is not needed
	w.put("../"+filepath.Base(gone.refreshDir())+"/x", "")
	p := w.plan(w.needs(w.prices, w.members, w.returns))
	expectLines(t, w.planned(p),
		"_refresh-"+rangeName+": a run did not finish",
		tempName("_snapshot.json")+": a run did not finish",
		lagged+": it has no manifest: a run did not finish",
		"PRIC/time_partition=2024/20240101_20250101.parquet: a run did not finish",
		"_before/"+lagged+": its node is gone",
		"_before/PRIC/20200101.parquet: a run did not finish",
		"sweeps/"+sweepHash+"/"+tempName("chunk-00001.parquet")+": a run did not finish",
		filepath.Base(gone.refreshDir())+": a run did not finish",
		tempName("2001-01-01_2002-01-01")+": a run did not finish",
		tempName(rangeName)+": a run did not finish",
	)
	w.gc(p)
	for _, path := range kept {
		if !exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
	for _, r := range p.Removal {
		if exists(r.Path) {
			t.Errorf("%s is still there", r.Path)
		}
	}
	if exists(gone.dir) || exists(filepath.Join(w.NodeDir(w.prices.ID), "time_partition=2024")) {
		t.Error("an empty folder is left")
	}
	expectLines(t, w.planned(w.plan(w.needs(w.prices, w.members, w.returns))))
	if got := w.faults(); len(got) != 5 {
		t.Errorf("besides somebody's own files: %v", got)
	}
}

func TestGCKeepsTheOnlySnapshot(t *testing.T) {
	w := newWorld(t)
	needed := w.needs(w.prices, w.members, w.returns)
	w.rename(w.dir, w.oldDir()) // killed between the two renames of a refresh
	expectLines(t, w.planned(w.plan(needed)))
	w.put("../"+filepath.Base(w.refreshDir())+"/x", "")
	p := w.plan(needed)
	expectLines(t, w.planned(p), "_refresh-"+rangeName+": a run did not finish")
	w.gc(p)
	expectLines(t, namesIn(t, w.lake), rangeName)
	w.expectClean()

	w.rename(w.dir, w.oldDir())
	w.gc(w.plan(Needed{}))
	expectLines(t, namesIn(t, w.lake))
}

// TestGCLooksAgain holds that what a run finished between the plan and its running stays.
func TestGCLooksAgain(t *testing.T) {
	w := newWorld(t)
	manifest := filepath.Join(w.NodeDir(w.prices.ID), manifestName)
	aside := filepath.Join(w.root, "aside")
	w.rename(manifest, aside)
	p := w.plan(w.needs(w.prices, w.members))
	expectLines(t, w.planned(p), "RETU: no config needs this node", "PRIC: it has no manifest: a run did not finish", "_before/PRIC: its node is gone")
	w.rename(aside, manifest)
	w.gc(p)
	if exists(w.NodeDir(w.returns.ID)) {
		t.Error("what nobody needs is still there")
	}
	w.expectClean()
	if f, err := w.Rows(context.Background(), w.prices.ID, onDay(100), onDay(900)); err != nil || int64(f.Rows()) != w.prices.Rows {
		t.Errorf("%v, %v", f, err)
	}
}

func TestGCTakesTheLockOfEachDateRange(t *testing.T) {
	w := newWorld(t)
	lock, err := openRange(t, w.root, newYear20, newYear23).Lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	w.put(w.prices.ID+"/"+tempName("_manifest.json"), "")
	before := filesBelow(t, w.lake)
	expectLines(t, w.planned(w.plan(w.needs(w.prices, w.members, w.returns)))) // the writer's files are no leftovers
	for _, needed := range []Needed{w.needs(w.members), {}} {
		var locked *LockedError
		if err := w.plan(needed).Run(context.Background()); !errors.As(err, &locked) {
			t.Errorf("while a writer is at work: %v", err)
		}
		expectLines(t, filesBelow(t, w.lake), before...)
	}
	lock.Unlock()
	w.gc(w.plan(w.needs(w.members)))
	w.gc(w.plan(nil))
	expectLines(t, namesIn(t, w.lake))
}

func TestGCRefusesALaterFormat(t *testing.T) {
	for _, file := range []string{"_snapshot.json", "PRICES/_manifest.json"} {
		w := newWorld(t)
		path := filepath.Join(w.dir, strings.ReplaceAll(file, "PRICES", w.prices.ID))
		makeLater(t, path)
		var newer *NewerFormatError
		if p, err := PlanGC(context.Background(), w.root, "Test", w.needs(w.members)); !errors.As(err, &newer) || newer.Path != path {
			t.Errorf("%s: %v, %v", file, p, err)
		}
	}
}

func TestGCStopsWithItsContext(t *testing.T) {
	w := newWorld(t)
	p := w.plan(nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if _, err := PlanGC(ctx, w.root, "Test", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("PlanGC: %v", err)
	}
	w.expectClean()
}

// dying is a file system whose n-th change fails, and all after it, as when a process is killed.
type dying struct {
	osFS
	left *int
}

var errDied = errors.New("killed")

func (d dying) step() error {
	if *d.left--; *d.left < 0 {
		return errDied
	}
	return nil
}

func (d dying) Rename(old, new string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.osFS.Rename(old, new)
}

// RemoveAll dies in the middle: it removes one file.
func (d dying) RemoveAll(path string) error {
	if err := d.step(); err != nil {
		if *d.left == -1 {
			filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					os.Remove(p)
					return filepath.SkipAll
				}
				return nil
			})
		}
		return err
	}
	return d.osFS.RemoveAll(path)
}

// TestGCThatIsKilledLeavesNothingHalf kills gc at each step: what is there is whole, and the next gc finishes the work.
func TestGCThatIsKilledLeavesNothingHalf(t *testing.T) {
	for _, whole := range []bool{false, true} {
		finished := false
		for n := 0; !finished && n < 40; n++ {
			w := newWorld(t)
			needed := w.needs(w.members)
			if whole {
				needed = nil
			}
			p := w.plan(needed)
			left := n
			for i := range p.Removal {
				p.Removal[i].d.fs = dying{left: &left}
			}
			err := p.Run(context.Background())
			finished = err == nil
			if err != nil && !errors.Is(err, errDied) {
				t.Fatalf("step %d: %v", n, err)
			}
			faults, err := w.Verify(context.Background())
			if err != nil {
				t.Fatalf("step %d: %v", n, err)
			}
			for _, f := range faults {
				if f.Damage {
					t.Errorf("killed at step %d: %s", n, f)
				}
			}
			w.gc(w.plan(needed))
			expectLines(t, w.planned(w.plan(needed)))
			if whole {
				expectLines(t, namesIn(t, w.lake))
			} else {
				w.expectClean()
			}
		}
		if !finished {
			t.Error("it never ends")
		}
	}
}
