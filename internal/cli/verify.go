package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tdlake/tdlake/lake"
)

type verifyOptions struct{ all bool }

func newVerify(a *app) *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify [CONFIG]",
		Short: "Re-check every file of the lake",
		Long:  "Reads every file of the config's date range and compares it with what its manifest says: sizes, checksums, order and range of rows. Exits with 4 where anything is damaged.",
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "list every fault, not the first hundred alone")
	return cmd
}

// shownFaults is how many faults are listed where not all are asked for.
const shownFaults = 100

func (o *verifyOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.load(parsed)
	if err != nil {
		return err
	}
	bar := a.described("reading " + p.lake.Dir())
	faults, err := p.lake.Verify(ctx)
	bar.finish()
	if err != nil {
		return err
	}
	most := shownFaults
	if o.all {
		most = len(faults)
	}
	return p.reportFaults(faults, most)
}

// reportFaults prints each fault, the first most of them. Damage is an error; files that are merely out of place are not.
func (p *project) reportFaults(faults []lake.Fault, most int) error {
	damaged, notes := 0, 0
	for i, f := range faults {
		if f.Damage {
			damaged++
		}
		if f.Note {
			notes++
		}
		if i >= most {
			continue
		}
		fmt.Fprintln(p.listing(), f)
		if f.Hint != "" {
			fmt.Fprintf(p.listing(), "hint: %s\n", f.Hint)
		}
	}
	if more := len(faults) - most; more > 0 {
		fmt.Fprintf(p.listing(), "and %s; `tdlake verify --all` lists them\n", count(more, "other"))
	}
	switch {
	case damaged > 0:
		return &lake.DamageError{Path: p.lake.Dir(), Problem: count(damaged, "file") + ", as listed", Repair: "each is listed with what mends it"}
	case len(faults) == notes:
		listing, err := p.lake.List()
		if err != nil {
			return err
		}
		if len(listing.Nodes)+len(listing.Sweeps) == 0 {
			return usagef("`tdlake snapshot` begins a lake there; --datalake-dir, or datalake_dir in the config, names another folder", "%s: there is nothing to verify", p.lake.Dir())
		}
		_, err = fmt.Fprintf(p.listing(), "%s: %s and %s, all as they were written\n", p.lake.Dir(), count(len(listing.Nodes), "node"), count(len(listing.Sweeps), "sweep"))
		return err
	}
	return nil
}
