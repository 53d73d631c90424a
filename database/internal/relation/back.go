package relation

import (
	"context"
	"fmt"
	"sort"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// walk is the part of a table's distinct times that has been asked for: those below a time, the last first.
type walk struct {
	below    int64
	times    []int64
	complete bool // there are no earlier ones
}

// at returns the position of the last time before `before`, which is at most below.
func (w *walk) at(before int64) int {
	return sort.Search(len(w.times), func(i int) bool { return w.times[i] < before })
}

// knows reports whether the walk answers for n times before.
func (w *walk) knows(before int64, n int) bool {
	return before <= w.below && (w.complete || w.at(before)+n <= len(w.times))
}

// Back returns the n-th distinct time strictly before; short says that there are fewer, and then at is the first one there
// is, or `before` where there is none.
func (v *View) Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error) {
	p, err := v.plan(ctx, t)
	if err != nil {
		return 0, false, err
	}
	if n <= 0 {
		return before, false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &p.times
	if !w.knows(before, n) {
		if err := p.walk(ctx, before, n); err != nil {
			return 0, false, p.fault(err)
		}
	}
	switch i := w.at(before); {
	case i+n <= len(w.times):
		return w.times[i+n-1], false, nil
	case i < len(w.times):
		return w.times[len(w.times)-1], true, nil
	default:
		return before, true, nil
	}
}

// walk asks for more times than are needed now: the next question is likely to be near.
func (p *plan) walk(ctx context.Context, before int64, n int) error {
	w := walk{below: before}
	want := 2*n + 4096
	if before <= p.times.below && len(p.times.times) > 0 {
		w.below = p.times.below
		want += p.times.at(before)
	}
	rows, err := p.db.Query(ctx, fmt.Sprintf("select distinct %s from %s%s order by 1 desc nulls last limit %d",
		duck.Quote(p.columns[0].stored), p.from, p.where(beginning, w.below), want), duck.Refuse)
	if err != nil {
		return err
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		found += rows.Table().Rows()
		w.add(rows.Table())
	}
	if err := rows.Err(); err != nil {
		return err
	}
	w.complete = found < want
	p.times = w
	return p.view.catalog.Check()
}

// add appends the times of a batch. Those that are one in microseconds count once.
func (w *walk) add(t duck.Table) {
	push := func(us int64) {
		if n := len(w.times); n == 0 || w.times[n-1] != us {
			w.times = append(w.times, us)
		}
	}
	c := t.Columns[0]
	for i := range c.Len() {
		switch c := c.(type) {
		case *array.Timestamp:
			if c.IsValid(i) {
				push(int64(c.Value(i)))
			}
		case *array.Date32:
			if c.IsValid(i) {
				push(int64(c.Value(i)) * 86_400_000_000)
			}
		}
	}
}
