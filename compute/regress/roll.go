package regress

import (
	"context"
	"fmt"
	"slices"
)

// Roll fits every spec at the rows from..to-1 over windows of size rows and hands each fit to emit, rows ascending, for a
// row the specs in their order. A row is left out where the window is longer than the history, the target is missing in it,
// or no column is a feature. The Fit's slices are good until emit returns. Specs share the sums; each is fitted as if it
// were alone. Errors name the row; a cancelled context ends the roll between months.
func (d *Design) Roll(ctx context.Context, size int, specs []Spec, from, to int, emit func(spec int, f Fit)) error {
	if size < 1 || from < 0 || to > d.rows {
		return fmt.Errorf("regress: a window of %d rows over rows %d to %d of %d", size, from, to, d.rows)
	}
	if d.cols == 0 {
		return nil // no row has a feature
	}
	r := &roller{d: d, window: newWindow(d, size), specs: specs, emit: emit, from: from}
	for range specs {
		r.solvers = append(r.solvers, newSolver(d))
	}
	for t := from; t < to; {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := t
		for end < to && d.month[end] == d.month[t] {
			end++
		}
		if err := r.month(int(d.monthStart[t]), end); err != nil {
			return err
		}
		t = end
	}
	return nil
}

type roller struct {
	d        *Design
	window   *window
	specs    []Spec
	solvers  []*solver
	emit     func(spec int, f Fit)
	from     int
	features []int32
	spare    []int32
	chosen   *bool // the first of the members that features were chosen from
	gaps     int   // the window's gapChanges when they were
	version  int   // of features: goes up when they change
	centred  centred
	p        problem // the one at hand, its memory used again
}

// month fits the rows start..end-1 of one month, from its anchor.
func (r *roller) month(start, end int) error {
	anchor := max(start, r.window.size-1)
	if anchor >= end {
		return nil
	}
	for _, s := range r.solvers {
		s.forget()
	}
	r.window.restart(anchor)
	for t := anchor; ; {
		if err := r.fitRow(t); err != nil {
			return err
		}
		if t++; t == end {
			return nil
		}
		r.window.advance()
	}
}

func (r *roller) fitRow(t int) error {
	r.choose(t)
	if len(r.features) == 0 || r.window.gapsY > 0 {
		for _, s := range r.solvers {
			s.forget()
		}
		return nil
	}
	for i, spec := range r.specs {
		p := r.problem(spec)
		active, weights, err := r.solvers[i].solve(p)
		if err != nil {
			return fmt.Errorf("row %d, a window of %d rows, alpha %g: %w", t, r.window.size, spec.Alpha, err)
		}
		if t >= r.from {
			r.emit(i, Fit{Row: t, Features: r.features, Active: active, Weights: weights, Twins: r.solvers[i].twins.found})
		}
	}
	return nil
}

// choose lists the features of a row: its members without a gap in the window, on most days the same as the day before.
func (r *roller) choose(t int) {
	members := r.d.members[t]
	if r.chosen == &members[0] && r.gaps == r.window.gapChanges {
		return
	}
	r.chosen, r.gaps = &members[0], r.window.gapChanges
	r.spare = r.spare[:0]
	for j, in := range members {
		if in && r.window.gaps[j] == 0 {
			r.spare = append(r.spare, int32(j))
		}
	}
	if r.version == 0 || !slices.Equal(r.spare, r.features) {
		r.features, r.spare = r.spare, r.features
		r.version++
	}
}

// problem states the regression of the current window. Alpha is a weight on the mean of squares, so it is scaled by the
// number of rows.
func (r *roller) problem(spec Spec) *problem {
	n := float64(r.window.size)
	p := &r.p
	*p = problem{
		triangle: &r.d.triangle, g: r.window.g, c: r.window.c, positive: spec.Positive, eligible: r.features, version: r.version,
		lambda: n * spec.Alpha * spec.L1Ratio, ridge: n * spec.Alpha * (1 - spec.L1Ratio),
	}
	if spec.Intercept {
		r.centred.centre(r.window, r.features)
		p.g, p.c = r.centred.g, r.centred.c
	}
	return p
}
