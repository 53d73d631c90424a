package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Before returns the rows that decide what is known just before a time: for every combination of the key without
// time_index its last row and, for each value column, the last row in which that column is not missing. Rows are
// distinct and in the order of the key.
//
// Where an index leads with the rest of the key and time_index follows, combinations are found by jumping along it, and
// the last row of each by one look; only those whose last row lacks a value have the rest of their rows read. Otherwise
// it takes a pass over the rows before the time, however many columns there are.
func (v *View) Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.relation(ctx, t)
	if err != nil {
		return nil, err
	}
	if at <= firstTime {
		return frame.Empty(r.schema), nil
	}
	sql := r.onePass(at)
	if r.jumps() {
		sql = r.jump(at)
	}
	return v.few(ctx, r, sql, r.between(firstTime, at))
}

// At returns the rows at some times, in the order of the key.
func (v *View) At(ctx context.Context, t graph.Table, times []int64) (*frame.Frame, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.relation(ctx, t)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, us := range times {
		if r.time().enc != asMidnight || us%day == 0 { // no date is another time
			list = append(list, r.bound(us))
		}
	}
	if len(list) == 0 {
		return frame.Empty(r.schema), nil
	}
	where := r.time().in() + " in (" + join(list) + ")"
	return v.few(ctx, r, fmt.Sprintf("select %s from %s where %s and %s", r.outputs(), r.source(), where, r.wanted()), where)
}

// few returns the rows of a statement that selects outputs. where is its condition on time_index.
func (v *View) few(ctx context.Context, r *relation, sql, where string) (*frame.Frame, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &stream{view: v, rel: r, dec: newDecoder(r), cancel: cancel}
	s.dec.b = newBlock(r.cols, 1024)
	if err := s.copy(inner, ctx, "copy ("+sql+") to stdout (format binary)", where, func() error { return nil }); err != nil {
		return nil, err
	}
	if err := v.unchanged(ctx, r.label); err != nil {
		return nil, err
	}
	return v.ordered(r, s.dec.b)
}

// values are the columns outside the key.
func (r *relation) values() []column { return r.cols[r.schema.Key:] }

// jump is Before's statement where an index helps. The last rows come "with ties", so that a key that names two rows is
// seen.
func (r *relation) jump(at int64) string {
	t, by := r.time().in(), r.index.byKey
	last := fmt.Sprintf(`with recursive %s,
last as materialized (select f.* from k cross join lateral (
	select %s from %s where %s and %s order by %s desc fetch first 1 rows with ties) f)`,
		r.combinations(), r.plain(), r.source(), r.match("k", by), r.between(firstTime, at), t)
	all := fmt.Sprintf("%s\nselect %s from last as f", last, r.outputs())
	if len(r.values()) == 0 {
		return all
	}
	return all + r.earlier()
}

// earlier adds, for the combinations whose last row lacks values, the last rows that have them.
func (r *relation) earlier() string {
	t, by := r.time().in(), r.index.byKey
	var lacks, flags, last, names []string
	for i, c := range r.values() {
		lack := "not coalesce(" + c.present() + ", false)"
		lacks = append(lacks, lack)
		flags = append(flags, fmt.Sprintf("%s as m%d", lack, i))
		last = append(last, fmt.Sprintf("case when l.m%d then max(%s) filter (where %s) end as t%d", i, t, c.present(), i))
		names = append(names, fmt.Sprintf("m.t%d", i))
	}
	keys := []string{t + " as t"}
	for i, c := range by {
		keys = append(keys, fmt.Sprintf("%s as c%d", c.in(), i))
	}
	return fmt.Sprintf(`
union all select %[1]s from (select %[2]s, %[3]s from last as f where %[4]s) l
cross join lateral (select %[5]s from %[6]s where %[7]s and %[8]s < l.t) m
cross join lateral (select %[10]s from %[6]s where %[7]s and %[8]s in (%[9]s)) f`,
		r.outputs(), join(keys), join(flags), strings.Join(lacks, " or "), join(last), r.source(), r.match("l", by), t, join(names), r.plain())
}

// onePass is Before's statement without an index: the times that matter of each combination, then the rows that have them.
func (r *relation) onePass(at int64) string {
	if len(r.values()) == 0 {
		return r.lastTimes(at)
	}
	t := r.time().in()
	times := []string{"max(" + t + ") as t"}
	list := []string{"(m.t)"}
	for i, c := range r.values() {
		times = append(times, fmt.Sprintf("max(%s) filter (where %s) as t%d", t, c.present(), i))
		list = append(list, fmt.Sprintf("(m.t%d)", i))
	}
	names := aliases(r.rest())
	var keys, groups []string
	for i, c := range r.rest() {
		keys = append(keys, c.exact()+" as "+names[i])
		groups = append(groups, c.exact())
	}
	group := ""
	if len(groups) > 0 {
		group = " group by " + join(groups)
	}
	where := r.between(firstTime, at) + " and " + r.wanted()
	return fmt.Sprintf(`with m as materialized (select %[1]s from %[2]s where %[3]s%[4]s),
p as materialized (select distinct %[5]s from m cross join lateral (values %[6]s) as x(t) where x.t is not null)
select %[7]s from p join %[2]s on %[8]s and %[9]s = p.t where %[3]s`,
		join(append(keys, times...)), r.source(), where, group, join(append(prefixed("m.", names), "x.t")), join(list),
		r.outputs(), r.match("p", r.rest()), t)
}

// lastTimes is onePass where there is nothing but the key: one aggregate says it.
func (r *relation) lastTimes(at int64) string {
	last := "max(" + r.time().in() + ")"
	out, group := []string{last}, ""
	for i, c := range r.rest() {
		out = append(out, c.exact()+c.cast)
		group += []string{" group by ", ", "}[min(i, 1)] + c.exact()
	}
	return fmt.Sprintf("select %s from %s where %s and %s%s having %s is not null",
		join(out), r.source(), r.between(firstTime, at), r.wanted(), group, last)
}
