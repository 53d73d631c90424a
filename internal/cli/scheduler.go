package cli

import (
	"context"
	"errors"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/schedule"
)

func newScheduler(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scheduler",
		Short: "Share the updating of nodes between processes",
		Long: `Schedulers are processes, on any number of machines, that keep the nodes of a config up to date in one PostgreSQL database. Each takes what is due, whose inputs
are done and that it may and can do; when one dies, others take over.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSchedulerStart(a), newSchedulerAssign(a), newSchedulerList(a), newSchedulerStop(a))
	return cmd
}

type schedulerStart struct {
	lease time.Duration
	poll  time.Duration
	idle  bool
}

func newSchedulerStart(a *app) *cobra.Command {
	o := &schedulerStart{}
	cmd := &cobra.Command{
		Use:   "start NAME [CONFIG] [NAME=VALUE...]",
		Short: "Run a scheduler until it is stopped",
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *schedulerStart) addFlags(f *pflag.FlagSet) {
	f.DurationVar(&o.lease, "lease", lease, "how long after its last sign of life others take over what it was at")
	f.DurationVar(&o.poll, "poll", poll, "how often to look for new rows in tables that are not tdlake's")
	f.BoolVar(&o.idle, "until-idle", false, "end when nothing is due")
}

func (o *schedulerStart) check(args []string) error {
	switch {
	case len(args) == 0:
		return usagef("tdlake scheduler start NAME CONFIG", "no scheduler is named")
	case o.lease < time.Second:
		return usagef("--lease 30s", "--lease %s: must be a second or more", o.lease)
	case o.poll < time.Second:
		return usagef("--poll 5s", "--poll %s: must be a second or more", o.poll)
	}
	return nil
}

func (o *schedulerStart) run(ctx context.Context, a *app, args []string) (err error) {
	if err := o.check(args); err != nil {
		return err
	}
	p, err := a.loadAfterName(args)
	if err != nil {
		return err
	}
	who, err := p.schedulerNamed(args[0])
	if err != nil {
		return err
	}
	db, err := p.server(ctx)
	if err != nil {
		return err
	}
	t, heart := pgTables{db.Tables()}, db.Tables()
	defer t.Close()
	defer heart.Close()
	names, err := p.computedNames()
	if err != nil {
		return err
	}
	w, err := p.databaseWork(ctx, t, "scheduler "+who.Name, names, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	w.options.Until = math.MaxInt64
	h, err := schedule.Hold(ctx, heart, who, o.lease)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	listener := heart.Listen()
	defer listener.Close()
	s := &schedule.Scheduler{
		Updater: w.updater(p.threads()), Claims: t, Assigned: t, Waiter: listener, Holder: h, Who: who,
		Jobs: p.threads(), Duty: p.pipeline.Duty, Poll: o.poll, Say: p.say,
	}
	s.Tell = func(r schedule.Report) {
		w.tell(r)
		if err := w.view(ctx, r.Node); err != nil {
			p.warn(err.Error())
		}
	}
	if o.idle {
		s.Idle = func() bool { return true }
	}
	if err := s.Register(ctx); err != nil {
		return err
	}
	return s.Run(ctx)
}

// loadAfterName loads the config of a command line that begins with a scheduler's name.
func (a *app) loadAfterName(args []string) (*project, error) {
	parsed, err := parseArguments(args[1:], 1)
	if err != nil {
		return nil, err
	}
	if len(parsed.rest) > 0 {
		parsed.config = parsed.rest[0]
	}
	return a.load(parsed)
}

// schedulerNamed finds one of the config's schedulers.
func (p *project) schedulerNamed(name string) (database.Scheduler, error) {
	host, _ := os.Hostname() // for people to read
	var known []string
	for _, s := range p.config.Schedulers {
		if s.Name == name {
			return database.Scheduler{Name: name, Host: host, PID: os.Getpid(), Environment: s.Environment.Name, Resources: s.Resources}, nil
		}
		known = append(known, s.Name)
	}
	if len(known) == 0 { // a config that names none has one for every name
		return database.Scheduler{Name: name, Host: host, PID: os.Getpid()}, nil
	}
	return database.Scheduler{}, usagef(config.Suggest(name, known), "the config has no scheduler %q", name)
}

// computedNames are the nodes that are no tables.
func (p *project) computedNames() (names []string, err error) {
	for _, name := range p.pipeline.Names() {
		nodes, err := p.nodes(name)
		if err != nil {
			return nil, err
		}
		if nodes[0].Kind.Name != graph.KindTable {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, usagef("add a node that computes something", "%s has no node that is computed", p.config.Path)
	}
	return names, nil
}
