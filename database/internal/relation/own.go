package relation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Own returns the last n rows before a time of each identifier that has a row in [from, end): see graph.TailsOf.
func (v *View) Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error) {
	p, err := v.plan(ctx, t)
	if err != nil {
		return nil, err
	}
	if p.schema.Key == 1 || n <= 0 {
		return nil, nil
	}
	tails, err := p.own(ctx, from, end, n)
	if err == nil {
		err = p.view.catalog.Check()
	}
	if err != nil {
		return nil, p.fault(err)
	}
	return tails, nil
}

func (p *plan) own(ctx context.Context, from, end int64, n int) ([]graph.Tail, error) {
	rows, err := p.db.Query(ctx, p.selectOwn(from, end, n), duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var tails []graph.Tail
	for rows.Next() {
		c := rows.Table().Columns
		for i := range rows.Table().Rows() {
			t := graph.Tail{ID: c[0].(*array.String).Value(i), Rows: int(c[1].(*array.Int64).Value(i)), First: from}
			if at, ok := timeOf(c[2], i); ok {
				t.First = at
			}
			tails = append(tails, t)
		}
	}
	return tails, rows.Err()
}

// timeOf returns a time in microseconds; ok is false where it is missing.
func timeOf(c arrow.Array, i int) (us int64, ok bool) {
	if c.IsNull(i) {
		return 0, false
	}
	switch c := c.(type) {
	case *array.Timestamp:
		return int64(c.Value(i)), true
	case *array.Date32:
		return int64(c.Value(i)) * 86_400_000_000, true
	}
	return 0, false
}

// selectOwn is the query for the tails: a row for each combination that has a row in the range, and the last rows before of all combinations of their
// identifiers, counted together.
func (p *plan) selectOwn(from, end int64, n int) string {
	var inner, group []string
	for i, c := range p.columns[:p.schema.Key] {
		inner = append(inner, fmt.Sprintf("%s as c%d", c.sql(), i))
		if i > 0 {
			group = append(group, fmt.Sprintf("c%d", i))
		}
	}
	by := strings.Join(group, ", ")
	id := by // a combination is alive by itself where it has no unique_identifier
	if i := slices.IndexFunc(p.columns[:p.schema.Key], func(c column) bool { return c.Name == frame.UniqueIdentifier }); i > 0 {
		id = fmt.Sprintf("c%d", i)
	}
	rows := func(from, to int64) string {
		return fmt.Sprintf("(select %s from %s%s)", strings.Join(inner, ", "), p.from, p.where(from, to))
	}
	text := "''"
	if len(group) > 0 && !strings.Contains(id, ",") {
		text = "cast(min(" + id + ") as varchar)"
	}
	return fmt.Sprintf(`with alive as (select distinct %[1]s from %[2]s),
ranked as (select %[1]s, c0, row_number() over (partition by %[1]s order by c0 desc) as n from %[3]s where (%[4]s) in (select (%[4]s) from alive))
select %[5]s, cast(sum(k) as bigint), min(t) from (
	select %[1]s, 0 as k, null as t from alive union all select %[1]s, 1, c0 from ranked where n <= %[6]d) group by %[1]s`,
		by, rows(from, end), rows(beginning, from), id, text, n)
}
