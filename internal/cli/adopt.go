package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

type adoptOptions struct{ unchecked bool }

func newAdopt(a *app) *cobra.Command {
	o := &adoptOptions{}
	cmd := &cobra.Command{
		Use:   "adopt [CONFIG]",
		Short: "Record that the config's database is the one a date range was taken from",
		Long: `A date range remembers its database's address as the config wrote it. Where the config names another one, stored rows are read with a warning and nothing is
fetched. adopt reads at the new address the last time and one other of every table that is stored: where these are the rows that are stored, it records the
address, and else refuses. What it cannot reach it refuses as well, without --unchecked.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *adoptOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.unchecked, "unchecked", false, "record the address although not all that is stored can be compared; _snapshot.json says so")
}

func (o *adoptOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	tables, err := p.tablesRead()
	if err != nil {
		return err
	}
	src, err := p.source(ctx)
	if err != nil {
		return err
	}
	if from, err := p.lake.Source(); err == nil && from == "" {
		return usagef("`tdlake snapshot` takes one", "%s: there is no snapshot to adopt", p.lake.Dir())
	}
	done, err := p.lake.AdoptSource(ctx, src, tables, o.unchecked)
	if err != nil {
		return err
	}
	return p.tellAdopted(done)
}

// tablesRead returns where the nodes of the config are in the database, by their local_hash_ids.
func (p *project) tablesRead() (map[string]graph.Table, error) {
	nodes, err := p.allNodes()
	if err != nil {
		return nil, err
	}
	out := map[string]graph.Table{}
	graph.Walk(nodes, nil, func(n *graph.Node) { out[n.ID()] = n.Source() })
	return out, nil
}

func (p *project) tellAdopted(done *lake.Adopted) error {
	for _, err := range done.Unreached {
		var one *lake.UnreachedError
		if errors.As(err, &one) {
			p.warn(one.Error())
		}
	}
	_, err := fmt.Fprintf(p.stdout, "%s: %s compared; taken from %s, now from %s%s\n", p.lake.Name(), count(len(done.Compared), "table"), done.From, done.To,
		map[bool]string{true: ", unchecked"}[len(done.Unreached) > 0])
	return err
}
