package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// A table that was loaded identifier by identifier has the rows of one time all over it. An index on time_index then leads to them row by
// row, which takes the server as long again as sending them. Read by windows of time without an order, it passes over the table's pages
// from first to last for each, and the rows of a window are put in order here.

// What is worth windows, and how large they are: a window is held in memory as a whole.
var (
	windowsFrom = 1_000_000.0 // rows of the table
	windowBytes = 24.0 * (1 << 20)
)

const (
	scattered = 0.5  // correlation of time_index with the place in the table, below which rows of one time are far apart
	grown     = 1.05 // growth since the table was analyzed, above which its statistics say too little of what a window would hold
)

// window is a range of time, and whether the server is to order its rows.
type window struct {
	from, to int64
	ordered  bool
}

// tableStatistics is what PostgreSQL knows of a table since it was analyzed last.
type tableStatistics struct {
	bytes       float64
	growth      float64
	correlation float64
	bounds      []int64 // between them are equally many rows, those of the most common times aside; microseconds since the epoch
}

// windows returns the ranges to read a range in: it alone, where an order costs the server little or nothing is known. Rows before and after
// all that was analyzed may be any number: they come in order.
func (s *stream) windows(ctx context.Context, from, to int64) ([]window, error) {
	r, all := s.rel, []window{{from, to, true}}
	if !r.index.byTime || r.oid == 0 || r.id != nil {
		return all, nil
	}
	t, err := s.view.statistics(ctx, r)
	if err != nil || t == nil || t.growth > grown || math.Abs(t.correlation) > scattered || len(t.bounds) < 3 {
		return all, err
	}
	last := t.bounds[len(t.bounds)-1]
	if to <= t.bounds[0] || from >= last {
		return all, nil
	}
	out, at := []window{}, from
	cut := func(to int64, ordered bool) {
		if to > at {
			out = append(out, window{at, to, ordered})
			at = to
		}
	}
	buckets := float64(len(t.bounds) - 1)
	step := max(1, int(windowBytes/t.bytes*buckets))
	for i := 0; i < len(t.bounds); i += step {
		if b := t.bounds[i]; b < to {
			cut(b, i == 0)
		}
	}
	cut(min(last, to), false)
	cut(to, true)
	return out, nil
}

// statistics returns nil where a table was never analyzed, or is small. It is asked of plain tables alone: a partitioned one has no pages of its own.
func (v *View) statistics(ctx context.Context, r *relation) (*tableStatistics, error) {
	bound := "b::" + r.time().sqlTime()
	// Bounds are cast to text and back: for that, and no longer, both are written so that nothing is lost.
	rows, err := v.query(ctx, r.label, fmt.Sprintf(`savepoint bounds; set local timezone = 'UTC'; set local datestyle = 'ISO';
select c.relpages * current_setting('block_size')::float8,
	pg_relation_size(c.oid) / (c.relpages * current_setting('block_size')::float8), s.correlation,
	(select coalesce(json_agg(%s order by n), '[]') from unnest(s.histogram_bounds::text::text[]) with ordinality as h(b, n) where isfinite(%s))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = %s and not s.inherited
where c.oid = %d and c.relkind = 'r' and c.relpages > 0 and c.reltuples >= %f and s.correlation is not null and s.histogram_bounds is not null;
rollback to savepoint bounds; release savepoint bounds`,
		micros(bound), bound, literal(r.time().name), r.oid, windowsFrom))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	t := &tableStatistics{}
	for i, to := range []*float64{&t.bytes, &t.growth, &t.correlation} {
		if *to, err = strconv.ParseFloat(string(rows[0][i]), 64); err != nil {
			return nil, err
		}
	}
	return t, json.Unmarshal(rows[0][3], &t.bounds)
}

// sqlTime is the type of a column that becomes time_index.
func (c column) sqlTime() string {
	switch c.base {
	case oidDate:
		return "date"
	case oidTimestamp:
		return "timestamp"
	}
	return "timestamptz"
}
