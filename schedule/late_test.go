package schedule

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// onlyByIdentifier are the nodes that catch up by themselves with rows that come late.
func onlyByIdentifier(nodes []*graph.Node) []*graph.Node {
	return slices.DeleteFunc(slices.Clone(nodes), func(n *graph.Node) bool { return origin(n) == nil })
}

// deliver loads the prices of an identifier up to a row of its own, from where it had come.
func (m market) deliver(t *testing.T, url string, at map[string]int, id string, to int) {
	var rows [][]any
	for _, r := range m.prices {
		if r[1] == id {
			rows = append(rows, r)
		}
	}
	to = max(at[id], min(to, len(rows)))
	load(t, url, "prices", rows[at[id]:to])
	at[id] = to
}

// Each identifier's history comes in pieces of its own, cut at random. After every pass, whatever is computed identifier by
// identifier is what a computation from scratch gives, and the rest after one that revises.
func TestIdentifiersThatLagAreFromScratch(t *testing.T) { onBoth(t, identifiersThatLagAreFromScratch) }

func identifiersThatLagAreFromScratch(t *testing.T, empty func(testing.TB) string) {
	ids := []string{"AA", "BB", "CC", "DD", "EE", "FF", "L1", "S1"}
	for seed := range uint64(2) {
		m := newMarket(seed+20, 200)
		url := empty(t)
		execute(t, url, tables)
		load(t, url, "holdings", m.holdings)
		if seed == 1 {
			execute(t, url, "create index by_identifier on prices (unique_identifier, time_index)")
		}
		rng := rand.New(rand.NewPCG(seed, 7))
		at := map[string]int{}
		for _, id := range ids[2:] { // two are listed late
			m.deliver(t, url, at, id, 110+rng.IntN(15))
		}
		tree := newTree(t, pipeline(t, everyKind...))
		catching := *tree
		catching.Nodes = onlyByIdentifier(tree.Nodes)
		mustPass(t, url, tree)
		caught := 0
		for step := range 7 {
			for _, id := range ids {
				if step == 6 {
					m.deliver(t, url, at, id, 1000)
				} else if rng.IntN(3) > 0 {
					m.deliver(t, url, at, id, max(at[id], 100)+rng.IntN([]int{2, 20, 40}[rng.IntN(3)]))
				}
			}
			for _, r := range mustPass(t, url, tree) {
				if len(r.Late) > 0 {
					caught++
				}
				if len(r.Marks) > 0 && origin(r.Node) != nil {
					t.Errorf("seed %d: %v", seed, r.Marks)
				}
			}
			checkAll(t, url, &catching)
		}
		if caught < 20 {
			t.Errorf("seed %d: late rows came to %d updates only", seed, caught)
		}
		for _, r := range mustPass(t, url, &catching) {
			if r.State != Current {
				t.Errorf("seed %d: with nothing new: %s", seed, r)
			}
		}
		mustPass(t, url, tree, revise)
		checkAll(t, url, tree)
		for _, r := range mustPass(t, url, tree) {
			if r.State != Current || len(r.Marks) > 0 {
				t.Errorf("seed %d: after all is revised: %s", seed, r)
			}
		}
	}
}

// What was revised is not reported as changed by the update after it, not where the rows that are known as of its beginning are
// among them.
func TestWhatWasRevisedIsNotReportedAgain(t *testing.T) { onBoth(t, whatWasRevisedIsNotReportedAgain) }

func whatWasRevisedIsNotReportedAgain(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(4, 220)
	days := m.days()
	url := empty(t)
	cut := slices.IndexFunc(days, func(d time.Time) bool { return d.Format("2006-01-02") >= "2022-06-10" })
	m.load(t, url, days[cut])
	tree := newTree(t, pipeline(t, everyKind...))
	mustPass(t, url, tree)
	m.add(t, url, days[cut], days[cut+2])
	mustPass(t, url, tree)
	execute(t, url, `update prices set close = close * 1.01 where (time_index, unique_identifier) in
		(select max(time_index), unique_identifier from prices where time_index < '2022-06-01 00:00:00+00' and close > 0 group by unique_identifier)`)
	mustPass(t, url, tree, revise)
	m.add(t, url, days[cut+2], days[cut+5])
	for _, r := range mustPass(t, url, tree) {
		if len(r.Marks) > 0 {
			t.Errorf("%s: %v", r, r.Marks)
		}
	}
	checkAll(t, url, tree)
}

// Of the identifiers that have nothing late, no row is written again.
func TestOnlyLateIdentifiersAreWritten(t *testing.T) {
	m := newMarket(6, 200)
	days := m.days()
	url := pgtest.Database(t)
	m.load(t, url, days[160])
	held := fmt.Sprintf("from prices where unique_identifier = 'BB' and time_index >= '%s'", days[155].Format(time.RFC3339))
	pgtest.Exec(t, url, "create table held as select * "+held+"; delete "+held)
	tree := newTree(t, pipeline(t, everyKind...))
	mustPass(t, url, tree)
	written := `select unique_identifier, count(*) from tdlake."` + tree.Nodes[0].TableID() + `" where xmin::text::bigint > %s group by 1 order by 1`
	before := pgtest.Query(t, url, "select txid_current()")[0][0]
	pgtest.Exec(t, url, "insert into prices select * from held")
	var due []string
	for _, n := range dueOf(t, url, tree) {
		due = append(due, n.Name)
	}
	if fmt.Sprint(due) != "[interpolated daily]" {
		t.Errorf("with late rows alone, %v are due", due)
	}
	m.add(t, url, days[160], days[161])
	reports := mustPass(t, url, tree)
	got := pgtest.Query(t, url, fmt.Sprintf(written, before))
	for _, r := range got {
		if late := r[0] == "BB"; late != (r[1] != "1") {
			t.Errorf("%s: %s rows were written", r[0], r[1])
		}
	}
	if len(got) < 7 || reports[0].State != CaughtUp || fmt.Sprint(reports[0].Late) != "[BB]" {
		t.Errorf("%v; %s", got, reports[0])
	}
}

func TestSchedulersCatchUp(t *testing.T) {
	m := newMarket(14, 170)
	days := m.days()
	url := pgtest.Database(t)
	m.load(t, url, days[150])
	held := fmt.Sprintf("from prices where unique_identifier in ('BB', 'CC') and time_index >= '%s'", days[120].Format(time.RFC3339))
	pgtest.Exec(t, url, "create table held as select * "+held+"; delete "+held)
	tree := newTree(t, pipeline(t, everyKind...))
	runUntilDone(t, url, tree, []string{"a", "b"}, days[149], func() {
		pgtest.Exec(t, url, "insert into prices select * from held")
		for deadline := time.Now().Add(2 * time.Minute); len(dueOf(t, url, tree)) > 0; time.Sleep(200 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("late rows are not taken in")
			}
		}
	})
	catching := *tree
	catching.Nodes = onlyByIdentifier(tree.Nodes)
	checkAll(t, url, &catching)
}

func dueOf(t *testing.T, url string, tree *Tree) []*graph.Node {
	t.Helper()
	s := openStore(t, url)
	defer s.Close()
	due, err := NewUpdater(s, tree, Options{Until: math.MaxInt64}).Due(context.Background(), tree.Nodes)
	if err != nil {
		t.Fatal(err)
	}
	return due
}
