package sweeps

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

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
	ruins             []int64 // when the portfolio came to its end, or never
	warnings          []string
	values            []*column      // one a metric of lacks, in their order
	frames            []*frame.Frame // one a point, where they are needed still
	fits              []*fit         // one a point, nil where it was read directly
}

// never is no time.
const never = math.MinInt64

func (b *block) wants(bit uint64) bool { return b.lacks&bit != 0 }

// fatal reports errors that end the run: they are not a point's.
func fatal(ctx context.Context, err error) bool {
	var damage *lake.DamageError
	var write *lake.WriteError
	var newer *lake.NewerFormatError
	return ctx.Err() != nil || errors.As(err, &damage) || errors.As(err, &write) || errors.As(err, &newer)
}

// querySQL computes SQL metrics, those of points whose targets have the same columns together.
func (r *run) querySQL(ctx context.Context, b *block, metrics []int) error {
	columns := make([]*column, len(metrics)) // nil where all failed, perhaps before the metrics' types were known
	fits := b.distinctFits()
	for j, k := range metrics {
		for _, f := range fits {
			if t := f.metrics[k].Type; columns[j] == nil || t == frame.Float64 {
				columns[j] = newColumn(t, len(b.errs))
			}
		}
	}
	b.values = append(b.values, columns...)
	for _, f := range fits {
		if err := r.queryFit(ctx, b, f, metrics, columns); err != nil {
			return err
		}
	}
	return nil
}

// distinctFits returns how the targets of the block's points look, in the order in which they come.
func (b *block) distinctFits() []*fit {
	var out []*fit
	for i := range b.points {
		if b.errs[i] == nil && b.fits[i] != nil && !slices.Contains(out, b.fits[i]) {
			out = append(out, b.fits[i])
		}
	}
	return out
}

// queryFit computes the metrics of the points of one fit in one query, or one by one where that fails, to find out whose rows are to blame.
func (r *run) queryFit(ctx context.Context, b *block, f *fit, metrics []int, columns []*column) error {
	var frames []*frame.Frame
	var at []int
	for i := range b.points {
		if b.errs[i] == nil && b.fits[i] == f {
			frames, at = append(frames, b.frames[i]), append(at, i)
		}
	}
	typed := make([]*Metric, len(metrics))
	for j, k := range metrics {
		typed[j] = f.metrics[k]
	}
	relation := fmt.Sprintf("target %d", r.relations.Add(1))
	got, err := r.sql.compute(ctx, relation, typed, frames)
	if err != nil && ctx.Err() == nil && len(frames) > 1 {
		for j, one := range frames {
			got, err := r.sql.compute(ctx, relation, typed, []*frame.Frame{one})
			if err != nil {
				b.errs[at[j]] = r.sqlError(ctx, relation, typed, one, err)
				continue
			}
			for k := range columns {
				columns[k].copyFrom(at[j], got[k], 0)
			}
		}
		return ctx.Err()
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.errs[at[0]] = r.sqlError(ctx, relation, typed, frames[0], err)
		return ctx.Err()
	}
	for j, i := range at {
		for k := range columns {
			columns[k].copyFrom(i, got[k], j)
		}
	}
	return nil
}

// sqlError says which of the metrics fails on a point's rows, by computing one after the other.
func (r *run) sqlError(ctx context.Context, relation string, metrics []*Metric, rows *frame.Frame, err error) error {
	for _, m := range metrics {
		if _, err := r.sql.compute(ctx, relation, []*Metric{m}, []*frame.Frame{rows}); err != nil {
			return metricFault("the metric "+m.Name, err)
		}
	}
	return metricFault("a SQL metric", err)
}

// metricFault keeps what DuckDB says of a metric to its first line: the rest shows a query that nobody wrote.
func metricFault(what string, err error) error {
	var from *duck.Error
	if errors.As(err, &from) {
		text, _, _ := strings.Cut(from.Message, "\n")
		return fmt.Errorf("%s: %s error: %s", what, from.Kind, text)
	}
	return err
}

// metricsOf splits a set of metrics into built-in and SQL ones, those by their place among the plan's.
func (r *run) metricsOf(set uint64) (built []*Metric, written []int) {
	for k, m := range r.plan.Metrics {
		switch {
		case set>>k&1 == 0:
		case m.builtin != nil:
			built = append(built, m)
		default:
			written = append(written, k)
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
