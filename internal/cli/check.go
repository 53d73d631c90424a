package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/sweeps"
)

type checkOptions struct{}

func newCheck(a *app) *cobra.Command {
	o := &checkOptions{}
	return &cobra.Command{
		Use:   "check [CONFIG] [NAME=VALUE...]",
		Short: "Check a config and say what it holds",
		Long:  "Reads CONFIG and checks all that can be known without data: every fault at once, each with its place, the line and the nearest valid name.",
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
}

func (o *checkOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	lines := []string{
		"lake\t" + fmt.Sprintf("%s, %s to %s", p.config.DatalakeName, day(p.config.Start), day(p.config.End)),
		"database\t" + p.databaseName(),
		"nodes\t" + describeNodes(p.pipeline, p.config),
		"target\t" + orNone(p.config.Target.Name),
	}
	p.warnIdle()
	sweep, err := p.describeSweep(ctx)
	if err != nil {
		return err
	}
	lines = append(lines, "sweep\t"+sweep)
	fmt.Fprintf(a.stdout, "%s is ok\n", parsed.config)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(lines, "\n"))
	return w.Flush()
}

// describeNodes lists the nodes with their kinds: "7: prices (table), returns (returns), ...".
func describeNodes(p *graph.Pipeline, c *config.Config) string {
	names := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		names[i] = n.Name
		if kind, ok := n.Body.Get("kind"); ok && kind.Text != n.Name {
			names[i] += " (" + kind.Text + ")"
		}
	}
	return fmt.Sprintf("%d: %s", len(p.Names()), strings.Join(names, ", "))
}

// describeSweep counts points and names what is varied. It checks the sweep's SQL on the way.
func (p *project) describeSweep(ctx context.Context) (string, error) {
	c := p.config
	if c.Sweep == nil {
		return "none", nil
	}
	space, err := sweeps.NewSpace(ctx, c)
	if err != nil {
		return "", err
	}
	metrics, err := sweeps.NewMetrics(c)
	if err != nil {
		return "", err
	}
	if err := sweeps.CheckTarget(c, p.pipeline, metrics); err != nil {
		return "", err
	}
	varied := make([]string, len(c.Sweep.Vary))
	for i, v := range c.Sweep.Vary {
		varied[i] = fmt.Sprintf("%d of %s", len(v.Values), v.Name)
	}
	return fmt.Sprintf("%s (%s), %s", count(space.Len(), "point"), strings.Join(varied, " x "), count(len(c.Sweep.Metrics), "metric")), nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// day writes a time as a date where it is midnight.
func day(us int64) string { return strings.TrimSuffix(instant(us), "T00:00:00Z") }
