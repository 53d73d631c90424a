package schedule

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// runUntilDone runs schedulers in this process until all nodes have come to a time.
func runUntilDone(t *testing.T, url string, tree *Tree, names []string, at time.Time, trouble func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	for _, name := range names {
		go func() {
			err := runOne(ctx, t, url, tree, name)
			t.Log(name, err)
			ended <- err
		}()
	}
	waitUntil(t, url, len(tree.Nodes), micros(start))
	trouble()
	waitUntil(t, url, len(tree.Nodes), at.UnixMicro())
	cancel()
	for range names {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func runOne(ctx context.Context, t *testing.T, url string, tree *Tree, name string) error {
	db := openSource(t, url)
	s := newScheduler(db, tree, name)
	store, heart := s.Claims.(pgStore), db.Tables()
	defer store.Close()
	defer heart.Close()
	defer s.Waiter.(interface{ Close() }).Close()
	if err := s.Register(ctx); err != nil {
		return err
	}
	h, err := Hold(ctx, heart, database.Scheduler{Name: name}, time.Second)
	if err != nil {
		return err
	}
	defer h.Close()
	s.Holder, s.Say = h, t.Logf
	return s.Run(ctx)
}

func TestThreeSchedulersLeaveWhatUpdateLeaves(t *testing.T) {
	m := newMarket(9, 200)
	days := m.days()
	url := pgtest.Database(t)
	m.load(t, url, days[198])
	tree := newTree(t, pipeline(t, everyKind...))
	runUntilDone(t, url, tree, []string{"a", "b", "c"}, days[197], func() {})
	checkAll(t, url, tree)
	checkLog(t, url)
}

func TestConnectionsAreCut(t *testing.T) {
	m := newMarket(10, 200)
	days := m.days()
	url := pgtest.Database(t)
	m.load(t, url, days[150])
	tree := newTree(t, pipeline(t, everyKind...))
	runUntilDone(t, url, tree, []string{"a", "b"}, days[198], func() {
		for i := 150; i < 199; i += 7 {
			m.add(t, url, days[i], days[min(i+7, 199)])
			time.Sleep(100 * time.Millisecond)
			pgtest.Query(t, url, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
		}
	})
	checkAll(t, url, tree)
}

func TestTheServerIsKilledAndComesBack(t *testing.T) {
	m := newMarket(12, 200)
	days := m.days()
	// With synchronous commits: what was committed is there after a crash.
	server := pgtest.New(t, "fsync = off", "synchronous_commit = on", "full_page_writes = on")
	url := server.Database(t, "")
	m.load(t, url, days[150])
	tree := newTree(t, pipeline(t))
	runUntilDone(t, url, tree, []string{"a", "b"}, days[198], func() {
		for i := 150; i < 199; i += 17 {
			m.add(t, url, days[i], days[min(i+17, 199)])
			time.Sleep(300 * time.Millisecond)
			if i%2 == 0 {
				server.Kill()
			} else {
				server.Stop()
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
		}
	})
	checkAll(t, url, tree)
}
