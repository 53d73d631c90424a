package postgres

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/tdlake/tdlake/graph"
)

// times is a run of distinct times, known without gaps: those before a time, the latest first.
type times struct {
	before   int64
	at       []int64
	complete bool // there are no earlier ones
}

// Back returns the n-th distinct time before a time. Where there are fewer, short is true and the time is the first
// there is, or `before` itself where there is none. With Identifiers only their rows count.
//
// Times are found by walking an index, n steps in one statement, and kept: asking for a time further back continues
// where the last walk ended. Where no index serves, one pass over the table does it, with a warning.
func (v *View) Back(ctx context.Context, t graph.Table, before int64, n int) (int64, bool, error) {
	if err := ctx.Err(); err != nil {
		return 0, false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.relation(ctx, t)
	if err != nil {
		return 0, false, err
	}
	if n <= 0 {
		return before, false, nil
	}
	if r.times == nil || !r.times.reach(before) {
		r.times = &times{before: before}
	}
	first := r.times.index(before)
	if missing := n - (len(r.times.at) - first); missing > 0 && !r.times.complete {
		if err := v.extend(ctx, r, missing); err != nil {
			return 0, false, err
		}
	}
	known := r.times.at[first:]
	switch {
	case len(known) >= n:
		return known[n-1], false, nil
	case len(known) > 0:
		return known[len(known)-1], true, nil
	}
	return before, true, nil
}

// reach reports whether the times just before t are known, or follow on what is known.
func (k *times) reach(t int64) bool {
	return t <= k.before && (k.complete || t == k.before || len(k.at) > 0 && t >= k.at[len(k.at)-1])
}

// index returns the position of the latest known time before t.
func (k *times) index(t int64) int {
	return sort.Search(len(k.at), func(i int) bool { return k.at[i] < t })
}

// extend finds at least n more times, or all there are.
func (v *View) extend(ctx context.Context, r *relation, n int) error {
	k := r.times
	before := k.before
	if len(k.at) > 0 {
		before = k.at[len(k.at)-1]
	}
	if before <= firstTime {
		k.complete = true
		return nil
	}
	sql, asked := v.timesBefore(r, before, n)
	rows, err := v.query(ctx, r.label, sql)
	if err == nil {
		err = v.unchanged(ctx, r.label)
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		at, err := strconv.ParseInt(string(row[0]), 10, 64)
		if err != nil {
			return fmt.Errorf("%s: a time is %q", r.label, row[0])
		}
		k.at = append(k.at, at)
	}
	k.complete = len(rows) < asked
	return nil
}

// timesBefore chooses how the distinct times before a time are found, the latest first, and how many are asked for.
func (v *View) timesBefore(r *relation, before int64, n int) (string, int) {
	switch {
	case r.index.byTime && (r.id == nil || !r.jumps()):
		return r.walk(before, n), n
	case r.jumps():
		return r.merge(before, n), n
	}
	if r.mayIndex {
		v.warn("%s: no index leads with time_index, so that looking for times reads the whole table; to speed it up: create index on %s (%s)",
			r.label, r.from, identifier(r.time().name))
	}
	n = max(2*n, 256) // a pass costs the same however many are asked for; the next question may need no other
	return fmt.Sprintf("select %s from (select distinct %s as t from %s where %s order by 1 desc limit %d) d",
		micros("t"), r.time().in(), r.source(), r.past(before), n), n
}

// past is the condition on the rows whose times count.
func (r *relation) past(before int64) string {
	return r.between(firstTime, before) + " and " + r.finite() + " and " + r.wanted()
}

// walk steps from one time to the one before it: as many descents of an index as there are times.
func (r *relation) walk(before int64, n int) string {
	t := r.time().in()
	step := fmt.Sprintf("select max(%s) from %s where %s and %s and %s < ", t, r.source(), r.finite(), r.wanted(), t)
	return fmt.Sprintf(`with recursive w(i, t) as (
	select 1, (%[1]s%[2]s)
	union all
	select w.i + 1, (%[1]sw.t) from w where w.i < %[3]d and w.t is not null)
select %[4]s from w where t is not null order by i`, step, r.bound(before), n, micros("t"))
}

// merge takes the last n times of each combination of the rest of the key, by an index that leads with it: the n-th time
// of all is among them.
func (r *relation) merge(before int64, n int) string {
	t := r.time().in()
	where := r.between(firstTime, before) + " and " + r.finite()
	return fmt.Sprintf(`with recursive %[1]s
select %[2]s from (select distinct m.t from k cross join lateral (
	select %[3]s as t from %[4]s where %[5]s and %[6]s order by 1 desc limit %[7]d) m order by 1 desc limit %[7]d) d`,
		r.combinations(), micros("t"), t, r.source(), r.match("k", r.index.byKey), where, n)
}

// jumps reports whether combinations of the rest of the key can be reached one by one through an index.
func (r *relation) jumps() bool {
	c := r.id
	if r.index.byKey == nil || c == nil {
		return r.index.byKey != nil
	}
	// Identifiers are texts: they are looked up in an index of texts.
	return len(r.rest()) == 1 && slices.Contains([]uint32{oidText, oidVarchar, oidName, oidBpchar}, c.base)
}

// combinations is a common table k of the combinations of the key without time_index, found by jumping from one to the
// next along an index, or known because identifiers are given.
func (r *relation) combinations() string {
	by := r.index.byKey
	names := aliases(by)
	if len(by) == 0 {
		return "k as (select 1)"
	}
	if c := r.id; c != nil && len(by) == 1 {
		ids := slices.Clone(r.table.Identifiers)
		slices.Sort(ids)
		cast := ""
		if c.base == oidBpchar {
			cast = "::bpchar" // so that padding does not count
		}
		return fmt.Sprintf("k(c0) as (select unnest(array[%s]::text[])%s)", literals(slices.Compact(ids)), cast)
	}
	cols := make([]string, len(by))
	for i, c := range by {
		cols[i] = c.in()
	}
	list := join(cols)
	return fmt.Sprintf(`k(%[1]s) as (
	(select %[2]s from %[3]s where %[4]s order by %[2]s limit 1)
	union all
	select n.* from k cross join lateral (select %[2]s from %[3]s where (%[2]s) > (%[5]s) order by %[2]s limit 1) n)`,
		join(names), list, r.source(), strings.Join(cols, " is not null and ")+" is not null", join(prefixed("k.", names)))
}
