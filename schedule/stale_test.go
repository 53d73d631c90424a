package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// marked gathers the marks of all nodes: "node: what".
func marked(reports []Report) map[string]string {
	out := map[string]string{}
	for _, r := range reports {
		for _, m := range r.Marks {
			out[r.Node.Name] += m.What + "\n"
		}
	}
	return out
}

// direct is a node that reads a table of the users and cannot catch up by itself.
const direct = `direct: {kind: sql, inputs: {p: prices}, key: [time_index], lookback: 2, query: "select time_index, sum(close) as total, count(*) as n from p group by 1"}`

func TestADayInPiecesStaysStale(t *testing.T) { onBoth(t, aDayInPiecesStaysStale) }

func aDayInPiecesStaysStale(t *testing.T, empty func(testing.TB) string) {
	m := newMarket(6, 200)
	days, url := m.days(), empty(t)
	tree := newTree(t, pipeline(t, direct))
	m.load(t, url, days[160])
	mustPass(t, url, tree)
	day := days[160].Format(time.RFC3339)
	one := func(id string, price float64) { load(t, url, "prices", [][]any{{days[160], id, price}}) }
	one("AA", 50)
	mustPass(t, url, tree)
	one("BB", 51)
	one("L1", 52)
	for again := range 3 { // it is said until it is mended, from the first time on
		reports := mustPass(t, url, tree)
		told := marked(reports)
		for name, who := range map[string]string{
			"direct": "prices, rows of BB, L1 from ", "long_lasso": "returns, rows of BB, L1 from ", "portfolio": "returns, rows of BB, L1 from ",
		} {
			if !strings.Contains(told[name], who+days[160].Format("2006-01-02")) {
				t.Errorf("pass %d: of %s is told %q, not %q", again, name, told[name], who)
			}
		}
		for _, r := range reports {
			if origin(r.Node) != nil && len(r.Marks) > 0 {
				t.Errorf("pass %d: %s has caught up, and is marked: %v", again, r.Node.Name, r.Marks)
			}
			if again > 0 && r.State != Current {
				t.Errorf("pass %d: %s", again, r)
			}
		}
	}
	m.add(t, url, days[161], days[163]) // new rows alone mend nothing
	if told := marked(mustPass(t, url, tree)); told["direct"] == "" || told["portfolio"] == "" {
		t.Errorf("forgotten: %v", told)
	}
	mended(t, url, tree)

	// A price that is corrected on the last day: found though there is nothing new.
	execute(t, url, fmt.Sprintf("update prices set close = 77 where unique_identifier = 'L1' and time_index = '%s'", day))
	for range 2 {
		told := marked(mustPass(t, url, tree))
		for _, name := range []string{"interpolated", "direct"} {
			if want := "prices, in " + days[160].Format("2006-01") + ": L1"; !strings.Contains(told[name], want) {
				t.Errorf("of %s is told %q, not %q", name, told[name], want)
			}
		}
	}
	mended(t, url, tree)

	// What was changed and is as it was again is stale no more.
	execute(t, url, fmt.Sprintf("update prices set close = 78 where unique_identifier = 'L1' and time_index = '%s'", day))
	if told := marked(mustPass(t, url, tree)); told["direct"] == "" {
		t.Errorf("told of %v", told)
	}
	execute(t, url, fmt.Sprintf("update prices set close = 77 where unique_identifier = 'L1' and time_index = '%s'", day))
	mended(t, url, tree)
}

// mended revises, and finds nothing stale afterwards.
func mended(t *testing.T, url string, tree *Tree) {
	t.Helper()
	if told := marked(mustPass(t, url, tree, revise)); len(told) > 0 {
		t.Errorf("revised, and stale: %v", told)
	}
	checkAll(t, url, tree)
	for _, r := range mustPass(t, url, tree) {
		if r.State != Current || len(r.Marks) > 0 {
			t.Errorf("after all was revised: %s %v", r, r.Marks)
		}
	}
}
