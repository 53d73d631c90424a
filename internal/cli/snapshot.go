package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type snapshotOptions struct {
	refresh bool
	dryRun  bool
}

func newSnapshot(a *app) *cobra.Command {
	o := &snapshotOptions{}
	cmd := &cobra.Command{
		Use:   "snapshot [CONFIG] [NAME=VALUE...]",
		Short: "Copy what the nodes need from the database, once",
		Long: `Copies from the database what the config's nodes need at the parameters' defaults, and what its sweep needs, into the date range's folder. What is there
already is not read again, so a second call does nothing.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *snapshotOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.refresh, "refresh", false, "take a new snapshot in place of the stored one, and report which rows changed")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be copied, and stop")
}

func (o *snapshotOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	targets, err := p.everythingNeeded(ctx)
	if err != nil {
		return err
	}
	needed, err := p.needs(targets)
	if err != nil {
		return err
	}
	plan, err := p.planSnapshot(ctx, needed, o.refresh)
	if err != nil {
		return err
	}
	defer plan.Close()
	if o.dryRun || plan.Empty() {
		_, err := fmt.Fprint(a.listing(), plan)
		return err
	}
	a.say("%s", plan)
	report, err := p.runSnapshot(ctx, plan)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.listing(), report)
	return err
}
