package postgres

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// claimed registers processes and has a holder claim them for an hour.
func claimed(t *testing.T, tables *Tables, ids ...string) (holder int64, processes []database.Process, claims []database.Claim) {
	t.Helper()
	ctx := context.Background()
	for _, id := range ids {
		processes = append(processes, database.Process{ID: id, Table: id, Spec: []byte("{}"), Inputs: []string{}})
	}
	if err := tables.Register(ctx, processes); err != nil {
		t.Fatal(err)
	}
	holder, err := tables.BeginScheduler(ctx, database.Scheduler{Name: "one"})
	if err != nil {
		t.Fatal(err)
	}
	for range ids {
		c, err := tables.Claim(ctx, holder, ids, time.Hour, false)
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		claims = append(claims, *c)
	}
	return holder, processes, claims
}

// remaining is what a claim has left.
func remaining(t *testing.T, url, id string) time.Duration {
	t.Helper()
	var seconds float64
	text := pgtest.Query(t, url, fmt.Sprintf("select extract(epoch from expires - clock_timestamp()) from tdlake.claims where local_hash_id = '%s'", id))[0][0]
	if _, err := fmt.Sscan(text, &seconds); err != nil {
		t.Fatal(err)
	}
	return time.Duration(seconds * float64(time.Second))
}

// TestHeartbeatsDoNotWaitForWrites fences one claim as a long write does: the holder's others are renewed, nobody gets the one,
// and what was lost is said.
func TestHeartbeatsDoNotWaitForWrites(t *testing.T) {
	url := pgtest.Database(t)
	tables := openTables(t, url)
	holder, _, claims := claimed(t, tables, "a", "b", "c")
	release := pgtest.Hold(t, url, "begin; select from tdlake.claims where local_hash_id = 'a' for update")
	pgtest.Exec(t, url, "update tdlake.claims set token = token + 1, holder = -1 where local_hash_id = 'c'")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	held, stop, err := tables.Heartbeat(ctx, holder, claims, 10*time.Hour)
	if err != nil || stop || len(held) != 2 || !slices.Contains(held, claims[0]) || !slices.Contains(held, claims[1]) {
		t.Errorf("%v, %v, %v", held, stop, err)
	}
	if left := remaining(t, url, "b"); left < 9*time.Hour {
		t.Errorf("a claim beside one that is written has %s left", left)
	}
	if left := remaining(t, url, "c"); left > time.Hour {
		t.Errorf("another's claim has %s left", left)
	}
	pgtest.Exec(t, url, "update tdlake.claims set expires = clock_timestamp() - interval '1 hour' where local_hash_id = 'b'")
	if c, err := openTables(t, url).Claim(ctx, -2, []string{"a", "b"}, time.Hour, false); err != nil || c == nil || c.ID != "b" {
		t.Errorf("%v, %v", c, err)
	}
	release()
	for ctx.Err() == nil && remaining(t, url, "a") < 9*time.Hour { // the server lets go a moment after the connection has
		held, _, err = tables.Heartbeat(ctx, holder, claims, 10*time.Hour)
	}
	if err != nil || !slices.Equal(held, claims[:1]) {
		t.Errorf("%v, %v", held, err)
	}
}

// TestAWriteCostsNoClaim has a write wait: what its claim has left is the same afterwards.
func TestAWriteCostsNoClaim(t *testing.T) {
	url := pgtest.Database(t)
	tables := openTables(t, url)
	_, processes, claims := claimed(t, tables, "a")
	b := frame.NewBuilder(frame.Long("value"))
	b.Time(0, 1)
	b.String(1, "A")
	b.Float(2, 1)
	release := pgtest.Hold(t, url, "begin; lock table tdlake.updates in exclusive mode")
	before := remaining(t, url, "a")
	done := make(chan error, 1)
	begin := time.Now()
	go func() {
		done <- tables.Write(context.Background(), &database.Batch{Process: processes[0], Claim: claims[0], To: 2, Rows: b.Frame(), Now: database.Progress{To: 2}, State: "updated"})
	}()
	eventually(t, url, oneWaits)
	waits := time.Now()
	time.Sleep(time.Second)
	waited := time.Since(waits)
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if lost, took := before-remaining(t, url, "a"), time.Since(begin); lost > took-waited+10*time.Millisecond {
		t.Errorf("a write that waited %s of its %s took %s of its claim", waited, took, lost)
	}
}
