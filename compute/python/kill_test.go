package python

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// child computes a node in a folder that newBench made, prints its worker, and goes on with one that never ends.
func child(dir string) {
	fail := func(err error) {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var environments *Environments
	_, p, err := graph.Load(filepath.Join(dir, "tdlake.yaml"), nil, graph.WithOutside(func(c *config.Config) graph.Outside {
		var known []Environment
		for _, e := range c.Environments {
			known = append(known, Environment{Name: e.Name, Python: e.Python})
		}
		environments = NewEnvironments(context.Background(), known, Settings{Dir: dir, Root: filepath.Join(dir, "root")})
		return environments
	}))
	if err != nil {
		fail(err)
	}
	pool := NewPool(environments, Options{Jobs: 2})
	in := []*frame.Frame{january()}
	for _, name := range []string{"pid", os.Getenv("TDLAKE_TEST_NODE")} {
		nodes, err := p.Nodes(name, nil)
		if err != nil {
			fail(err)
		}
		f, err := pool.Compute(context.Background(), nodes[0], in, at(0), at(31), nil)
		if err != nil {
			fail(err)
		}
		fmt.Println("worker", f.Named("pid").(*array.Int64).Value(0))
	}
	time.Sleep(time.Hour) // with an idle worker
}

// TestKillingLeavesNoWorker kills tdlake with SIGKILL while its worker is idle, sleeps, or computes.
func TestKillingLeavesNoWorker(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("pid", "pid", ""), python("sleeps", "sleeps", ""), python("spins", "spins", ""))
	for _, node := range []string{"pid", "sleeps", "spins"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "TDLAKE_TEST_CHILD="+b.dir, "TDLAKE_TEST_NODE="+node)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "worker ")))
		if err != nil {
			t.Fatalf("%s: the child said %q", node, line)
		}
		time.Sleep(200 * time.Millisecond) // into the second node
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if !goneWithin(pid, 20*time.Second) {
			t.Errorf("%s: worker %d outlives tdlake", node, pid)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// goneWithin waits until a process has ended; one that waits to be collected has.
func goneWithin(pid int, most time.Duration) bool {
	for begin := time.Now(); time.Since(begin) < most; time.Sleep(20 * time.Millisecond) {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return true
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if _, state, ok := strings.Cut(string(stat), ") "); err == nil && ok && strings.HasPrefix(state, "Z") {
			return true
		}
	}
	return false
}
