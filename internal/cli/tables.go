package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

type tablesOptions struct{ drop, yes bool }

func newTables(a *app) *cobra.Command {
	o := &tablesOptions{}
	cmd := &cobra.Command{
		Use:   "tables CONFIG...",
		Short: "List the tables that tdlake keeps in the database",
		Long: `Lists the tables in the database's schema tdlake: rows, range and size, who writes each and who reads it. With --drop-unused, those that no node of the configs
given fills or reads are removed, after they were listed and with --yes only. Give every config whose tables are to stay.`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *tablesOptions) addFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.drop, "drop-unused", false, "remove tables that none of the configs needs")
	f.BoolVar(&o.yes, "yes", false, "with --drop-unused: do it")
}

func (o *tablesOptions) run(ctx context.Context, a *app, args []string) error {
	if len(args) == 0 {
		args = []string{defaultConfig}
	}
	needed := map[string]bool{}
	var first *project
	for _, path := range args {
		p, err := a.load(arguments{config: path})
		if err != nil {
			return err
		}
		if first == nil {
			first = p
		}
		if p.databaseName() != first.databaseName() {
			return usagef("give the configs of one database", "%s and %s are about different databases", first.config.Path, p.config.Path)
		}
		if err := p.addTables(ctx, needed); err != nil {
			return err
		}
	}
	t, err := first.openTables(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	all, err := t.List(ctx)
	if err != nil {
		return err
	}
	if err := addMarks(ctx, t, all); err != nil {
		return err
	}
	if !o.drop {
		_, err := fmt.Fprint(a.stdout, describeTables(all))
		return err
	}
	return o.dropUnused(ctx, a, t, all, needed)
}

// addMarks says what processes are stale by.
func addMarks(ctx context.Context, t tables, all []database.TableInfo) error {
	var ids []string
	for _, info := range all {
		for _, p := range info.Processes {
			ids = append(ids, p.ID)
		}
	}
	marks, err := t.Marks(ctx, ids)
	for _, info := range all {
		for i := range info.Processes {
			info.Processes[i].Marks = marks[info.Processes[i].ID]
		}
	}
	return err
}

// addTables names the tables of every node that the config knows, at the parameters' defaults and at every point of its sweep.
func (p *project) addTables(ctx context.Context, needed map[string]bool) error {
	targets, err := p.everything(ctx)
	if err != nil {
		return err
	}
	all, err := p.allNodes()
	if err != nil {
		return err
	}
	graph.Walk(append(targets, all...), nil, func(n *graph.Node) { needed[n.TableID()] = true })
	return nil
}

func (o *tablesOptions) dropUnused(ctx context.Context, a *app, t tables, all []database.TableInfo, needed map[string]bool) error {
	var unused []database.TableInfo
	for _, info := range all {
		if !needed[info.Table] {
			unused = append(unused, info)
		}
	}
	if len(unused) == 0 {
		a.say("no table is unused")
		return nil
	}
	if _, err := fmt.Fprint(a.stdout, describeTables(unused)); err != nil {
		return err
	}
	if !o.yes {
		a.say("nothing was removed; to remove these tables, run the same command with --yes")
		return nil
	}
	for _, info := range unused {
		if err := t.Drop(ctx, info.Table); err != nil {
			return err
		}
		a.say("removed %s", info.Table)
	}
	return nil
}

// describeTables is a few lines a table.
func describeTables(all []database.TableInfo) string {
	if len(all) == 0 {
		return "there are no tables\n"
	}
	var b strings.Builder
	for _, t := range all {
		span := "no rows"
		if t.First != nil {
			span = fmt.Sprintf("%s, %s to %s", count(int(t.Rows), "row"), day(*t.First), day(*t.Last))
		}
		fmt.Fprintf(&b, "%s\n  %s, %s\n", t.Table, span, size(t.Bytes).String())
		for _, p := range t.Processes {
			fmt.Fprintf(&b, "  written by %s %s: %s, %s\n", p.Name, p.ID, count(int(p.Rows), "row"), reached(p.To))
			if p.Error != "" {
				fmt.Fprintf(&b, "    the last update failed: %s\n", p.Error)
			}
			for _, m := range p.Marks {
				fmt.Fprintf(&b, "    stale: %s\n", m.What)
			}
		}
		for _, r := range t.Readers {
			fmt.Fprintf(&b, "  read by %s\n", r)
		}
	}
	return b.String()
}

// reached says how far a process is: up to a row's time, which is part of it, or to where --until ended it, which is not.
func reached(to int64) string {
	if last := to - 1; last%1e6 == 0 {
		return "through " + instant(last)
	}
	return "before " + instant(to)
}
