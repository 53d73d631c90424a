package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/schedule"
)

type updateOptions struct {
	tree, once, debug, force, revise, check, dry bool
	until                                        string
}

func newUpdate(a *app) *cobra.Command {
	o := &updateOptions{}
	cmd := &cobra.Command{
		Use:   "update [CONFIG] [NODE...] [NAME=VALUE...]",
		Short: "Keep the database's tables of nodes up to date",
		Long: `Computes what is new of each NODE (default: the config's target) and of everything it depends on, deepest first, and writes it into tables of its own: in the
schema tdlake of the PostgreSQL database or of the DuckDB file, or for files:FOLDER in a DuckDB file in the datalake's folder. Rows begin at datalake_start and go
as far as the inputs do, whatever datalake_end says. They are the same, bit for bit, as if computed from scratch. Goes on until stopped, updating each node
whenever its inputs have grown. Where rows that a node was computed from have changed since, or have come late, that is said by every pass, and by tables and why
--from database, until --revise has computed it again.`,
		Example: `  tdlake update --debug --break-after-one-update
  tdlake update my.yaml portfolio --until 2024-06-01`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *updateOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.tree, "update-tree", true, "update every dependency first; =false: the nodes alone, from what their inputs' tables hold")
	f.BoolVar(&o.once, "break-after-one-update", false, "one pass, then stop")
	f.BoolVar(&o.debug, "debug", false, "strictly one node after the other; the first error stops it")
	f.BoolVar(&o.force, "force", false, "in the first pass, update nodes before their update_every is over")
	f.BoolVar(&o.revise, "revise", false, "compute again what was computed from rows that have changed since")
	f.BoolVar(&o.check, "check", false, "exit code 6 where a node is stale or lacks rows; writes nothing but with --break-after-one-update, whose pass comes first")
	f.BoolVar(&o.dry, "dry-run", false, "with --revise: say what it would compute again and why, and write nothing")
	f.StringVar(&o.until, "until", "", "no row at or after `TIME`")
}

// manyNodes is more nodes than anybody names.
const manyNodes = 10_000

func (o *updateOptions) run(ctx context.Context, a *app, args []string) (err error) {
	parsed, err := parseArguments(args, manyNodes)
	if err != nil {
		return err
	}
	until := int64(math.MaxInt64)
	if o.until != "" {
		if until, err = config.ParseTime(o.until); err != nil {
			return usagef("write 2024-01-31, or 2024-01-31T04:00:00Z", "--until: %v", err)
		}
	}
	if o.dry && !o.revise {
		return usagef("add --revise, or write --check", "--dry-run says what --revise would do")
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	names := parsed.rest
	if len(names) == 0 {
		name, err := p.targetOf(parsed)
		if err != nil {
			return err
		}
		names = []string{name}
	}
	t, err := p.openTables(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	p.sayWhere()
	command := "update"
	if o.looks() {
		command = "" // which leaves no trace
	}
	w, err := p.databaseWork(ctx, t, command, names, !o.tree)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	w.options.Until, w.options.Revise = until, o.revise
	if !o.looks() {
		err = o.passes(ctx, w)
		w.options.Revise = false
	}
	if err == nil && (o.check || o.dry) {
		err = o.inspect(ctx, w)
	}
	return err
}

// looks reports whether the command line asks to look alone.
func (o *updateOptions) looks() bool { return o.dry || o.check && !o.once }

// inspect says how each node stands. With --check it fails where one is not as it should be.
func (o *updateOptions) inspect(ctx context.Context, w *databaseWork) error {
	all, err := w.updater(1).Check(ctx)
	if err != nil {
		return err
	}
	bad := 0
	for _, f := range all {
		if !f.Holds() {
			bad++
		}
		for _, line := range f.Lines() {
			if _, err := fmt.Fprintln(w.stdout, line); err != nil {
				return err
			}
		}
	}
	if bad == 0 || !o.check {
		return nil
	}
	verb := "are"
	if bad == 1 {
		verb = "is"
	}
	return &conditionError{fmt.Sprintf("%d of %s %s not up to date; tdlake update computes what is new, and with --revise again what is stale", bad, count(len(all), "node"), verb)}
}

const lease = 30 * time.Second

// passes makes one pass, or one after the other.
func (o *updateOptions) passes(ctx context.Context, w *databaseWork) (err error) {
	pulse := w.tables.Pulse()
	defer pulse.Close()
	host, _ := os.Hostname()
	h, err := schedule.Hold(ctx, pulse, database.Scheduler{Name: fmt.Sprintf("update-%d", os.Getpid()), Host: host, PID: os.Getpid()}, lease)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	jobs := w.threads()
	if o.debug {
		jobs = 1
	}
	pass := &schedule.Pass{
		Updater: w.updater(jobs), Claims: w.tables, Holder: h, Jobs: jobs,
		Every: w.every, Force: o.force, Say: w.say,
	}
	var mu sync.Mutex
	var changed []schedule.Report
	pass.Tell = func(r schedule.Report) {
		mu.Lock()
		defer mu.Unlock()
		w.tell(r)
		if r.State != schedule.Current {
			changed = append(changed, r)
		}
	}
	if err := pass.Register(ctx); err != nil {
		return err
	}
	for {
		changed = nil
		err := pass.Run(ctx)
		for _, r := range changed {
			err = errors.Join(err, w.view(ctx, r.Node))
		}
		if o.once || err != nil && (o.debug || !goesOn(err)) {
			return err
		}
		if err != nil {
			w.say("%v", err)
		}
		pulse.Wait(ctx, poll)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pass.Again, pass.Force = true, false
	}
}

// goesOn reports whether a loop is not over with an error: what failed is tried again later.
func goesOn(err error) bool {
	return database.IsKind(err, database.Unreachable) || database.IsKind(err, database.Refused) ||
		is[*schedule.UpdateError](err) || is[*schedule.FailedError](err)
}

// poll is how long users' tables, which tell nobody, are left alone.
const poll = 5 * time.Second
