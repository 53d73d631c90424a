package schedule

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
)

// gappy is a market in which some identifiers trade on few days: EE on every ninth, FF twice, long ago and late, GG from late on.
func gappy(seed uint64, days int) market {
	m := newMarket(seed, days)
	all := m.days()
	m.prices = slices.DeleteFunc(m.prices, func(r []any) bool {
		day, _ := slices.BinarySearchFunc(all, r[0].(time.Time), time.Time.Compare)
		return r[1] == "EE" && day%9 != 4 || r[1] == "FF" && day != 3 && day != days-20
	})
	return m
}

var gappyKinds = []string{
	`previous: {kind: sql, inputs: {p: prices}, lookback: 1, query: "select *, lag(close) over (partition by unique_identifier order by time_index) as previous from p"}`,
	`four: {kind: sql, inputs: {p: previous}, lookback: 3, query: "select time_index, unique_identifier, sum(previous) over (partition by unique_identifier order by time_index rows 3 preceding) as four from p"}`,
	`again: {kind: sql, inputs: {f: four}, lookback: 2, query: "select *, four - lag(four, 2) over (partition by unique_identifier order by time_index) as change from f"}`,
	`held: {kind: sql, inputs: {p: prices, h: {node: holdings, as_of: whole}}, lookback: 0, query: "with s as (select *, (select max(time_index) from h where h.time_index <= p.time_index) as since from p) select s.time_index, s.unique_identifier, s.close * h.weight as value from s join h on h.time_index = s.since and h.unique_identifier = s.unique_identifier and h.etf = 'L1'"}`,
	`weights: {kind: sql, inputs: {p: prices, h: {node: heavy, as_of: each}}, lookback: 0, query: "select p.time_index, p.unique_identifier, h.weight from p asof join h on p.unique_identifier = h.unique_identifier and p.time_index >= h.time_index"}`,
	`heavy: {kind: sql, inputs: {h: holdings}, lookback: 0, query: "select time_index, unique_identifier, 2 * weight as weight from h where etf = 'L1'"}`,
}

func TestGapsAreFromScratch(t *testing.T) { onBoth(t, gapsAreFromScratch) }

// gapsAreFromScratch updates in steps of random length what looks back on identifiers' own rows, and on what was known before.
func gapsAreFromScratch(t *testing.T, empty func(testing.TB) string) {
	for seed := range uint64(2) {
		m := gappy(seed, 190)
		days := m.days()
		url := empty(t)
		rng := rand.New(rand.NewPCG(seed, 9))
		p := pipeline(t, gappyKinds...)
		var nodes []*graph.Node
		for _, name := range []string{"previous", "again", "held", "weights"} {
			at, err := p.Nodes(name, p.Defaults())
			if err != nil {
				t.Fatal(err)
			}
			nodes = append(nodes, at...)
		}
		tree := NewTree(nodes, nil, micros(start), false)
		at := 110 + rng.IntN(20)
		m.load(t, url, days[at])
		for {
			for _, r := range mustPass(t, url, tree) {
				t.Log(r)
				if len(r.Marks) > 0 {
					t.Errorf("seed %d: %s: %v", seed, r.Node.Name, r.Marks)
				}
			}
			checkAll(t, url, tree)
			if at == len(days) {
				break
			}
			next := min(len(days), at+1+rng.IntN(25))
			last := days[len(days)-1].AddDate(0, 0, 1)
			if next < len(days) {
				last = days[next]
			}
			m.add(t, url, days[at], last)
			at = next
		}
		for _, r := range mustPass(t, url, tree, revise) {
			if r.State != Current {
				t.Errorf("seed %d: nothing has changed, and %s", seed, r)
			}
		}
		for _, n := range nodes {
			if stored(t, url, n, math.MaxInt64).Rows() == 0 {
				t.Errorf("%s has no rows", n.Name)
			}
		}
	}
}
