package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/sweeps"
)

// pointsView is the relation of a sweep's results, targetsView that of the target's rows at its points. A node called targets goes before the latter.
const (
	pointsView  = "points"
	targetsView = "targets"
)

// sweepViews are the relations of the sweep.
func (v *views) sweepViews() []string {
	if slices.ContainsFunc(v.pipeline.Names(), func(name string) bool { return strings.EqualFold(name, targetsView) }) {
		return []string{pointsView}
	}
	return []string{pointsView, targetsView}
}

// provideSweep makes a view of what is stored of the sweep. Nothing is computed for it: a sweep may be long.
func (v *views) provideSweep(ctx context.Context, name string) error {
	plan, err := v.sweepPlan(ctx, "table "+name)
	if err != nil {
		return err
	}
	defer plan.Close()
	if name == targetsView {
		return v.provideTargets(ctx, plan)
	}
	return v.providePoints(plan)
}

// sweepPlan finds what is stored of the sweep, for what is asked of it. Close it after use.
func (v *views) sweepPlan(ctx context.Context, what string) (*sweeps.Plan, error) {
	if v.swept.config.Sweep == nil {
		return nil, usagef("add a sweep, and run `tdlake sweep`", "there is no %s: %s has no sweep", what, v.swept.config.Path)
	}
	if err := v.swept.checkSource(ctx); err != nil {
		return nil, err
	}
	return v.swept.planSweep(ctx, true)
}

const staleSources = "were computed from rows of the lake that are gone or changed since"

func (v *views) providePoints(plan *sweeps.Plan) error {
	switch {
	case plan.Stored() == 0 && plan.Stale():
		return usagef("`tdlake sweep` computes them anew", "the points that are stored %s", staleSources)
	case plan.Stored() == 0:
		return usagef("run `tdlake sweep` first", "there are no points yet: nothing of the sweep is stored")
	case plan.ToCompute() > 0 && plan.Stale():
		v.say("points: %d of %d are stored, and others %s; `tdlake sweep` computes them", plan.Stored(), plan.Points(), staleSources)
	case plan.ToCompute() > 0:
		v.say("points: %d of %d are stored; `tdlake sweep` computes the others", plan.Stored(), plan.Points())
	}
	table, err := plan.Table()
	if err != nil {
		return err
	}
	return v.db.RegisterTable(pointsView, table)
}

func (v *views) provideTargets(ctx context.Context, plan *sweeps.Plan) error {
	files, stale := plan.TargetFiles()
	switch {
	case len(files) == 0 && stale:
		return usagef("`tdlake sweep --store-target` computes them anew", "the target's rows that are stored %s", staleSources)
	case len(files) == 0:
		return usagef("run `tdlake sweep --store-target` first", "there are no rows of the target yet: none are stored with the sweep")
	}
	columns := "*"
	if lists := listColumns(plan.Space.Parameters); lists != "" {
		columns = "* replace (" + lists + ")"
	}
	selects := make([]string, len(files))
	for i, f := range files {
		selects[i] = selectTarget(f, columns)
	}
	return v.db.Exec(ctx, fmt.Sprintf("create or replace view %s as %s", targetsView, strings.Join(selects, "\nunion all by name ")))
}

func selectTarget(f sweeps.TargetFile, columns string) string {
	file := duck.Literal(f.Path)
	if f.All {
		return fmt.Sprintf("select %s from read_parquet(%s, hive_partitioning = false)", columns, file)
	}
	ranges := make([]string, len(f.Rows))
	for i, r := range f.Rows {
		ranges[i] = fmt.Sprintf("file_row_number between %d and %d", r[0], r[1]-1)
	}
	return fmt.Sprintf("select %s from (select * exclude (file_row_number) from read_parquet(%s, hive_partitioning = false, file_row_number = true) where %s)",
		columns, file, strings.Join(ranges, " or "))
}

// listColumns turns the JSON of parameters that are lists into lists.
func listColumns(parameters []*sweeps.Parameter) string {
	types := map[frame.Type]string{frame.Int64: "bigint", frame.Float64: "double", frame.Bool: "boolean", frame.String: "varchar"}
	var out []string
	for _, p := range parameters {
		if p.List {
			name := duck.Quote(p.Name)
			out = append(out, fmt.Sprintf("%s::json::%s[] as %s", name, types[p.Element()], name))
		}
	}
	return strings.Join(out, ", ")
}
