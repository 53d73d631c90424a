package schedule

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

func TestIncrementalIsFromScratch(t *testing.T) { onBoth(t, incrementalIsFromScratch) }

func incrementalIsFromScratch(t *testing.T, empty func(testing.TB) string) {
	for seed := range uint64(2) {
		m := newMarket(seed, 220)
		days := m.days()
		url := empty(t)
		rng := rand.New(rand.NewPCG(seed, 1))
		at := 110 + rng.IntN(20)
		m.load(t, url, days[at])
		tree := newTree(t, pipeline(t, everyKind...))
		mustPass(t, url, tree)
		for at < len(days) {
			next := min(len(days), at+1+rng.IntN([]int{1, 20, 50, 70}[rng.IntN(4)]))
			last := days[len(days)-1].AddDate(0, 0, 1)
			if next < len(days) {
				last = days[next]
			}
			m.add(t, url, days[at], last)
			for _, r := range mustPass(t, url, tree) {
				if len(r.Marks) > 0 {
					t.Errorf("seed %d: %s: %v", seed, r.Node.Name, r.Marks)
				}
				if r.State != "updated" {
					t.Errorf("seed %d: %s was %s", seed, r.Node.Name, r.State)
				}
			}
			at = next
			if rng.IntN(3) == 0 {
				checkAll(t, url, tree)
			}
		}
		checkAll(t, url, tree)
		for _, r := range mustPass(t, url, tree) {
			if r.State != Current {
				t.Errorf("seed %d: with nothing new: %s", seed, r)
			}
		}
	}
}

func TestThinnedGridsAreFromScratch(t *testing.T) { onBoth(t, thinnedGridsAreFromScratch) }

// thinnedGridsAreFromScratch keeps nodes whose inputs lack times of the grid they are made from: as many of the times they have are looked back at.
func thinnedGridsAreFromScratch(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(8, 170)
	days := m.days()
	url := empty(t)
	p := pipeline(t,
		"gappy: {kind: interpolate, method: previous, input: prices, every: 6h, max_gap: 9h}",
		"gappy_mean: {kind: rolling, input: gappy, column: close, function: mean, in_window: 60}",
		`fridays: {kind: sql, inputs: {x: interpolated}, lookback: 0, query: "select * from x where dayofweek(time_index) = 5"}`,
		"weekly_mean: {kind: rolling, input: fridays, column: close, function: mean, in_window: 9}")
	var nodes []*graph.Node
	for _, n := range allNodes(t, p) {
		if n.Name == "gappy_mean" || n.Name == "weekly_mean" {
			nodes = append(nodes, n)
		}
	}
	tree := NewTree(nodes, nil, micros(start), false)
	m.load(t, url, days[120])
	for at := 120; at+16 < len(days); at += 16 {
		mustPass(t, url, tree)
		checkAll(t, url, tree)
		m.add(t, url, days[at], days[at+16])
	}
	for _, n := range nodes {
		if first := stored(t, url, n, math.MaxInt64).Times()[0]; first > micros("2022-03-05") {
			t.Errorf("%s begins at %s", n.Name, time.UnixMicro(first).UTC())
		}
	}
}

func TestUntilBounds(t *testing.T) { onBoth(t, untilBounds) }

func untilBounds(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(7, 180)
	url := empty(t)
	m.load(t, url, m.days()[179])
	tree := newTree(t, pipeline(t, everyKind...))
	for _, day := range []string{"2022-04-14", "2022-04-15", "2022-05-20"} {
		mustPass(t, url, tree, until(micros(day)))
		checkAll(t, url, tree)
		got := query(t, url, "select count(*) from tdlake.nodes where last_time >= '"+day+" 00:00:00+00'")[0][0]
		if got != "0" {
			t.Errorf("%s nodes have rows at or after %s", got, day)
		}
	}
}

func TestBothDatabasesHoldTheSameBits(t *testing.T) {
	m := newMarket(16, 170)
	days := m.days()
	tree := newTree(t, pipeline(t, everyKind...))
	urls := []string{pgtest.Database(t), emptyFile(t)}
	for _, url := range urls {
		m.load(t, url, days[140])
		mustPass(t, url, tree)
		m.add(t, url, days[140], days[169])
		mustPass(t, url, tree)
	}
	for _, n := range tree.Nodes {
		sameFrame(t, n.Name, stored(t, urls[0], n, farFuture), stored(t, urls[1], n, farFuture))
	}
}
