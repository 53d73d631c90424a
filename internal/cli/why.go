package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

type whyOptions struct{ from string }

func newWhy(a *app) *cobra.Command {
	o := &whyOptions{}
	cmd := &cobra.Command{
		Use:   "why [CONFIG] NODE [NODE] [NAME=VALUE...]",
		Short: "Say why a node is stale, or how two nodes differ",
		Long: `With one NODE, says whether its rows are stored, and if they are stale, which of the parts they were computed from are gone or changed; where a function
or an environment has changed since, what. With two, names the first difference between their identities. A NODE is a name or a local_hash_id.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *whyOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.from, "from", "lake", "where rows are: lake, or database: the tables that update and schedulers keep")
}

func (o *whyOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 2)
	if err != nil {
		return err
	}
	if err := oneOf("from", o.from, "lake", "database"); err != nil {
		return err
	}
	if len(parsed.rest) == 0 {
		return usagef("tdlake why [CONFIG] NODE, or two of them", "no node is given")
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	first, err := p.nodes(parsed.rest[0])
	if err != nil {
		return hintValues(parsed.rest[0], err)
	}
	if len(parsed.rest) == 1 && o.from == "database" {
		return p.explainKept(ctx, first)
	}
	if len(parsed.rest) == 1 {
		if err := p.checkSource(ctx); err != nil {
			return err
		}
		return p.explainNodes(first)
	}
	second, err := p.nodes(parsed.rest[1])
	if err != nil {
		return hintValues(parsed.rest[1], err)
	}
	return p.compare(first, second)
}

// hintValues adds to an error about a local_hash_id that is no node's what is likely missing: points have ids at other values of the parameters.
func hintValues(name string, err error) error {
	var problems config.Problems
	if !config.IsHashID(name) || !errors.As(err, &problems) || len(problems) != 1 || !strings.HasPrefix(problems[0].Message, "no node has the local_hash_id") {
		return err
	}
	problems[0].Hint = "where it is of other values of the parameters, as in a row of points, give these too: NAME=VALUE"
	return problems
}

// explainNodes prints a line a node: is it stored, and is that still right.
func (p *project) explainNodes(nodes []*graph.Node) error {
	for _, n := range nodes {
		state, err := p.state(n)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.listing(), "%s (%s): %s\n", n.Name, n.ID(), state); err != nil {
			return err
		}
	}
	return nil
}

// state says in words how a node stands in the lake.
func (p *project) state(n *graph.Node) (string, error) {
	m, err := p.lake.Manifest(n.ID())
	if errors.Is(err, lake.ErrNotStored) {
		changes, err := p.changes(n)
		return "not stored; it is computed when it is needed" + changes, err
	}
	if err != nil {
		return "", err
	}
	reasons, err := p.lake.Stale(m)
	if err != nil {
		return "", err
	}
	if len(reasons) == 0 {
		return fmt.Sprintf("stored, %s, up to date", count(int(m.Rows), "row")), nil
	}
	state := "stored, and stale:"
	for _, r := range reasons {
		state += "\n  " + r
	}
	return state, nil
}

// compare prints the first difference between two names' nodes, element by element where there are several.
func (p *project) compare(first, second []*graph.Node) error {
	if len(first) != len(second) {
		_, err := fmt.Fprintf(p.listing(), "%s is %s, %s is %s\n", first[0].Name, count(len(first), "node"), second[0].Name, count(len(second), "node"))
		return err
	}
	for i, a := range first {
		difference := graph.Difference(a, second[i])
		if difference == "" {
			difference = "the same node"
		}
		if _, err := fmt.Fprintf(p.listing(), "%s, %s: %s\n", a.ID(), second[i].ID(), difference); err != nil {
			return err
		}
	}
	return nil
}
