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

// walk asks for more times than are needed now: the next question is likely to be near. Where many are one in microseconds, it
// asks for more still.
func (p *plan) walk(ctx context.Context, before int64, n int) error {
	below, want := before, 2*n+4096
	if before <= p.times.below && len(p.times.times) > 0 {
		below = p.times.below
		want += p.times.at(before)
	}
	for {
		w, err := p.lastTimes(ctx, below, want)
		if err != nil {
			return err
		}
		p.times = w
		if w.knows(before, n) {
			return p.view.catalog.Check()
		}
		want *= 2
	}
}

// lastTimes asks for so many of the times below one.
func (p *plan) lastTimes(ctx context.Context, below int64, want int) (walk, error) {
	w := walk{below: below}
	rows, err := p.db.Query(ctx, fmt.Sprintf("select distinct %s from %s%s order by 1 desc nulls last limit %d",
		p.columns[0].ref(), p.from, p.where(beginning, below), want), duck.Refuse)
	if err != nil {
		return w, err
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		found += rows.Table().Rows()
		w.add(rows.Table())
	}
	w.complete = found < want
	return w, rows.Err()
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
