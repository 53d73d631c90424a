package schedule

import (
	"math"
	"testing"
)

// A config with ignore_local_kwargs and one without, whose table is the same: both fill it, each with its own rows, whoever comes first.
func TestOneTableWithAndWithoutIgnoring(t *testing.T) { onBoth(t, oneTableWithAndWithoutIgnoring) }

func oneTableWithAndWithoutIgnoring(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(12, 170)
	days := m.days()
	p := pipeline(t, "few_prices: {kind: table, table: prices, columns: [close], identifiers: [AA, BB], ignore_local_kwargs: [identifiers]}",
		"few_daily: {kind: interpolate, method: previous, input: few_prices, every: 1d}", "few: {kind: returns, input: few_daily}",
		"plain_daily: {kind: interpolate, method: previous, input: prices, every: 1d}", "plain: {kind: returns, input: plain_daily}")
	few, plain := NewTree(nodesNamed(t, p, "few"), nil, micros(start), false), NewTree(nodesNamed(t, p, "plain"), nil, micros(start), false)
	if a, b := few.Targets[0], plain.Targets[0]; a.TableID() != b.TableID() || !a.Shared || b.Shared {
		t.Fatal("the two have other tables, or both share theirs")
	}
	for _, order := range [][]*Tree{{few, plain}, {plain, few}} {
		url := empty(t)
		m.load(t, url, days[130])
		var before [2]int
		for i, at := range []int{130, 150} {
			for _, tree := range order {
				mustPass(t, url, tree)
			}
			for k, tree := range order {
				checkAll(t, url, tree)
				n := stored(t, url, tree.Targets[0], math.MaxInt64).Rows()
				if n <= before[k] {
					t.Errorf("%s: %d rows, and %d before", tree.Targets[0].Name, n, before[k])
				}
				before[k] = n
			}
			m.add(t, url, days[at], days[at+15*(1-i)+5])
			execute(t, url, "update prices set close = close * 1.1 where unique_identifier = 'AA' and time_index > '2022-03-10'")
			for _, tree := range order {
				mustPass(t, url, tree, revise)
			}
			for _, tree := range order {
				checkAll(t, url, tree)
			}
		}
	}
}
