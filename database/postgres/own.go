package postgres

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Own returns the last n rows before a time of each identifier that has a row in [from, end): see graph.TailsOf. An index that leads with the identifier
// is jumped along; otherwise it takes a pass over the rows before the time.
func (v *View) Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.relation(ctx, t)
	if err != nil {
		return nil, err
	}
	if len(r.rest()) == 0 || n <= 0 {
		return nil, nil
	}
	sql := r.ownPass(from, end, n)
	if len(r.rest()) == 1 && r.jumps() {
		sql = r.ownJump(from, end, n)
	}
	rows, err := v.query(ctx, r.label, sql)
	if err != nil {
		return nil, err
	}
	if err := v.unchanged(ctx, r.label); err != nil {
		return nil, err
	}
	tails := make([]graph.Tail, len(rows))
	for i, row := range rows {
		tails[i] = graph.Tail{ID: string(row[0]), First: from}
		if tails[i].Rows, err = strconv.Atoi(string(row[1])); err != nil {
			return nil, fmt.Errorf("%s: a count is %q", r.label, row[1])
		}
		if row[2] == nil {
			continue
		}
		if tails[i].First, err = strconv.ParseInt(string(row[2]), 10, 64); err != nil {
			return nil, fmt.Errorf("%s: a time is %q", r.label, row[2])
		}
	}
	return tails, nil
}

// ownJump takes the rows of each combination by an index that leads with it.
func (r *relation) ownJump(from, end int64, n int) string {
	t, by := r.time().in(), r.index.byKey
	return fmt.Sprintf(`with recursive %[1]s
select (k.c0)%[2]s, count(m.t), %[3]s from k left join lateral (
	select %[4]s as t from %[5]s where %[6]s and %[7]s and %[8]s order by 1 desc limit %[9]d) m on true
where exists (select from %[5]s where %[6]s and %[10]s) group by k.c0`,
		r.combinations(), by[0].cast, micros("min(m.t)"), t, r.source(), r.match("k", by), r.between(firstTime, from), r.finite(), n, r.between(from, end))
}

// ownPass takes them from a pass over the table.
func (r *relation) ownPass(from, end int64, n int) string {
	names := aliases(r.rest())
	cols := make([]string, len(names))
	for i, c := range r.rest() {
		cols[i] = c.exact() + " as " + names[i]
	}
	id, out := join(names), "''" // a combination is alive by itself where it has no unique_identifier
	if i := slices.IndexFunc(r.schema.Fields[:r.schema.Key], func(f frame.Field) bool { return f.Name == frame.UniqueIdentifier }); i > 0 {
		id, out = names[i-1], "(min("+names[i-1]+"))"+r.rest()[i-1].cast
	}
	rows := func(from, to int64) string {
		return fmt.Sprintf("(select %s, %s as t from %s where %s and %s and %s) r", join(cols), r.time().in(), r.source(), r.between(from, to), r.finite(), r.wanted())
	}
	return fmt.Sprintf(`with alive as materialized (select distinct %[1]s from %[2]s)
select %[3]s, sum(k), %[4]s from (
	select %[1]s, 0 as k, null as t from alive union all
	select %[1]s, 1, t from (select *, row_number() over (partition by %[1]s order by t desc) as n from %[5]s where (%[6]s) in (select %[6]s from alive)) x
	where n <= %[7]d) u group by %[1]s`,
		join(names), rows(from, end), out, micros("min(t)"), rows(firstTime, from), id, n)
}
