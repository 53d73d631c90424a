package schedule

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// TestAFrozenSchedulerIsTakenOver freezes a scheduler in the middle of a write, where it holds locks: nothing tells the server
// that it will not go on, as when a machine loses its network. When it wakes up, it has nothing to say any more.
func TestAFrozenSchedulerIsTakenOver(t *testing.T) {
	m := newMarket(15, 140)
	days := m.days()
	url := pgtest.Database(t)
	m.load(t, url, days[120])
	path := writeConfig(t)
	_, p, err := graph.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	tree := newTree(t, p)
	mustPass(t, url, tree)
	m.add(t, url, days[120], days[130])

	release := pgtest.Hold(t, url, fmt.Sprintf(`begin; lock table tdlake.%q in exclusive mode`, tree.Nodes[0].TableID()))
	victim := spawn(t, url+"&silence_timeout=2", path)
	defer kill(victim)
	waiting := "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into%'"
	for deadline := time.Now().Add(time.Minute); pgtest.Query(t, url, waiting)[0][0] == "0"; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the victim writes nothing")
		}
	}
	victim.Process.Signal(syscall.SIGSTOP)
	release()
	runUntilDone(t, url, tree, []string{"successor"}, days[129], func() {
		waitUntil(t, url, len(tree.Nodes), days[129].UnixMicro())
		victim.Process.Signal(syscall.SIGCONT)
		m.add(t, url, days[130], days[135])
		waitUntil(t, url, len(tree.Nodes), days[134].UnixMicro())
	})
	checkAll(t, url, tree)
	checkLog(t, url)
}
