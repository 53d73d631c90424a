package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/sweeps"
)

type gridOptions struct {
	output output
	over   string
}

func newGrid(a *app) *cobra.Command {
	o := &gridOptions{}
	cmd := &cobra.Command{
		Use:   "grid [CONFIG] X Y METRIC [NAME=VALUES...]",
		Short: "Show a metric over two parameters of the sweep",
		Long: `Shows a metric of the stored points as a grid: the values of the parameter X across, those of Y down, in their order. Where the sweep varies other parameters too,
NAME=VALUE takes one value of each, or --over sums up what they come to. Nothing is computed: "tdlake sweep" comes first.`,
		Example: `  tdlake grid lasso_alpha long_rolling_windows sharpe
  tdlake grid my.yaml lasso_alpha long_rolling_windows sharpe short_rolling_windows=120
  tdlake grid lasso_alpha long_rolling_windows sharpe --over median --output sharpe.csv`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *gridOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.over, "over", "", "what to show of points that differ in other parameters alone: mean, median, min or max")
	o.output.addFlags(f)
}

func (o *gridOptions) run(ctx context.Context, a *app, args []string) (err error) {
	parsed, err := parseArguments(args, 3)
	if err != nil {
		return err
	}
	if len(parsed.rest) != 3 {
		return usagef("tdlake grid [CONFIG] X Y METRIC", "a grid takes two parameters and a metric, not %s", count(len(parsed.rest), "name"))
	}
	if err := cmp.Or(o.output.check(), o.checkOver()); err != nil {
		return err
	}
	p, err := a.loadForSweep(parsed)
	if err != nil {
		return err
	}
	if err := o.output.open(); err != nil {
		return err
	}
	defer o.output.close()
	v, err := p.openViews(ctx, &o.output)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.close()) }()
	return o.show(ctx, v, parsed.rest)
}

func (o *gridOptions) checkOver() error {
	if o.over == "" {
		return nil
	}
	return oneOf("over", o.over, "mean", "median", "min", "max")
}

func (o *gridOptions) show(ctx context.Context, v *views, names []string) error {
	plan, err := v.sweepPlan(ctx, "grid")
	if err != nil {
		return err
	}
	defer plan.Close()
	query, err := o.query(plan, names[0], names[1], names[2])
	if err != nil {
		return err
	}
	if err := v.providePoints(plan); err != nil {
		return err
	}
	ranked, err := plan.Ranked(1)
	if err != nil {
		return err
	}
	if n := ranked.Late + ranked.Fewer; n > 0 {
		v.warn(points(n, "starts", "start") + " later than the others or " + map[bool]string{true: "has", false: "have"}[n == 1] + " fewer rows: not comparable")
	}
	v.say("%s: %s across, %s down", names[2], names[0], names[1])
	return v.explain(ctx, o.output.emit(ctx, v.app, v.db, query))
}

// query writes the grid's SQL: a row a value of y, a column a value of x.
func (o *gridOptions) query(plan *sweeps.Plan, x, y, metric string) (string, error) {
	if err := o.checkNames(plan, x, y, metric); err != nil {
		return "", err
	}
	aggregate := map[string]string{"": "any_value", "mean": "avg"}[o.over]
	values, texts := plan.Space.Parameters[parameterNamed(plan, x)].Sorted()
	cells := make([]string, len(values))
	for i, value := range values {
		cells[i] = fmt.Sprintf("%s(%s) filter (where %s = %s) as %s", cmp.Or(aggregate, o.over), duck.Quote(metric), duck.Quote(x), literal(value), duck.Quote(texts[i]))
	}
	return fmt.Sprintf("select %s, %s from %s group by 1 order by 1", duck.Quote(y), strings.Join(cells, ", "), pointsView), nil
}

func parameterNamed(plan *sweeps.Plan, name string) int {
	return slices.IndexFunc(plan.Space.Parameters, func(p *sweeps.Parameter) bool { return p.Name == name })
}

// checkNames refuses names that the sweep does not have, and points that would share a cell.
func (o *gridOptions) checkNames(plan *sweeps.Plan, x, y, metric string) error {
	parameters, metrics := []string{}, []string{"rows"}
	for _, p := range plan.Space.Parameters {
		parameters = append(parameters, p.Name)
	}
	for _, m := range plan.Metrics {
		metrics = append(metrics, m.Name)
	}
	for _, name := range []string{x, y} {
		if parameterNamed(plan, name) < 0 {
			return usagef(config.Suggest(name, parameters), "the sweep does not vary %q", name)
		}
	}
	if !slices.Contains(metrics, metric) {
		return usagef(config.Suggest(metric, metrics), "the sweep has no metric %q", metric)
	}
	if x == y {
		return usagef("name two parameters", "a grid of %s over itself has one row in each column", x)
	}
	for _, p := range plan.Space.Parameters {
		if p.Name != x && p.Name != y && p.Len() > 1 && o.over == "" {
			_, texts := p.Sorted()
			one := texts[0]
			if p.List {
				one = "[" + one + "]"
			}
			return usagef(fmt.Sprintf("take one value, '%s=%s', or sum up with --over median", p.Name, one),
				"the sweep varies %s too, which takes %s: each cell would be of several points", p.Name, count(p.Len(), "value"))
		}
	}
	return nil
}
