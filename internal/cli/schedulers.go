package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/schedule"
)

type schedulerAssign struct {
	config string
	delink bool
}

func newSchedulerAssign(a *app) *cobra.Command {
	o := &schedulerAssign{}
	cmd := &cobra.Command{
		Use:   "assign NAME NODE...",
		Short: "Give nodes to a scheduler, whatever the config says",
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *schedulerAssign) addFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.config, "config", "c", defaultConfig, "the config that knows the nodes")
	f.BoolVar(&o.delink, "delink-all", false, "take all nodes that it has away from it first")
}

func (o *schedulerAssign) run(ctx context.Context, a *app, args []string) error {
	if len(args) == 0 || len(args) == 1 && !o.delink {
		return usagef("tdlake scheduler assign NAME NODE...", "name a scheduler and its nodes")
	}
	p, err := a.load(arguments{config: o.config})
	if err != nil {
		return err
	}
	who, err := p.schedulerNamed(args[0])
	if err != nil {
		return err
	}
	nodes, err := p.computed(args[1:])
	if err != nil {
		return err
	}
	var ids []string
	for _, n := range nodes {
		if why := schedule.Unable(who, n, p.pipeline.Duty(n)); why != "" {
			return usagef("", "%s cannot update %s: %s", who.Name, n.Name, why)
		}
		ids = append(ids, n.ID())
	}
	t, err := p.serverTables(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	return t.Assign(ctx, args[0], ids, o.delink)
}

func newSchedulerList(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [CONFIG]",
		Short: "List the schedulers at work, and what each is at",
		Args:  atMost(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return listSchedulers(cmd.Context(), a, args) },
	}
}

func listSchedulers(ctx context.Context, a *app, args []string) error {
	p, err := a.loadAfterName(append([]string{""}, args...))
	if err != nil {
		return err
	}
	t, err := p.serverTables(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	all, err := t.Schedulers(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		a.say("no scheduler is at work")
	}
	for _, s := range all {
		if _, err := fmt.Fprint(a.stdout, describeScheduler(s)); err != nil {
			return err
		}
	}
	return nil
}

func describeScheduler(s database.Scheduler) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: process %d on %s, last heard of %s ago", s.Name, s.PID, s.Host, (time.Duration(s.Silent) * time.Microsecond).Round(time.Second))
	if s.Environment != "" {
		fmt.Fprintf(&b, ", environment %s", s.Environment)
	}
	for _, name := range sortedNames(s.Resources) {
		fmt.Fprintf(&b, ", %s: %d", name, s.Resources[name])
	}
	b.WriteByte('\n')
	for _, n := range s.Holds {
		fmt.Fprintf(&b, "  is at %s\n", n)
	}
	for _, n := range s.Assigned {
		fmt.Fprintf(&b, "  was given %s\n", n)
	}
	return b.String()
}

func newSchedulerStop(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stop NAME [CONFIG]",
		Short: "Tell the schedulers of a name to end when they are done with what they are at",
		RunE:  func(cmd *cobra.Command, args []string) error { return stopSchedulers(cmd.Context(), a, args) },
	}
}

func stopSchedulers(ctx context.Context, a *app, args []string) error {
	if len(args) == 0 {
		return usagef("tdlake scheduler stop NAME CONFIG", "no scheduler is named")
	}
	p, err := a.loadAfterName(args)
	if err != nil {
		return err
	}
	t, err := p.serverTables(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	n, err := t.StopSchedulers(ctx, args[0])
	switch {
	case err != nil:
		return err
	case n == 0:
		a.say("no scheduler of that name is at work")
	default:
		a.say("told %s of that name to stop", count(int(n), "scheduler"))
	}
	return nil
}
