package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// twoProcesses is a process for two assets and one for all, which fill one table.
var twoProcesses = []string{
	"few: {kind: table, table: prices, columns: [close], identifiers: [AA, BB], ignore_local_kwargs: [identifiers]}",
	"many: {kind: table, table: prices, columns: [close], identifiers: [AA, BB, CC, DD, EE, FF, L1, S1], ignore_local_kwargs: [identifiers]}",
	"few_prices: {kind: interpolate, method: previous, input: few, every: 1d}",
	"many_prices: {kind: interpolate, method: previous, input: many, every: 1d}",
	"few_returns: {kind: returns, input: few_prices, column: close}",
	"many_returns: {kind: returns, input: many_prices, column: close}",
}

func nodesNamed(t testing.TB, p *graph.Pipeline, names ...string) (all []*graph.Node) {
	t.Helper()
	for _, name := range names {
		nodes, err := p.Nodes(name, p.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, nodes...)
	}
	return all
}

func TestTwoProcessesFillOneTable(t *testing.T) { onBoth(t, twoProcessesFillOneTable) }

func twoProcessesFillOneTable(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(2, 220)
	days := m.days()
	url := empty(t)
	m.load(t, url, days[120])
	p := pipeline(t, twoProcesses...)
	few := NewTree(nodesNamed(t, p, "few_returns"), nil, micros(start), false)
	many := NewTree(nodesNamed(t, p, "many_returns"), nil, micros(start), false)
	if a, b := few.Targets[0], many.Targets[0]; a.TableID() != b.TableID() || a.ID() == b.ID() {
		t.Fatalf("tables %s and %s, processes %s and %s", a.TableID(), b.TableID(), a.ID(), b.ID())
	}
	at := 120
	for _, next := range []int{121, 150, 151, len(days) - 1} {
		var g sync.WaitGroup
		for _, tree := range []*Tree{few, many} {
			g.Go(func() {
				if _, err := pass(t, url, tree); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		m.add(t, url, days[at], days[next])
		at = next
		mustPass(t, url, few) // the two are at different times now
		checkAll(t, url, few)
	}
	mustPass(t, url, many)
	checkAll(t, url, few)
	checkAll(t, url, many)
	table := `tdlake."` + few.Targets[0].TableID() + `"`
	for _, r := range query(t, url, "select unique_identifier, min(array_length(tdlake_processes, 1)), max(array_length(tdlake_processes, 1)) from "+table+" group by 1") {
		want := map[bool]string{true: "2", false: "1"}[r[0] == "AA" || r[0] == "BB"]
		if r[1] != want || r[2] != want {
			t.Errorf("%s: rows have from %s to %s processes", r[0], r[1], r[2])
		}
	}
}

func TestProcessesThatDisagreeAreRefused(t *testing.T) { onBoth(t, processesThatDisagreeAreRefused) }

func processesThatDisagreeAreRefused(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(2, 130)
	url := empty(t)
	m.load(t, url, m.days()[129])
	p := pipeline(t, twoProcesses...)
	few := NewTree(nodesNamed(t, p, "few_returns"), nil, micros(start), false)
	many := NewTree(nodesNamed(t, p, "many_returns"), nil, micros(start), false)
	mustPass(t, url, few)
	execute(t, url, "update prices set close = close + 1e-12 where unique_identifier = 'AA' and time_index = '"+m.days()[115].Format(time.RFC3339)+"'")
	before := query(t, url, `select count(*), sum(rows) from tdlake.nodes where from_us is not null`)
	_, err := pass(t, url, many)
	var disagree *database.DisagreementError
	if !errors.As(err, &disagree) {
		t.Fatalf("%v", err)
	}
	fewID, manyID := few.Nodes[0].ID(), many.Nodes[0].ID()
	if disagree.First != fewID || disagree.Second != manyID || !strings.Contains(disagree.Key, "AA") || disagree.Column != "close" {
		t.Errorf("%v", disagree)
	}
	if after := query(t, url, `select count(*), sum(rows) from tdlake.nodes where from_us is not null`); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%v before, %v after", before, after)
	}
	checkStored(t, url, few.Targets[0])
}

// checkStored checks that a node's rows can be read.
func checkStored(t testing.TB, url string, n *graph.Node) {
	t.Helper()
	if f := stored(t, url, n, farFuture); f.Rows() == 0 {
		t.Errorf("%s has no rows", n.Name)
	}
}

func TestRevisedRowsAreReportedAndRecomputed(t *testing.T) {
	onBoth(t, revisedRowsAreReportedAndRecomputed)
}

func revisedRowsAreReportedAndRecomputed(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(4, 220)
	days := m.days()
	url := empty(t)
	m.load(t, url, days[160])
	tree := newTree(t, pipeline(t, everyKind...))
	mustPass(t, url, tree)
	change := "update prices set close = close * 1.01 where unique_identifier = 'BB' and time_index = '%s'"
	execute(t, url, fmt.Sprintf(change, days[158].Format(time.RFC3339)))
	m.add(t, url, days[160], days[163])
	told := map[string]bool{}
	for _, r := range mustPass(t, url, tree) {
		for _, c := range r.Marks {
			told[r.Node.Name+" "+c.What] = true
		}
	}
	if !told["interpolated prices, in "+days[158].Format("2006-01")+": BB"] {
		t.Errorf("told of %v", told)
	}
	mustPass(t, url, tree, revise)
	checkAll(t, url, tree)

	// A change long ago, a row that came late, one that is gone, and a membership: found where all is read again.
	execute(t, url, fmt.Sprintf(change, days[95].Format(time.RFC3339)))
	execute(t, url, fmt.Sprintf("delete from prices where unique_identifier = 'AA' and time_index = '%s'", days[140].Format(time.RFC3339)))
	execute(t, url, fmt.Sprintf("insert into prices values ('%s', 'AA', 60)", days[130].Add(time.Hour).Format(time.RFC3339)))
	execute(t, url, "delete from holdings where unique_identifier = 'FF' and etf = 'S1' and time_index = (select max(time_index) from holdings)")
	m.add(t, url, days[163], days[165])
	mustPass(t, url, tree, revise)
	checkAll(t, url, tree)
	for _, r := range mustPass(t, url, tree, revise) {
		if r.State != Current || len(r.Marks) > 0 {
			t.Errorf("nothing changed since: %s %v", r, r.Marks)
		}
	}
}

func TestAnEarlierStartIsExtended(t *testing.T) { onBoth(t, anEarlierStartIsExtended) }

func anEarlierStartIsExtended(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(5, 220)
	url := empty(t)
	m.load(t, url, m.days()[200])
	p := pipeline(t, "slow: {kind: rolling, input: returns, function: mean, in_window: 80}")
	mustPass(t, url, NewTree(nodesNamed(t, p, "portfolio"), nil, micros(start), false))
	tree := newTree(t, p)
	states := map[string]string{}
	for _, r := range mustPass(t, url, tree) {
		states[r.Node.Name] = r.State
	}
	if states["returns"] != "extended" || states["slow"] != "updated" || states["portfolio"] != Current {
		t.Errorf("%v", states)
	}
	checkAll(t, url, tree)
}

func TestANodeAlone(t *testing.T) { onBoth(t, aNodeAlone) }

func aNodeAlone(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(6, 160)
	days := m.days()
	url := empty(t)
	m.load(t, url, days[140])
	p := pipeline(t)
	alone := NewTree(nodesNamed(t, p, "portfolio"), nil, micros(start), true)
	var notReady *NotReadyError
	if _, err := pass(t, url, alone); !errors.As(err, &notReady) {
		t.Fatalf("%v", err)
	}
	tree := newTree(t, p)
	mustPass(t, url, tree)
	m.add(t, url, days[140], days[150])
	mustPass(t, url, NewTree(nodesNamed(t, p, "long_lasso", "short_lasso"), nil, micros(start), true))
	if r := mustPass(t, url, alone); r[0].State != Current {
		t.Errorf("its inputs have nothing new: %s", r[0])
	}
	mustPass(t, url, NewTree(nodesNamed(t, p, "long_lasso", "short_lasso"), nil, micros(start), false))
	if r := mustPass(t, url, alone); r[0].Written == 0 {
		t.Errorf("its inputs have grown: %s", r[0])
	}
	checkAll(t, url, tree)
}

func TestALostClaimWritesNothing(t *testing.T) { onBoth(t, aLostClaimWritesNothing) }

func aLostClaimWritesNothing(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(8, 130)
	url := empty(t)
	m.load(t, url, m.days()[129])
	tree := newTree(t, pipeline(t))
	ctx := context.Background()
	s := openStore(t, url)
	defer s.Close()
	u := NewUpdater(s, tree, Options{Until: farFuture})
	if err := u.Register(ctx); err != nil {
		t.Fatal(err)
	}
	n := tree.Nodes[0]
	first, err := s.Claim(ctx, 1, []string{n.ID()}, time.Millisecond, false)
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	time.Sleep(5 * time.Millisecond)
	second, err := s.Claim(ctx, 2, []string{n.ID()}, time.Minute, false)
	if err != nil || second == nil {
		t.Fatal("an expired lease was not taken over", err)
	}
	if third, err := s.Claim(ctx, 3, []string{n.ID()}, time.Minute, false); err != nil || third != nil {
		t.Fatal("a lease that holds was taken over", err)
	}
	var lost *database.LostClaimError
	if _, err := u.Update(ctx, n, *first); !errors.As(err, &lost) {
		t.Errorf("%v", err)
	}
	if known, _ := s.Progress(ctx, []string{n.ID()}); len(known) != 0 {
		t.Errorf("%v", known)
	}
	if r, err := u.Update(ctx, n, *second); err != nil || r.Written == 0 {
		t.Errorf("%v, %v", r, err)
	}
}

// Two processes that fill one table both read a source that changes and has late rows. Each takes that in by itself, whichever
// comes first; what one has not yet taken in is no disagreement.
func TestTwoProcessesReviseOneTable(t *testing.T) { onBoth(t, twoProcessesReviseOneTable) }

func twoProcessesReviseOneTable(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(2, 180)
	days := m.days()
	p := pipeline(t, twoProcesses...)
	few := NewTree(nodesNamed(t, p, "few_returns"), nil, micros(start), false)
	many := NewTree(nodesNamed(t, p, "many_returns"), nil, micros(start), false)
	for _, order := range [][]*Tree{{few, many}, {many, few}} {
		url := empty(t)
		m.load(t, url, days[150])
		held := fmt.Sprintf("from prices where unique_identifier = 'BB' and time_index >= '%s'", days[140].Format(time.RFC3339))
		execute(t, url, "create table held as select * "+held+"; delete "+held)
		mustPass(t, url, few)
		mustPass(t, url, many)
		execute(t, url, "insert into prices select * from held")
		for _, tree := range order {
			for _, r := range mustPass(t, url, tree) {
				if r.State != CaughtUp || len(r.Marks) > 0 {
					t.Errorf("%s: %v", r, r.Marks)
				}
			}
		}
		checkAll(t, url, few)
		checkAll(t, url, many)
		execute(t, url, fmt.Sprintf("update prices set close = close * 1.01 where time_index = '%s'; delete from prices where time_index = '%s' and unique_identifier in ('AA', 'EE')",
			days[130].Format(time.RFC3339), days[135].Format(time.RFC3339)))
		for _, tree := range order {
			mustPass(t, url, tree, revise)
		}
		m.add(t, url, days[150], days[160])
		for _, tree := range order {
			mustPass(t, url, tree)
		}
		checkAll(t, url, few)
		checkAll(t, url, many)
	}
}
