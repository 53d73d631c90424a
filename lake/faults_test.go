package lake_test

import (
	"errors"
	"maps"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/tdlake/tdlake/lake"
)

// faults makes one step on disk fail, the at-th, and, where crash is set, all that follow: so does a process that dies.
type faults struct {
	at     int
	only   string // count steps of this kind alone; "" for every kind
	crash  bool
	noSwap bool // the system has no call that swaps folders; steps count from where it is tried
	err    error

	n      int
	tried  bool // to swap folders
	failed bool
	what   string // what failed
}

var errInjected = errors.New("injected")

func (f *faults) fault(op, path string) error {
	if op == "exchange" && f.noSwap {
		f.tried = true
		return syscall.ENOSYS
	}
	if f.only != "" && op != f.only || f.noSwap && !f.tried {
		return nil
	}
	n := f.n
	f.n++
	if n != f.at && !(f.crash && n > f.at) {
		return nil
	}
	if !f.failed {
		f.failed, f.what = true, op+" "+path
	}
	if f.err != nil {
		return f.err
	}
	return errInjected
}

func equalFiles(a, b map[string]string) bool { return maps.Equal(a, b) }

// undisturbed is what the usual snapshot leaves, and what a wider one makes of it.
func undisturbed(t testing.TB) (first, wider map[string]string) {
	w := newWorld(t)
	w.snapshot(w.usual())
	first = contents(t, w.dir)
	w.snapshot(w.widened())
	return first, contents(t, w.dir)
}

func (w *world) widened() request { return w.request("2022-03-15", "2023-03-15", 60, "lasso") }

// TestSnapshotFailsAtEveryStep lets every step on disk fail, one at a time, once alone and once with all that follow. What is
// left is readable, and the next run makes of it what an undisturbed one makes.
func TestSnapshotFailsAtEveryStep(t *testing.T) {
	first, wider := undisturbed(t)
	for _, crash := range []bool{false, true} {
		for step := 0; ; step++ {
			w := newWorld(t)
			q := w.usual()
			f := &faults{at: step, crash: crash}
			lake.InjectFaults(q.d, f.fault)
			_, err := w.try(q)
			if !f.failed {
				break
			}
			expectFault(t, f, err)
			expectRecovery(t, w, w.usual(), f, first)
		}
		for step := 0; ; step++ {
			w := newWorld(t)
			w.snapshot(w.usual())
			q := w.widened()
			f := &faults{at: step, crash: crash}
			lake.InjectFaults(q.d, f.fault)
			_, err := w.try(q)
			if !f.failed {
				break
			}
			expectFault(t, f, err)
			if p := w.planned(w.usual()); !strings.Contains(p, "nothing to fetch") {
				t.Errorf("%s: what was stored is not any more:\n%s", f.what, p)
			}
			expectRecovery(t, w, w.widened(), f, wider)
		}
	}
}

// expectFault expects an error that says what could not be written. What is tried after an error may fail unsaid.
func expectFault(t testing.TB, f *faults, err error) {
	t.Helper()
	if err == nil {
		if !strings.HasPrefix(f.what, "remove") {
			t.Errorf("%s: no error", f.what)
		}
		return
	}
	var write *lake.WriteError
	if !errors.As(err, &write) || !errors.Is(err, errInjected) || write.Hint() == "" {
		t.Errorf("%s: got the error %v", f.what, err)
	}
}

func expectRecovery(t testing.TB, w *world, q request, f *faults, want map[string]string) {
	t.Helper()
	expectUndamaged(t, q.d)
	w.snapshot(q)
	expectSame(t, contents(t, w.dir), want)
}

// expectUndamaged is expectSound for a lake that a run left in the middle: there may be files that nothing names.
func expectUndamaged(t testing.TB, d *lake.DateRange) {
	t.Helper()
	faults, err := d.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		if f.Damage {
			t.Errorf("verify: %v", f)
		}
	}
}

func TestFullDisk(t *testing.T) {
	first, _ := undisturbed(t)
	for step := 0; ; step++ {
		w := newWorld(t)
		q := w.usual()
		f := &faults{at: step, only: "write", err: &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}}
		lake.InjectFaults(q.d, f.fault)
		_, err := w.try(q)
		if !f.failed {
			if step < 5 {
				t.Errorf("only %d writes", step)
			}
			return
		}
		var write *lake.WriteError
		if !errors.As(err, &write) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(write.Hint(), "room") {
			t.Errorf("%s: got the error %v", f.what, err)
		}
		expectRecovery(t, w, w.usual(), f, first)
	}
}

func TestFolderWithoutPermission(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	f := &faults{at: 0, only: "mkdir", err: &os.PathError{Op: "mkdir", Path: "x", Err: syscall.EACCES}}
	lake.InjectFaults(q.d, f.fault)
	var write *lake.WriteError
	if _, err := w.try(q); !errors.As(err, &write) || !strings.Contains(write.Hint(), "right to write") {
		t.Errorf("got the error %v", err)
	}
}

// TestLeftoversAreSwept puts what killed runs leave behind into a lake; the next writer takes it away, and nothing else.
func TestLeftoversAreSwept(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	w.derived(q)
	want := contents(t, w.dir)
	prices := q.d.NodeDir(q.byName["prices"])
	never := "prices_00000000000000000000000000000000"
	for _, path := range []string{
		prices + "/_tmp-_manifest.json.partial",
		prices + "/time_partition=2021/20210101_20220101.parquet",
		prices + "/time_partition=2022/_tmp-20220101_20220209T050000Z.parquet.partial",
		q.d.Dir() + "/_tmp-_snapshot.json.partial",
		q.d.Dir() + "/_before/" + q.byName["members"] + "/20210101.parquet",
		q.d.Dir() + "/_before/" + never + "/20210101.parquet",
		q.d.Dir() + "/" + never + "/time_partition=2021/20210101_20220101.parquet",
		q.d.SweepDir("abc") + "/_tmp-points-00000.parquet.partial",
		lake.RefreshDir(q.d) + "/" + never + "/time_partition=2021/20210101_20220101.parquet",
	} {
		if err := errors.Join(os.MkdirAll(path[:strings.LastIndex(path, "/")], 0o777), os.WriteFile(path, []byte("half"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	w.snapshot(w.usual())
	expectSame(t, contents(t, w.dir), want)
	if exists(prices+"/time_partition=2021") || exists(q.d.NodeDir(never)) {
		t.Error("empty folders are left")
	}
}
