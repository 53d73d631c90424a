package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/tdlake/tdlake/frame"
)

const (
	// A table is read by windows where its rows lie on disk in the order of time to this degree (pg_stats.correlation),
	// and where there are enough of them for that to matter.
	windowCorrelation = 0.98
	windowTable       = 300_000 // rows

	// A window should take this much over the wire, and may take eight times as much before it is given up and read in
	// order instead: statistics may be old.
	windowBytes = 12 << 20
	windowLimit = 8 * windowBytes
)

// windows divides a range of time into windows of about equal numbers of rows. One window alone is to be read in order.
func (v *View) windows(ctx context.Context, r *relation, from, to int64) ([]int64, error) {
	whole := []int64{from, to}
	if r.oid == 0 || !r.index.byTime || r.id != nil {
		return whole, nil
	}
	st, err := v.statistics(ctx, r)
	if err != nil || math.Abs(st.correlation) < windowCorrelation || st.rows < windowTable || len(st.bounds) < 3 {
		return whole, err
	}
	out := []int64{from}
	for _, at := range divide(st, windowBytes/rowWidth(r)) {
		if at > out[len(out)-1] && at < to {
			out = append(out, at)
		}
	}
	return append(out, to), nil
}

// rowWidth is about how much of a row goes over the wire.
func rowWidth(r *relation) int {
	w := 2
	for _, c := range r.cols {
		w += 12
		if c.field.Type == frame.String {
			w += 8
		}
	}
	return w
}

// statistics is what ANALYZE found.
type statistics struct {
	rows        float64
	correlation float64
	bounds      []int64 // of the time column: as many rows between any two
}

// divide returns times between which there are about so many rows.
func divide(st statistics, rows int) []int64 {
	bucket := st.rows / float64(len(st.bounds)-1)
	parts, merge := 1, 1
	if bucket > float64(rows) {
		parts = int(math.Ceil(bucket / float64(rows)))
	} else {
		merge = max(1, int(float64(rows)/bucket))
	}
	var out []int64
	for i := 0; i+1 < len(st.bounds); i += merge {
		a, b := st.bounds[i], st.bounds[i+1]
		for k := range parts {
			out = append(out, a+(b-a)/int64(parts)*int64(k))
		}
	}
	return append(out, st.bounds[len(st.bounds)-1])
}

// statistics reads the catalogue. A table that has inheritors or partitions is as large as all of these together.
func (v *View) statistics(ctx context.Context, r *relation) (statistics, error) {
	var st statistics
	rows, err := v.query(ctx, r.label, fmt.Sprintf(`with recursive t as (select %[1]d::oid as oid union all select inhrelid from t join pg_inherits on inhparent = t.oid)
select coalesce(s.correlation, 0), (select sum(greatest(reltuples, 0)) from pg_class c join t using (oid) where relkind = 'r'),
	(select json_agg(%[2]s order by b) from unnest(s.histogram_bounds::text::timestamptz[]) b where isfinite(b))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = %[3]s
where c.oid = %[1]d order by s.inherited desc limit 1`, r.oid, micros("b"), literal(r.time().name)))
	if err != nil || len(rows) == 0 || rows[0][2] == nil {
		return st, err
	}
	fmt.Sscan(string(rows[0][0]), &st.correlation)
	fmt.Sscan(string(rows[0][1]), &st.rows)
	return st, json.Unmarshal(rows[0][2], &st.bounds)
}

var errTooLarge = errors.New("a window holds more than it should")

// window reads a window without order and sends it as one block; done is false where it was too large for that.
func (s *stream) window(ctx, outer context.Context, from, to int64) (done bool, err error) {
	r := s.rel
	where := r.between(from, to)
	sql := fmt.Sprintf("copy (select %s from %s where %s) to stdout (format binary)", r.outputs(), r.source(), where)
	counted := append([]int(nil), s.dec.infinities...)
	s.dec.b = newBlock(r.cols, windowBytes/rowWidth(r))
	err = s.copy(ctx, outer, sql, where, func() error {
		if s.dec.b.size > windowLimit {
			return errTooLarge
		}
		return nil
	})
	if errors.Is(err, errTooLarge) {
		s.dec.infinities = counted
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.send(ctx, s.dec.b)
}
