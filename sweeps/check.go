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

// check holds each target's columns against the metrics, the first one's, and against the first one's, all others'. A
// metric that doesn't fit ends the run before anything is stored.
func (r *run) check(ctx context.Context, target frame.Schema) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.checked {
		r.checked, r.schema = true, target
		r.sql, r.fault = checkMetrics(ctx, r.plan.Config, r.plan.Metrics, target, r.plan.openSQL)
		if r.fault == nil && r.options.StoreTarget {
			r.fault = r.plan.checkTarget(target)
		}
	}
	if r.fault != nil {
		return r.fault
	}
	if !target.Equal(r.schema) {
		return fmt.Errorf("its columns (%s) are not those of the other points (%s)", target, r.schema)
	}
	return nil
}

func (r *run) isChecked() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.checked && r.fault == nil
}

// problems returns what check found wrong.
func (r *run) problems() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}
