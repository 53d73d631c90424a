package databasetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// testOwn compares identifiers' last rows before a time with those that are counted in the rows themselves: of identifiers with gaps, of a key of three
// columns, of some identifiers, and with times that are dates.
func testOwn(t *testing.T, h Harness) {
	rng := rand.New(rand.NewPCG(5, 6))
	var rows, wide [][]any
	for day := range 60 {
		for k, id := range []string{"A", "É", "Z z", "aa", "B"} {
			if rng.IntN(k*k+1) == 0 && (k != 1 || day < 30) {
				stamp := at("2022-01-01").AddDate(0, 0, day)
				rows = append(rows, []any{stamp, id, float64(day)})
				wide = append(wide, []any{stamp, []string{"one", "two"}[rng.IntN(2)], id, float64(day)})
			}
		}
	}
	v := begin(t, h, prices(rows...),
		Table{"wide", []Column{{"time_index", TimestampTZ}, {"etf", Text}, {"unique_identifier", Text}, {"close", Double}}, wide})
	some := node()
	some.Identifiers = []string{"É", "aa", "never"}
	for _, n := range []graph.Table{node(), node("close"), some, {Name: "wide", Key: []string{"time_index", "etf", "unique_identifier"}},
		{Name: "prices", Query: "select * from prices", Key: []string{"time_index", "unique_identifier"}}} {
		all := frames(t, v, n)
		for range 12 {
			from := at("2022-01-01").Add(time.Duration(rng.IntN(60*24)) * time.Hour).UnixMicro()
			end, k := from+int64(rng.IntN(30))*86400e6, 1+rng.IntN(6)
			got, err := v.Own(context.Background(), n, from, end, k)
			if err != nil {
				t.Fatal(err)
			}
			want := graph.TailsOf(all.Between(beginning, end), from, k)
			if a, b := inOrder(got), inOrder(want); !slices.Equal(a, b) {
				t.Errorf("%s %v, %d rows before %s, until %s:\n  %v, want\n  %v", n.Name, n.Key, k, time.UnixMicro(from).UTC(), time.UnixMicro(end).UTC(), a, b)
			}
		}
	}
	alone := graph.Table{Name: "prices", Key: []string{"time_index"}, Identifiers: []string{"A"}}
	if got, err := v.Own(context.Background(), alone, us("2022-02-01"), end, 3); err != nil || len(got) != 0 {
		t.Errorf("without an identifier in the key: %v, %v", got, err)
	}
}

func inOrder(tails []graph.Tail) []graph.Tail {
	out := slices.Clone(tails)
	slices.SortFunc(out, func(a, b graph.Tail) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.First, b.First), cmp.Compare(a.Rows, b.Rows))
	})
	return out
}

// frames reads all rows.
func frames(t *testing.T, v View, n graph.Table) *frame.Frame {
	t.Helper()
	var parts []*frame.Frame
	for f, err := range v.Rows(context.Background(), n, beginning, end) {
		if err != nil {
			t.Fatal(fmt.Errorf("%s: %w", n.Name, err))
		}
		parts = append(parts, f)
	}
	all, err := frame.Concat(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
