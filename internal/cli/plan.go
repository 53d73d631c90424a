package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/sweeps"
)

type planOptions struct{ json bool }

func newPlan(a *app) *cobra.Command {
	o := &planOptions{}
	cmd := &cobra.Command{
		Use:   "plan [CONFIG] [NAME=VALUE...]",
		Short: "Say what would be done",
		Long: `Says what a snapshot would copy, what a sweep would compute and why, and what that takes. Nothing is changed. The database is asked how far back it goes where
the lake does not know; not with --offline.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *planOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.json, "json", false, "print JSON")
}

// planned is what a plan says, in numbers.
type planned struct {
	Points   int      `json:"points"`
	Nodes    int      `json:"distinct_nodes"`
	Stored   int      `json:"already_stored"` // points; nodes where there is no sweep
	Compute  int      `json:"to_compute"`     // likewise
	Snapshot string   `json:"snapshot"`       // what is to be copied
	Fetch    []string `json:"to_fetch"`       // local_hash_ids
	estimate

	text string // of the sweep or the target
}

func (o *planOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.loadForSweep(parsed)
	if err != nil {
		return err
	}
	p.warnIdle()
	plan, err := p.plan(ctx)
	if err != nil {
		return err
	}
	if o.json {
		return writeDocument(a.stdout, plan)
	}
	_, err = fmt.Fprint(a.listing(), plan.text, plan.estimate, plan.Snapshot)
	return err
}

// plan looks at the snapshot first: only where it is complete can stored results be known to be good.
func (p *project) plan(ctx context.Context) (*planned, error) {
	targets, err := p.everythingNeeded(ctx)
	if err != nil {
		return nil, err
	}
	needed, err := p.needs(targets)
	if err != nil {
		return nil, err
	}
	out := &planned{Fetch: []string{}}
	complete, err := p.addSnapshot(ctx, out, needed)
	if err != nil {
		return nil, err
	}
	todo := workload{targets: targets, count: len(targets)}
	if p.config.Sweep == nil {
		err = p.addTargets(out, needed)
	} else {
		todo, err = p.addSweep(ctx, out, complete)
	}
	if err != nil {
		return nil, err
	}
	out.estimate, err = p.estimate(ctx, todo, needed)
	return out, err
}

// addSnapshot says what is to be fetched, and whether nothing is.
func (p *project) addSnapshot(ctx context.Context, out *planned, needed needs) (complete bool, err error) {
	plan, err := p.planSnapshot(ctx, needed, false)
	if p.offline && is[*usageError](err) {
		out.Snapshot = "the snapshot is not complete, and --offline forbids to ask the database what is missing\n"
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer plan.Close()
	out.Snapshot = plan.String()
	for _, n := range plan.Nodes() {
		out.Fetch = append(out.Fetch, n.ID())
	}
	return plan.Empty(), nil
}

func (p *project) addSweep(ctx context.Context, out *planned, complete bool) (workload, error) {
	plan, err := p.planSweep(ctx, complete)
	if err != nil {
		return workload{}, err
	}
	defer plan.Close()
	out.Points, out.Nodes, out.Stored, out.Compute = plan.Points(), plan.DistinctNodes(), plan.Stored(), plan.ToCompute()
	out.text = plan.String()
	kept, err := plan.KeptLegs()
	return workload{plan.Missing(sweeps.Options{}), plan.ToCompute(), plan.Direct(), kept}, err
}

// addTargets describes a config without a sweep: its nodes one by one.
func (p *project) addTargets(out *planned, needed needs) error {
	var lines strings.Builder
	var failed error
	graph.Walk(needed.targets, needed.cut, func(n *graph.Node) {
		out.Nodes++
		state, err := p.state(n)
		if err != nil && failed == nil {
			failed = err
		}
		if p.storedRange(n) != nil {
			out.Stored++
		} else if n.Kind.Name != graph.KindTable {
			out.Compute++
		}
		fmt.Fprintf(&lines, "  %s (%s): %s\n", n.Name, n.ID(), state)
	})
	out.text = fmt.Sprintf("target %s: %s, %d stored, %d to compute\n%s", orNone(p.config.Target.Name), count(out.Nodes, "distinct node"), out.Stored, out.Compute, &lines)
	return failed
}
