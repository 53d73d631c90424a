package sweeps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
)

// block is some points that lack the same, in canonical order, and what a worker found out about them.
type block struct {
	lacks  uint64
	points []int
	errs   []error // one a point; nil where it went well

	rows, first, last []int64 // first and last mean nothing where rows is 0
	warnings          []string
	values            []*column      // one a metric of lacks, in their order
	frames            []*frame.Frame // one a point, where they are needed still
}

func (b *block) wants(bit uint64) bool { return b.lacks&bit != 0 }

// fatal reports errors that end the run: they are not a point's.
func fatal(ctx context.Context, err error) bool {
	var damage *lake.DamageError
	var write *lake.WriteError
	var newer *lake.NewerFormatError
	return ctx.Err() != nil || errors.As(err, &damage) || errors.As(err, &write) || errors.As(err, &newer)
}

// evaluate does the first points of a block, as many as fit the time a worker may keep to itself, at least one, and
// returns them as a block and the rest.
func (r *run) evaluate(ctx context.Context, reader SeriesReader, lacks uint64, points []int) (*block, []int, error) {
	begin := time.Now()
	b := &block{lacks: lacks}
	built, written := r.metricsOf(lacks)
	n := len(points)
	b.rows, b.first, b.last = make([]int64, n), make([]int64, n), make([]int64, n)
	b.errs, b.warnings, b.frames = make([]error, n), make([]string, n), make([]*frame.Frame, n)
	for range built {
		b.values = append(b.values, newColumn(frame.Float64, n))
	}
	keep := len(written) > 0 || b.wants(targetRows)
	if keep {
		reader = nil
	}
	for i, point := range points {
		if i > 0 && time.Since(begin) > blockTime {
			n = i
			break
		}
		err := r.one(ctx, reader, b, i, point, built)
		if err == nil {
			continue
		}
		if fatal(ctx, err) || r.problems() != nil {
			return nil, nil, err
		}
		b.errs[i] = err
	}
	b.points = points[:n]
	if len(written) > 0 {
		if err := r.querySQL(ctx, b, written); err != nil {
			return nil, nil, err
		}
	}
	b.values = r.inOrder(lacks, b.values, len(built))
	if !b.wants(targetRows) {
		b.frames = nil // not kept longer than need be
	}
	return b, points[n:], nil
}

// one evaluates a point: its rows, its times, its built-in metrics.
func (r *run) one(ctx context.Context, reader SeriesReader, b *block, i, point int, built []*Metric) error {
	series, times, ok, err := r.series(ctx, reader, point)
	if err != nil {
		return err
	}
	if !ok {
		res, err := r.engine.Eval(ctx, r.plan.nodes[point])
		if err != nil {
			return err
		}
		f := res.Frame()
		if err := r.check(ctx, f.Schema()); err != nil {
			return err
		}
		b.frames[i], times = f, f.Times()
		if len(built) > 0 {
			series = seriesOf(f)
		}
		if w, ok := res.(Warner); ok {
			b.warnings[i] = w.Warning()
		}
	}
	if n := len(times); n > 0 {
		b.rows[i], b.first[i], b.last[i] = int64(n), times[0], times[n-1]
	}
	if len(built) == 0 {
		return nil
	}
	sum := Summarize(series, len(times))
	for k, m := range built {
		b.values[k].floats[i] = finite(m.builtin.value(&sum, m.PeriodsPerYear))
	}
	return nil
}

// series takes the short way, where there is one. The first point goes the long way: its columns are checked.
func (r *run) series(ctx context.Context, reader SeriesReader, point int) (Series, []int64, bool, error) {
	if reader == nil || !r.isChecked() {
		return Series{}, nil, false, nil
	}
	return reader.Read(ctx, r.plan.nodes[point])
}

// querySQL computes SQL metrics: all points of the block in one query, or one by one where that fails, to find out whose
// rows are to blame.
func (r *run) querySQL(ctx context.Context, b *block, metrics []*Metric) error {
	var frames []*frame.Frame
	var at []int
	for i := range b.points {
		if b.errs[i] == nil {
			frames, at = append(frames, b.frames[i]), append(at, i)
		}
	}
	columns := make([]*column, len(metrics))
	if len(frames) == 0 { // all failed, perhaps before the metrics' types were known
		b.values = append(b.values, columns...)
		return nil
	}
	for k, m := range metrics {
		columns[k] = newColumn(m.Type, len(b.errs))
	}
	b.values = append(b.values, columns...)
	relation := fmt.Sprintf("target %d", r.relations.Add(1))
	got, err := r.sql.compute(ctx, relation, metrics, frames)
	if err != nil && ctx.Err() == nil && len(frames) > 1 {
		for j, f := range frames {
			one, err := r.sql.compute(ctx, relation, metrics, []*frame.Frame{f})
			if err != nil {
				b.errs[at[j]] = sqlError(err)
				continue
			}
			for k := range columns {
				columns[k].copyFrom(at[j], one[k], 0)
			}
		}
		return ctx.Err()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.errs[at[0]] = sqlError(err)
		return nil
	}
	for j, i := range at {
		for k := range columns {
			columns[k].copyFrom(i, got[k], j)
		}
	}
	return nil
}

// sqlError keeps what DuckDB says of a metric to its first line: the rest shows a query that nobody wrote.
func sqlError(err error) error {
	var from *duck.Error
	if errors.As(err, &from) {
		text, _, _ := strings.Cut(from.Message, "\n")
		return fmt.Errorf("a SQL metric: %s error: %s", from.Kind, text)
	}
	return err
}

// metricsOf splits a set of metrics into built-in and SQL ones.
func (r *run) metricsOf(set uint64) (built, written []*Metric) {
	for k, m := range r.plan.Metrics {
		switch {
		case set>>k&1 == 0:
		case m.builtin != nil:
			built = append(built, m)
		default:
			written = append(written, m)
		}
	}
	return built, written
}

// inOrder brings columns, built-in metrics' first, into the order of the plan's metrics.
func (r *run) inOrder(set uint64, columns []*column, builtins int) []*column {
	var out []*column
	built, written := columns[:builtins], columns[builtins:]
	for k, m := range r.plan.Metrics {
		switch {
		case set>>k&1 == 0:
		case m.builtin != nil:
			out, built = append(out, built[0]), built[1:]
		default:
			out, written = append(out, written[0]), written[1:]
		}
	}
	return out
}
