package compute

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// universe is who was a member as of when: at time t, the whole set of the latest date that is not after t.
type universe struct {
	dates []int64    // ascending
	sets  [][]string // a date: its members, ascending

	nobody string // why there are none; "" where there are
}

// fixedUniverse has the same members always.
func fixedUniverse(ids []string) *universe {
	set := slices.Clone(ids)
	slices.Sort(set)
	return &universe{dates: []int64{-1 << 63}, sets: [][]string{slices.Compact(set)}}
}

// universeOf reads memberships: the condition is applied first, then rows are gathered by time_index.
func (e *Engine) universeOf(ctx context.Context, res *Result, where string) (*universe, error) {
	rows := res.Frame()
	if res.before != nil && res.before.Rows() > 0 {
		joined, err := frame.Concat(res.before, rows)
		if err != nil {
			return nil, err
		}
		rows = joined
	}
	if where != "" {
		kept, err := e.filter(ctx, rows, where)
		if err != nil {
			return nil, fmt.Errorf("where %q: %w", where, err)
		}
		if kept.Rows() == 0 {
			return &universe{nobody: keepsNobody(rows, where)}, nil
		}
		rows = kept
	}
	if rows.Rows() == 0 {
		return &universe{nobody: "the universe's node has no rows"}, nil
	}
	ids, ok := rows.Named(frame.UniqueIdentifier).(*array.String)
	if !ok {
		return nil, fmt.Errorf("a universe needs a text column %s (columns: %s)", frame.UniqueIdentifier, rows.Schema())
	}
	u := &universe{}
	for i, t := range rows.Times() {
		if n := len(u.dates); n == 0 || u.dates[n-1] != t {
			u.dates = append(u.dates, t)
			u.sets = append(u.sets, nil)
		}
		last := len(u.sets) - 1
		if ids.IsValid(i) {
			u.sets[last] = append(u.sets[last], ids.Value(i))
		}
	}
	for i := range u.sets {
		slices.Sort(u.sets[i])
		u.sets[i] = slices.Compact(u.sets[i])
	}
	return u, nil
}

func (e *Engine) filter(ctx context.Context, f *frame.Frame, where string) (*frame.Frame, error) {
	if kept, ok := duck.FilterEqual(f, where); ok {
		return kept, nil
	}
	db, err := e.duckDB()
	if err != nil {
		return nil, err
	}
	return db.Filter(ctx, f, where)
}

// everyone returns all who were ever members, ascending.
func (u *universe) everyone() []string {
	var all []string
	for _, s := range u.sets {
		all = append(all, s...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// members says for each time which of the columns (ascending) were members as of it. Times share a slice for as long as nobody comes or goes.
func (u *universe) members(times []int64, columns []string) [][]bool {
	flags := make([][]bool, len(u.sets)+1)
	flags[0] = make([]bool, len(columns)) // before the first date: nobody
	for i, s := range u.sets {
		flags[i+1] = make([]bool, len(columns))
		for _, id := range s {
			if j, ok := slices.BinarySearch(columns, id); ok {
				flags[i+1][j] = true
			}
		}
		if slices.Equal(flags[i+1], flags[i]) {
			flags[i+1] = flags[i] // whoever rolls over the times sees at once that nothing has changed
		}
	}
	out := make([][]bool, len(times))
	for k, t := range times {
		out[k] = flags[sort.Search(len(u.dates), func(i int) bool { return u.dates[i] > t })]
	}
	return out
}
