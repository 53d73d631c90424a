package schedule

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/duckdb"
	"github.com/tdlake/tdlake/graph"
)

// runFileVictim updates the tables in a DuckDB file, pass after pass, until it is killed.
func runFileVictim(url, path string) error {
	ctx := context.Background()
	source, err := duckdb.Open(ctx, database.Address{Scheme: database.DuckDB, Path: strings.TrimPrefix(url, "duckdb:")})
	if err != nil {
		return err
	}
	_, p, err := graph.Load(path, nil)
	if err != nil {
		return err
	}
	var nodes []*graph.Node
	for _, name := range p.Names() {
		some, err := p.Nodes(name, p.Defaults())
		if err != nil {
			return err
		}
		nodes = append(nodes, some...)
	}
	s := duckStore{source.Tables()}
	h, err := Hold(ctx, s, database.Scheduler{Name: "victim"}, time.Minute)
	if err != nil {
		return err
	}
	tree := NewTree(nodes, nil, micros(start), false)
	pass := &Pass{
		Updater: NewUpdater(s, tree, Options{Until: math.MaxInt64}), Claims: s, Holder: h, Jobs: 2,
		Tell: func(Report) {}, Say: func(string, ...any) {},
	}
	for {
		if err := pass.Register(ctx); err != nil {
			return err
		}
		if err := pass.Run(ctx); err != nil {
			return err
		}
		s.Wait(ctx, time.Millisecond)
	}
}

// TestKilledUpdatesLoseNothing kills with SIGKILL, again and again, a process that updates a DuckDB file, and checks each
// time that the file opens, and that progress, rows and log agree.
func TestKilledUpdatesLoseNothing(t *testing.T) {
	kills := killsWanted(t, 15)
	m := newMarket(13, 260)
	days := m.days()
	url := emptyFile(t)
	at := 115
	m.load(t, url, days[at])
	path := writeConfig(t, everyKind...)
	_, p, err := graph.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	tree := newTree(t, p)
	mustPass(t, url, tree, until(micros("2022-03-10")))
	rng := rand.New(rand.NewPCG(4, 4))
	halfway := 0
	for k := range kills {
		if err := openStore(t, url).Close(); err != nil { // the victim's turn
			t.Fatal(err)
		}
		victim := spawn(t, url, path)
		time.Sleep(time.Duration(rng.IntN(1000)) * time.Millisecond)
		kill(victim)
		if victim.ProcessState.Exited() {
			t.Fatalf("the process ended before it was killed: %s", victim.ProcessState)
		}
		if n := len(query(t, url, "select distinct to_us from tdlake.nodes")); n > 1 {
			halfway++
		}
		checkLog(t, url)
		if k%5 == 4 {
			checkAll(t, url, tree)
		}
		if next := 115 + (k+1)*100/kills; next > at {
			m.add(t, url, days[at], days[next])
			at = next
		}
	}
	mustPass(t, url, tree)
	checkAll(t, url, tree)
	checkLog(t, url)
	t.Logf("%d kills, %d of them amid a pass", kills, halfway)
}
