package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

type gcOptions struct{ yes bool }

func newGC(a *app) *cobra.Command {
	o := &gcOptions{}
	cmd := &cobra.Command{
		Use:   "gc CONFIG...",
		Short: "Remove what none of the configs needs",
		Long: `Lists what could be removed from the configs' data lakes: date ranges that no config given has, nodes that none needs, and what killed runs left behind. Give
every config whose results are to stay. Nothing is removed without --yes.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *gcOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.yes, "yes", false, "remove what is listed")
	f.BoolVar(&o.yes, "force", false, "the same as --yes")
}

// datalake is one folder of date ranges.
type datalake struct{ dir, name string }

func (o *gcOptions) run(ctx context.Context, a *app, args []string) error {
	if len(args) == 0 {
		return usagef("tdlake gc CONFIG... : give every config whose results are to stay", "no config is given")
	}
	needed := map[datalake]lake.Needed{}
	var order []datalake
	for _, path := range args {
		p, err := a.load(arguments{config: path})
		if err != nil {
			return err
		}
		key := datalake{p.dir, p.config.DatalakeName}
		if needed[key] == nil {
			needed[key] = lake.Needed{}
			order = append(order, key)
		}
		if err := p.addNeeded(ctx, needed[key]); err != nil {
			return err
		}
	}
	for _, key := range order {
		if err := o.collect(ctx, a, key, needed[key]); err != nil {
			return err
		}
	}
	return nil
}

func (o *gcOptions) collect(ctx context.Context, a *app, key datalake, needed lake.Needed) error {
	plan, err := lake.PlanGC(ctx, key.dir, key.name, needed)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(a.listing(), plan); err != nil || len(plan.Removal) == 0 {
		return err
	}
	if !o.yes {
		a.say("nothing was removed; to remove it, run the same command with --yes")
		return nil
	}
	return plan.Run(ctx)
}

// addNeeded names every node that the config knows, at the parameters' defaults and at every point of its sweep.
func (p *project) addNeeded(ctx context.Context, needed lake.Needed) error {
	ids := needed[p.lake.Name()]
	if ids == nil {
		ids = map[string]bool{}
		needed[p.lake.Name()] = ids
	}
	targets, err := p.everything(ctx)
	if err != nil {
		return err
	}
	all, err := p.allNodes()
	if err != nil {
		return err
	}
	graph.Walk(append(targets, all...), nil, func(n *graph.Node) { ids[n.ID()] = true })
	return nil
}
