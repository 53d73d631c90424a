package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

type runOptions struct {
	after  string
	from   string
	output output
}

func newRun(a *app) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run [CONFIG] [NODE] [NAME=VALUE...]",
		Short: "Evaluate one node",
		Long: `Evaluates NODE, a name or a local_hash_id (default: the config's target), stores its rows in the lake and prints them. What is missing of the snapshot is
taken first.`,
		Example: `  tdlake run portfolio
  tdlake run portfolio lasso_alpha=1e-4 --after 2024-01-01
  tdlake run my.yaml returns --output returns.parquet`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *runOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.after, "after", "", "only rows strictly after `TIME`")
	f.StringVar(&o.from, "from", "lake", "where rows are: lake, or database: the tables that update and schedulers keep")
	o.output.addFlags(f)
}

func (o *runOptions) run(ctx context.Context, a *app, args []string) (err error) {
	parsed, err := parseArguments(args, 1)
	if err != nil {
		return err
	}
	if err := errors.Join(o.output.check(), oneOf("from", o.from, "lake", "database")); err != nil {
		return err
	}
	after, err := o.condition()
	if err != nil {
		return err
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	name, err := p.targetOf(parsed)
	if err != nil {
		return err
	}
	elements, err := p.pipeline.Elements(name, p.pipeline.Defaults())
	if err != nil {
		return hintValues(name, err)
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
	if err := o.provide(ctx, v, name, elements); err != nil {
		return err
	}
	return v.explain(ctx, o.output.emit(ctx, a, v.db, "select * from "+duck.Quote(name)+after))
}

// provide makes the relation that is printed.
func (o *runOptions) provide(ctx context.Context, v *views, name string, elements []graph.Element) error {
	if o.from == "lake" || elements[0].Node.Kind.Name == graph.KindTable {
		return v.provideNode(ctx, name, elements, true)
	}
	after := v.config.Start - 1
	if o.after != "" {
		after, _ = config.ParseTime(o.after) // condition has checked it
	}
	return v.provideFromDatabase(ctx, name, elements, after)
}

// condition is --after in SQL.
func (o *runOptions) condition() (string, error) {
	if o.after == "" {
		return "", nil
	}
	at, err := config.ParseTime(o.after)
	if err != nil {
		return "", usagef("write 2024-01-31, or 2024-01-31T04:00:00Z", "--after: %v", err)
	}
	return " where time_index > " + timeLiteral(at), nil
}
