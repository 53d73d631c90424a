package lake

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// lockVariable makes TestHoldsTheLockForAnother the other process of the tests below.
const lockVariable = "TDLAKE_TEST_LOCK"

// TestHoldsTheLockForAnother is the other process: it takes the lock, says so, and holds it until it is killed or its input
// ends. Without lockVariable it tests nothing.
func TestHoldsTheLockForAnother(t *testing.T) {
	root := os.Getenv(lockVariable)
	if root == "" {
		return
	}
	if _, err := openRange(t, root, newYear20, newYear23).Lock(context.Background()); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("locked\n")
	bufio.NewReader(os.Stdin).ReadString('\n')
}

// otherProcess starts a process that holds the lock, and returns once it does.
func otherProcess(t *testing.T, root string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldsTheLockForAnother$")
	cmd.Env = append(os.Environ(), lockVariable+"="+root)
	if _, err := cmd.StdinPipe(); err != nil { // closed by Wait
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return cmd
}

func TestTheLockKeepsAnotherProcessOutAndEndsWithIt(t *testing.T) {
	x := newFixture(t)
	cmd := otherProcess(t, x.root)
	var locked *LockedError
	if _, err := x.Lock(context.Background()); !errors.As(err, &locked) || locked.PID != cmd.Process.Pid || locked.Dir != x.dir {
		t.Fatalf("with process %d at work: %v", cmd.Process.Pid, err)
	}
	if !x.beingWritten() {
		t.Error("nobody is seen to be writing")
	}
	if _, err := x.Write(context.Background(), testNode(t, "returns"), Span{newYear20, newYear21}, nil, closes(0, 9, "AAA")); !errors.As(err, &locked) {
		t.Errorf("Write: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if x.beingWritten() {
		t.Error("a dead process is seen to be writing")
	}
	lock, err := x.Lock(context.Background())
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	lock.Unlock()
}

func TestReadersNeedNoLock(t *testing.T) {
	x := newFixture(t)
	m := x.prices()
	otherProcess(t, x.root)
	f, err := x.Rows(context.Background(), m.ID, onDay(100), onDay(900))
	if err != nil || int64(f.Rows()) != m.Rows {
		t.Errorf("%v, %v", f, err)
	}
	if faults, err := x.Verify(context.Background()); err != nil || len(faults) > 0 {
		t.Errorf("%v, %v", faults, err)
	}
}

func TestTheLockIsCountedWithinOneDateRange(t *testing.T) {
	x := newFixture(t)
	ctx := context.Background()
	other := openRange(t, x.root, newYear20, newYear23)
	first, err := x.Lock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	second, err := x.Lock(ctx)
	if err != nil {
		t.Fatalf("a second time: %v", err)
	}
	isLocked := func() bool {
		lock, err := other.Lock(ctx)
		lock.Unlock() // of nil, nothing
		return errors.As(err, new(*LockedError))
	}
	if !isLocked() {
		t.Error("another DateRange got it")
	}
	first.Unlock()
	first.Unlock() // again: nothing
	if !isLocked() {
		t.Error("the first Unlock gave it back")
	}
	second.Unlock()
	if isLocked() {
		t.Error("the last Unlock kept it")
	}
}

func TestOneOfManyGetsTheLock(t *testing.T) {
	x := newFixture(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var locks []*Lock
	for range 8 {
		d := openRange(t, x.root, newYear20, newYear23)
		wg.Go(func() {
			lock, err := d.Lock(context.Background())
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				locks = append(locks, lock)
			} else if !errors.As(err, new(*LockedError)) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(locks) != 1 {
		t.Fatalf("%d have it", len(locks))
	}
	locks[0].Unlock()
}

// TestAskingWhoWritesKeepsNoWriterOut holds that a reader's question, whether someone writes, is not taken for a writer.
func TestAskingWhoWritesKeepsNoWriterOut(t *testing.T) {
	x := newFixture(t)
	asks := openRange(t, x.root, newYear20, newYear23)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					asks.beingWritten()
				}
			}
		})
	}
	defer wg.Wait()
	defer close(done)
	for i := range 500 {
		lock, err := x.Lock(context.Background())
		if err != nil {
			t.Errorf("time %d: %v", i, err)
			return
		}
		lock.Unlock()
	}
}

func TestLockOfARemovedFolder(t *testing.T) {
	x := newFixture(t)
	lock, err := x.Lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := x.removeAll(); err != nil {
		t.Fatal(err)
	}
	other, err := openRange(t, x.root, newYear20, newYear23).Lock(context.Background())
	if err != nil {
		t.Fatalf("a new folder is locked by who has the old one: %v", err)
	}
	lock.Unlock()
	other.Unlock()
}

func TestLockStopsWithItsContext(t *testing.T) {
	x := newFixture(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.Lock(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if exists(x.dir) {
		t.Error("a folder was made")
	}
}
