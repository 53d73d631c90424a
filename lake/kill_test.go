package lake_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

var kills = flag.Int("kills", 5, "how often a snapshot is killed, of each kind")

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir, os.Getenv(childTask)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

const (
	childDir  = "TDLAKE_TEST_CHILD_DIR"
	childTask = "TDLAKE_TEST_CHILD_TASK"
)

// child takes a snapshot and writes a byte before each step on disk, so that its parent knows where to kill it.
func child(dir, task string) error {
	q, plan, err := killed(dir, task)
	if err != nil {
		return err
	}
	defer plan.Close()
	lake.InjectFaults(q.d, func(string, string) error {
		_, err := os.Stdout.Write([]byte{'.'})
		return err
	})
	_, err = plan.Run(context.Background(), nil)
	return err
}

// killed is a snapshot to be killed: one by month, so that what was cut by year is cut anew.
func killed(dir, task string) (q request, plan *lake.SnapshotPlan, err error) {
	db := laketest.New("memory:market")
	db.Put("prices", prices("2020-06-01", "2023-12-31", 0))
	db.Put("members", members("2020-01-01", "2023-12-31"))
	window := 20
	if task == "wider" {
		window = 100
	}
	if q, err = ask(dir, "2022-03-15", "2023-03-15", window, "lasso"); err != nil {
		return q, nil, err
	}
	lake.SetRowsAYear(q.d, 500)
	if task == "refresh" {
		db.Put("prices", restated())
		plan, err = q.d.PlanRefresh(context.Background(), db, q.nodes, q.targets, nil)
	} else {
		plan, err = q.d.PlanSnapshot(context.Background(), db, q.nodes, q.targets, nil)
	}
	return q, plan, err
}

// undisturbedTask runs a task in this process, and returns what it leaves.
func undisturbedTask(t *testing.T, dir, task string) map[string]string {
	t.Helper()
	q, plan, err := killed(dir, task)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if !plan.Empty() {
		if _, err := plan.Run(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
	}
	expectSound(t, q.d)
	return contents(t, dir)
}

// killAt starts a task in a child and kills it after some steps. It returns how many there were.
func killAt(t *testing.T, dir, task string, after int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childTask+"="+task)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	steps, r := 0, bufio.NewReader(out)
	for ; steps != after; steps++ {
		if _, err := r.ReadByte(); err != nil {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil && steps == after {
		t.Fatal(err)
	}
	io.Copy(io.Discard, r)
	if err := cmd.Wait(); err != nil && steps != after {
		t.Fatal(err) // it was to run to its end
	}
	return steps
}

// TestKilledSnapshots kills a process in the middle of a snapshot, of widening one, and of a refresh. What is left is
// readable, and the next run makes of it what an undisturbed one makes.
func TestKilledSnapshots(t *testing.T) {
	for _, task := range []string{"first", "wider", "refresh"} {
		t.Run(task, func(t *testing.T) {
			before := func() string {
				dir := t.TempDir()
				if task != "first" {
					undisturbedTask(t, dir, "first")
				}
				return dir
			}
			steps := killAt(t, before(), task, -1)
			want := undisturbedTask(t, before(), task)
			for range *kills {
				dir := before()
				after := rand.IntN(steps)
				killAt(t, dir, task, after)
				q, err := ask(dir, "2022-03-15", "2023-03-15", 20, "lasso")
				if err != nil {
					t.Fatal(err)
				}
				expectUndamaged(t, q.d)
				if task != "first" {
					expectRows(t, q, "members", members("2020-01-01", "2023-12-31"), "2022-03-15", "2023-03-15")
				}
				expectSame(t, undisturbedTask(t, dir, task), want)
				if t.Failed() {
					t.Fatalf("killed after %d of %d steps", after, steps)
				}
			}
		})
	}
}
