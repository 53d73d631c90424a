package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/sweeps"
)

type sweepOptions struct {
	storeTarget bool
	limit       int
	json        bool
	by          string
}

func newSweep(a *app) *cobra.Command {
	o := &sweepOptions{}
	cmd := &cobra.Command{
		Use:   "sweep [CONFIG] [NAME=VALUES...]",
		Short: "Evaluate the target at every point of the sweep",
		Long: `Evaluates the target for every combination of parameters in the config's sweep, keeps each point's metrics, and prints the best. What is stored is not computed
again: a sweep that was stopped goes on, and one with more values or metrics computes only what is new. NAME=VALUES replaces the values of a parameter.`,
		Example: `  tdlake sweep
  tdlake sweep my.yaml "lasso_alpha=[1e-4, 1e-5]" "days={range: [60, 120, 20]}"
  tdlake sweep --json | jq .rows[0]`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.json && !cmd.Flags().Changed("limit") {
				o.limit = 0
			}
			return o.run(cmd.Context(), a, args)
		},
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *sweepOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.storeTarget, "store-target", false, "keep the target's rows at every point too")
	f.IntVar(&o.limit, "limit", 10, "how many points to print; 0 for all")
	f.StringVar(&o.by, "by", "", "rank by this `METRIC`, instead of the config's sweep.rank or its first metric")
	f.BoolVar(&o.json, "json", false, "print the ranked points as JSON, all of them unless --limit is given")
}

func (o *sweepOptions) run(ctx context.Context, a *app, args []string) error {
	if o.limit < 0 {
		return usagef("0 is all points", "--limit %d: must not be negative", o.limit)
	}
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.loadForSweep(parsed)
	if err != nil {
		return err
	}
	if p.config.Sweep == nil {
		return usagef("add a section sweep with vary and metrics: see docs/configuration.md", "%s: the config has no sweep", parsed.config)
	}
	if err := o.checkBy(p.config.Sweep); err != nil {
		return err
	}
	p.warnIdle()
	plan, err := p.sweep(ctx, o.storeTarget)
	var partial *sweeps.PartialError
	if err != nil && !errors.As(err, &partial) {
		return err
	}
	return errors.Join(o.print(a, plan), err)
}

// checkBy refuses a metric that there is none of, before anything is computed.
func (o *sweepOptions) checkBy(s *config.Sweep) error {
	var names []string
	for _, m := range s.Metrics {
		names = append(names, m.Name)
	}
	if o.by == "" || slices.Contains(names, o.by) {
		return nil
	}
	return usagef(cmp.Or(config.Suggest(o.by, names), "name it under sweep.metrics"), "--by %s: none of the sweep's metrics", o.by)
}

// loadForSweep is load, but NAME=VALUES of a parameter that the config varies replaces what it takes, and several values of another are varied too.
func (a *app) loadForSweep(args arguments) (*project, error) {
	varied := map[string]bool{}
	if len(args.overrides) > 0 {
		if c, _ := config.Load(args.config, nil); c != nil && c.Sweep != nil { // faults are reported by load
			for _, v := range c.Sweep.Vary {
				varied[v.Name] = true
			}
		}
	}
	for i, o := range args.overrides {
		args.overrides[i].Vary, args.overrides[i].Several = varied[o.Name], true
	}
	return a.load(args)
}

// sweep takes what is missing of the snapshot, then computes the points that are missing. The plan holds the results, also beside a
// *sweeps.PartialError.
func (p *project) sweep(ctx context.Context, storeTarget bool) (*sweeps.Plan, error) {
	p.collectLess()
	var needed needs
	plan, err := sweeps.NewPlan(ctx, sweeps.Request{
		Config: p.config, Pipeline: p.pipeline, Lake: p.lake,
		Sources: func(targets []*graph.Node) (files []lake.Digest, err error) {
			if needed, err = p.needs(targets); err != nil {
				return nil, err
			}
			if err := p.fetch(ctx, needed); err != nil {
				return nil, err
			}
			return sweeps.SourcesOf(p.lake, needed.fromDB)
		},
	})
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	lock, err := p.lake.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	return plan, p.runSweep(ctx, plan, needed, storeTarget)
}

// runSweep computes what a plan lacks.
func (p *project) runSweep(ctx context.Context, plan *sweeps.Plan, needed needs, storeTarget bool) (err error) {
	begin := time.Now()
	options := sweeps.Options{Jobs: p.threads(), StoreTarget: storeTarget}
	if err := plan.Refresh(); err != nil {
		return err
	}
	needed.targets = plan.Missing(options)
	plan.Ahead()
	prepared := p.phase("planning the nodes")
	if len(needed.targets) > 0 {
		p.warnShort()
		if options.Legs, err = plan.OpenLegs(); err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, options.Legs.Close())
			if problem := options.Legs.Problem(); problem != nil {
				p.warn(fmt.Sprintf("what the sides of portfolios came to is not kept, and the next sweep computes it again: %v", problem))
			}
		}()
	}
	work, err := p.newWork(ctx, needed, options.Legs)
	prepared()
	if err != nil {
		return err
	}
	defer work.close()
	if len(needed.targets) > 0 && plan.Points() > 1 {
		work.warm(ctx)
	}
	options.Plan = func(ctx context.Context, targets []*graph.Node) error {
		return work.engine.Plan(ctx, targets, needed.cut)
	}
	points := p.counted("sweep", "point")
	options.Progress = func(at sweeps.Progress) { points.set(at.Done, at.Total) }
	ran := p.phase("computing and storing points")
	report, err := sweeps.Run(ctx, plan, sweeps.Compute(work.engine, p.config.Start), options)
	ran()
	work.note()
	points.finish()
	if report != nil {
		p.say("%s", sweepLine(report, time.Since(begin), plan))
	}
	return err
}

// warm computes the regressions that points share.
func (w *work) warm(ctx context.Context) {
	defer w.phase("computing regressions")()
	bar := w.counted("regressions", "regression")
	w.engine.Warm(ctx, bar.set)
	bar.finish()
}

// sweepLine says what a sweep did.
func sweepLine(r *sweeps.Report, took time.Duration, plan *sweeps.Plan) string {
	if r.Computed == 0 && r.Failed == 0 {
		return fmt.Sprintf("%s, all stored: nothing to compute", count(r.Points, "point"))
	}
	rate := float64(r.Computed) / max(took.Seconds(), 1e-6)
	return fmt.Sprintf("%s, %s computed in %.2f s (%s a second), stored in %s",
		count(r.Points, "point"), thousands(r.Computed), took.Seconds(), thousands(int(rate)), plan.Dir)
}

// print writes the ranked points.
func (o *sweepOptions) print(a *app, plan *sweeps.Plan) error {
	defer a.phase("ranking and printing")()
	ranking, err := plan.RankedBy(o.limit, o.by)
	if err != nil {
		return err
	}
	if !o.json {
		return a.writeRanking(ranking)
	}
	text, err := json.Marshal(ranking)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(append(text, '\n'))
	return err
}
