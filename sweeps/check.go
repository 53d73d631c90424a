package sweeps

import (
	"context"
	"fmt"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

// CheckMetrics reports metrics that don't fit a target of these columns: a column that is missing, SQL that doesn't parse
// or is no aggregate. No row is read. The error is config.Problems. It also finds the types of SQL metrics.
func CheckMetrics(ctx context.Context, c *config.Config, metrics []*Metric, target frame.Schema) error {
	sql, err := checkMetrics(ctx, c, metrics, target, openSQL)
	if sql != nil {
		sql.close()
	}
	return err
}

// checkMetrics also returns the open database, nil where no metric is SQL.
func checkMetrics(ctx context.Context, c *config.Config, metrics []*Metric, target frame.Schema, open func(context.Context) (*sqlMetrics, error)) (*sqlMetrics, error) {
	problems := checkBuiltins(c, metrics, target)
	var sql *sqlMetrics
	for _, m := range metrics {
		if m.SQL == "" {
			continue
		}
		var err error
		if sql, err = open(ctx); err != nil {
			return nil, err
		}
		wrong, err := sql.check(ctx, c, metrics, target)
		if err != nil {
			sql.close()
			return nil, err
		}
		problems = append(problems, wrong...)
		break
	}
	return sql, problems.Err()
}

// fit is the metrics over targets of some columns: the types of SQL metrics are those that they have there.
type fit struct {
	target  frame.Schema
	metrics []*Metric // in the order of the plan's
}

func newFit(target frame.Schema, metrics []*Metric) *fit {
	f := &fit{target: target}
	for _, m := range metrics {
		own := *m
		f.metrics = append(f.metrics, &own)
	}
	return f
}

// check holds each target's columns against the metrics, and against the first one's, which they are but for whole numbers in the place of
// floats. A metric that doesn't fit ends the run, where it is the first target before anything is stored.
func (r *run) check(ctx context.Context, target frame.Schema) (*fit, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		return nil, r.fault
	}
	for _, f := range r.fits {
		if f.target.Equal(target) {
			return f, nil
		}
	}
	f := newFit(target, r.plan.Metrics)
	if len(r.fits) == 0 {
		r.checkFirst(ctx, f)
	} else if err := r.checkOther(ctx, f); err != nil {
		return nil, err
	}
	if r.fault == nil {
		r.fits = append(r.fits, f)
	}
	return f, r.fault
}

func (r *run) checkFirst(ctx context.Context, f *fit) {
	r.sql, r.fault = checkMetrics(ctx, r.plan.Config, f.metrics, f.target, r.plan.openSQL)
	if r.fault == nil && r.options.StoreTarget {
		r.fault = r.plan.checkTarget(f.target)
	}
}

// checkOther returns what is wrong with the points that have such columns alone.
func (r *run) checkOther(ctx context.Context, f *fit) error {
	first := r.fits[0]
	if !sameButNumbers(f.target, first.target) {
		return fmt.Errorf("its columns (%s) are not those of the other points (%s)", f.target, first.target)
	}
	if r.sql != nil {
		problems, err := r.sql.check(ctx, r.plan.Config, f.metrics, f.target)
		if r.fault = err; err == nil {
			r.fault = problems.Err()
		}
	}
	for k, m := range f.metrics {
		if other := first.metrics[k].Type; r.fault == nil && m.Type != other && !numbers(m.Type, other) {
			return fmt.Errorf("the metric %s is %s, and %s at other points", m.Name, m.Type, other)
		}
	}
	return nil
}

func (r *run) isChecked() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.fits) > 0 && r.fault == nil
}

// problems returns what check found wrong.
func (r *run) problems() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}
