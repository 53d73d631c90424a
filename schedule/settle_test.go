package schedule

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
)

func TestWhatIsNotSettledWaits(t *testing.T) { onBoth(t, whatIsNotSettledWaits) }

func whatIsNotSettledWaits(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(9, 130)
	url, p := empty(t), pipeline(t, direct)
	m.load(t, url, m.days()[129])
	settled, fresh := time.Now().UTC().Add(-2*time.Hour).Truncate(time.Second), time.Now().UTC().Add(-10*time.Minute).Truncate(time.Second)
	load(t, url, "prices", [][]any{{settled, "AA", 50.0}, {fresh, "AA", 51.0}})
	var nodes []*graph.Node
	for _, n := range allNodes(t, p) {
		if n.Name == "interpolated" || n.Name == "direct" {
			nodes = append(nodes, n)
		}
	}
	tree := NewTree(nodes, nil, micros(start), false)
	duty := func(d graph.Duty) setting {
		return func(p *Pass) {
			p.options.Duty = func(n *graph.Node) graph.Duty {
				if n.Name == "prices" {
					return d
				}
				return graph.Duty{}
			}
		}
	}
	last := func() string { return query(t, url, "select min(to_us), max(to_us) from tdlake.nodes")[0][0] }
	mustPass(t, url, tree, duty(graph.Duty{Settle: time.Hour}))
	checkAll(t, url, tree)
	for _, n := range nodes {
		if f := stored(t, url, n, math.MaxInt64); f.Times()[f.Rows()-1] != settled.UnixMicro() {
			t.Errorf("%s goes to %s, and not to %s", n.Name, time.UnixMicro(f.Times()[f.Rows()-1]).UTC(), settled)
		}
	}
	before := last()
	for _, r := range mustPass(t, url, tree, duty(graph.Duty{Settle: 11 * time.Minute})) {
		if r.State != Current {
			t.Errorf("settled too soon: %s", r)
		}
	}
	mustPass(t, url, tree, duty(graph.Duty{Settle: time.Minute}))
	if last() == before {
		t.Error("what is settled is not taken")
	}
	checkAll(t, url, tree)
}

func TestWhatIsNotCompleteWaits(t *testing.T) { onBoth(t, whatIsNotCompleteWaits) }

func whatIsNotCompleteWaits(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(10, 150)
	days, url, p := m.days(), empty(t), pipeline(t, direct)
	tree := newTree(t, p)
	m.load(t, url, days[130])
	mustPass(t, url, tree)
	var warned []string
	complete := func(condition string) setting {
		return func(p *Pass) {
			p.options.Warn = func(text string) { warned = append(warned, text) }
			p.options.Duty = func(n *graph.Node) (d graph.Duty) {
				if n.Name == "prices" {
					d.CompleteWhen = condition
				}
				return d
			}
		}
	}
	piece := func(ids ...string) {
		for _, id := range ids {
			load(t, url, "prices", [][]any{{days[130], id, 60.0}})
		}
	}
	piece("AA", "BB")
	condition := "count(distinct unique_identifier) >= 3 -- of eight"
	for _, r := range mustPass(t, url, tree, complete(condition)) {
		if r.State != Current {
			t.Errorf("half of a day was taken: %s", r)
		}
	}
	if len(warned) == 0 || !strings.Contains(warned[0], "prices is not complete at "+days[130].Format(time.RFC3339)) {
		t.Errorf("warned of %q", warned)
	}
	piece("L1", "S1")
	for _, r := range mustPass(t, url, tree, complete(condition)) {
		if r.State != Updated || len(r.Marks) > 0 {
			t.Errorf("a whole day was not taken: %s %v", r, r.Marks)
		}
	}
	checkAll(t, url, tree)
	m.add(t, url, days[131], days[132])
	for _, wrong := range []string{"count(*) > 1) or (true", "no_such_column > 1", "random() > 0.5"} {
		if _, err := pass(t, url, tree, complete(wrong)); err == nil || !strings.Contains(err.Error(), "complete_when of prices") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
