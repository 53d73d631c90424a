package schedule

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// Nodes that another process holds are waited for without keeping others from their turn.
func TestWaitingTakesNoTurn(t *testing.T) {
	m := newMarket(3, 130)
	url := pgtest.Database(t)
	m.load(t, url, m.days()[129])
	p := pipeline(t, "a: {kind: interpolate, method: previous, input: prices, every: 2d}", "b: {kind: interpolate, method: previous, input: prices, every: 3d}",
		"c: {kind: interpolate, method: previous, input: prices, every: 4d}", "d: {kind: interpolate, method: previous, input: prices, every: 5d}")
	const free = 1
	var held []string
	nodes := allNodes(t, p)
	tree := NewTree(nodes[len(nodes)-4:], nil, micros(start), false)
	store := openStore(t, url)
	defer store.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	h, err := Hold(ctx, store, database.Scheduler{Name: "test"}, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	done := make(chan string, 4)
	pass := &Pass{Updater: NewUpdater(store, tree, Options{Until: math.MaxInt64}), Claims: store, Holder: h, Jobs: 2, Say: t.Logf}
	pass.Tell = func(r Report) { done <- r.Node.Name }
	if err := pass.Register(ctx); err != nil {
		t.Fatal(err)
	}
	var claims []*database.Claim
	for i, n := range tree.Nodes {
		if i == free {
			continue
		}
		held = append(held, n.Name)
		c, err := store.Claim(ctx, h.ID+1, []string{n.ID()}, time.Minute, true)
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		claims = append(claims, c)
	}
	ended := make(chan error, 1)
	go func() { ended <- pass.Run(ctx) }()
	select {
	case name := <-done:
		if name != tree.Nodes[free].Name {
			t.Errorf("%s was updated, which another holds", name)
		}
	case <-ctx.Done():
		t.Errorf("while %v are held by another, nothing is updated", held)
	}
	for _, c := range claims {
		store.Release(t.Context(), *c)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
