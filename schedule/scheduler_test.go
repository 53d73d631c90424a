package schedule

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// watched is claims that are kept for a moment longer, and what those held at once took at the most.
type watched struct {
	Claims
	needs map[string]int64 // by local_hash_id

	mu                sync.Mutex
	held              map[string]int64
	nodes, need, most int64 // how many were held at once at the most, and what they took; what one took
}

func (w *watched) Claim(ctx context.Context, holder int64, ids []string, lease time.Duration, force bool) (*database.Claim, error) {
	c, err := w.Claims.Claim(ctx, holder, ids, lease, force)
	w.mu.Lock()
	defer w.mu.Unlock()
	if c != nil {
		w.held[c.ID] = w.needs[c.ID]
		w.nodes, w.most = max(w.nodes, int64(len(w.held))), max(w.most, w.needs[c.ID])
		sum := int64(0)
		for n := range maps.Values(w.held) {
			sum += n
		}
		w.need = max(w.need, sum)
	}
	return c, err
}

// together waits until as many nodes were held at once, so that none is released before the others are seen beside it.
func (w *watched) together(nodes int64) {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		w.mu.Lock()
		seen := w.nodes >= nodes
		w.mu.Unlock()
		if seen {
			return
		}
	}
}

func (w *watched) Release(ctx context.Context, c database.Claim) error {
	w.together(3)
	time.Sleep(200 * time.Millisecond) // nor before any that must not be
	w.mu.Lock()
	delete(w.held, c.ID)
	w.mu.Unlock()
	return w.Claims.Release(ctx, c)
}

func TestResourcesBindWhatIsUpdatedAtOnce(t *testing.T) {
	m := newMarket(2, 120)
	url := pgtest.Database(t)
	m.load(t, url, m.days()[119])
	needs := []int64{0, 1, 1, 1, 2, 2, 3} // of gpus; there are two
	var lines, names []string
	for i := range needs {
		names = append(names, fmt.Sprintf("lag%d", i))
		lines = append(lines, fmt.Sprintf("%s: {kind: lag, input: prices, rows: %d}", names[i], i+1))
	}
	tree := NewTree(nodesNamed(t, pipeline(t, lines...), names...), nil, micros(start), false)
	db := openSource(t, url)
	s := newScheduler(db, tree, "nvidia")
	defer s.Claims.(pgStore).Close()
	defer s.Waiter.(interface{ Close() }).Close()
	w := &watched{Claims: s.Claims, needs: map[string]int64{}, held: map[string]int64{}}
	for i, n := range tree.Nodes {
		w.needs[n.ID()] = needs[i]
	}
	s.Claims, s.Jobs, s.Idle = w, 4, func() bool { return true }
	s.Who.Resources = map[string]int64{"gpus": 2}
	s.Duty = func(n *graph.Node) graph.Duty {
		return graph.Duty{Resources: map[string]int64{"gpus": w.needs[n.ID()]}}
	}
	ctx := context.Background()
	if err := s.Register(ctx); err != nil {
		t.Fatal(err)
	}
	heart := db.Tables()
	defer heart.Close()
	var err error
	if s.Holder, err = Hold(ctx, heart, s.Who, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	defer s.Holder.Close()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if w.need != 2 || w.most != 2 || w.nodes != 3 {
		t.Errorf("at most %d nodes at once, which took %d; one took %d", w.nodes, w.need, w.most)
	}
	if got := pgtest.Query(t, url, "select count(*) from tdlake.nodes where from_us is not null")[0][0]; got != "6" {
		t.Errorf("%s nodes have rows, not all but the one that needs more than there is", got)
	}
}
