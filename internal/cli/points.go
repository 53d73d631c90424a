package cli

import "context"

// pointsView is the relation of a sweep's results.
const pointsView = "points"

// providePoints makes the view of the sweep's points that are stored. Nothing is computed for it: a sweep may be long.
func (v *views) providePoints(ctx context.Context) error {
	if v.swept.config.Sweep == nil {
		return usagef("add a sweep, and run `tdlake sweep`", "there is no table points: %s has no sweep", v.swept.config.Path)
	}
	if err := v.swept.checkSource(ctx); err != nil {
		return err
	}
	plan, err := v.swept.planSweep(ctx, true)
	if err != nil {
		return err
	}
	defer plan.Close()
	switch {
	case plan.Stored() == 0:
		return usagef("run `tdlake sweep` first", "there are no points yet: nothing of the sweep is stored")
	case plan.ToCompute() > 0:
		v.say("points: %d of %d are stored; `tdlake sweep` computes the others", plan.Stored(), plan.Points())
	}
	table, err := plan.Table()
	if err != nil {
		return err
	}
	return v.db.RegisterTable(pointsView, table)
}
