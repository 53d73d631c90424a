package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/lake"
)

type lsOptions struct{ json bool }

func newLs(a *app) *cobra.Command {
	o := &lsOptions{}
	cmd := &cobra.Command{
		Use:   "ls [CONFIG] [NAME=VALUE...]",
		Short: "List what the lake holds",
		Long:  "Lists the nodes and sweeps in the config's date range, and the other date ranges of its data lake.",
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *lsOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.json, "json", false, "print JSON")
}

func (o *lsOptions) run(_ context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	listing, err := p.lake.List()
	if err != nil {
		return err
	}
	names, err := p.namesByID()
	if err != nil {
		return err
	}
	if o.json {
		return p.writeListing(listing, names)
	}
	if err := p.printListing(listing, names); err != nil {
		return err
	}
	return p.printOtherRanges()
}

// namesByID maps the local_hash_ids of every node, at the parameters' defaults, to its name in the config.
func (p *project) namesByID() (map[string]string, error) {
	names := map[string]string{}
	for _, name := range p.pipeline.Names() {
		nodes, err := p.nodes(name)
		if err != nil {
			return nil, err
		}
		for _, n := range nodes {
			names[n.ID()] = name
		}
	}
	return names, nil
}

func (p *project) printListing(l *lake.Listing, names map[string]string) error {
	fmt.Fprintln(p.listing(), l.Dir)
	if l.Source != "" {
		fmt.Fprintf(p.listing(), "from %s\n", l.Source)
	}
	w := tabwriter.NewWriter(p.listing(), 0, 0, 2, ' ', 0)
	for _, n := range l.Nodes {
		if n.Problem != "" {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", orNone(names[n.ID]), n.ID, n.Problem)
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", orDash(names[n.ID]), n.ID, count(int(n.Rows), "row"), count(n.Parts, "part"), lake.ShowBytes(n.Bytes), n.Origin)
	}
	for _, s := range l.Sweeps {
		fmt.Fprintf(w, "  sweep\t%s\t\t%s\t%s\t\n", filepath.Join("sweeps", s.Hash), count(s.Files, "file"), lake.ShowBytes(s.Bytes))
	}
	if len(l.Nodes)+len(l.Sweeps) == 0 {
		fmt.Fprintln(w, "  nothing is stored yet")
	}
	return w.Flush()
}

// printOtherRanges names the other date ranges of the data lake.
func (p *project) printOtherRanges() error {
	ranges, err := lake.Ranges(p.dir, p.config.DatalakeName)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if r.Name() != p.lake.Name() {
			fmt.Fprintf(p.listing(), "also %s\n", r.Dir())
		}
	}
	return nil
}

// listedNode is a node in JSON.
type listedNode struct {
	Name    string          `json:"name,omitempty"` // in the config, at the parameters' defaults
	ID      string          `json:"local_hash_id"`
	Origin  string          `json:"origin,omitempty"`
	Rows    int64           `json:"rows"`
	Parts   int             `json:"parts"`
	Bytes   int64           `json:"bytes"`
	Spec    json.RawMessage `json:"spec,omitempty"`
	Problem string          `json:"problem,omitempty"`
}

func (p *project) writeListing(l *lake.Listing, names map[string]string) error {
	out := struct {
		Dir    string             `json:"dir"`
		Source string             `json:"source"`
		Nodes  []listedNode       `json:"nodes"`
		Sweeps []lake.ListedSweep `json:"sweeps"`
	}{Dir: l.Dir, Source: l.Source, Nodes: []listedNode{}, Sweeps: l.Sweeps}
	for _, n := range l.Nodes {
		out.Nodes = append(out.Nodes, listedNode{names[n.ID], n.ID, string(n.Origin), n.Rows, n.Parts, n.Bytes, n.Spec, n.Problem})
	}
	return writeDocument(p.stdout, out)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
