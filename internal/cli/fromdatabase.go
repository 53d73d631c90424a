package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/schedule"
)

// provideFromDatabase makes a view of a node's elements over what update and schedulers have written, from datalake_start on
// and strictly after a time.
func (v *views) provideFromDatabase(ctx context.Context, name string, elements []graph.Element, after int64) error {
	t, err := v.openTables(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	var selects []string
	for _, e := range elements {
		f, err := schedule.Read(ctx, t, e.Node, max(v.config.Start, after+1))
		if err != nil {
			return err
		}
		if f == nil {
			return usagef("tdlake update writes it", "%s %s has no table in %s", name, e.Node.ID(), v.databaseName())
		}
		if err := v.db.Register(e.Node.ID(), f); err != nil {
			return err
		}
		selects = append(selects, "select "+settingsOf(e, f.Schema())+"* from "+duck.Quote(e.Node.ID()))
	}
	return v.db.Exec(ctx, fmt.Sprintf("create or replace view %s as %s", duck.Quote(name), strings.Join(selects, "\nunion all ")))
}

// explainKept prints a line a node: what the database has of it, and where that is nothing, what it has instead.
func (p *project) explainKept(ctx context.Context, nodes []*graph.Node) error {
	t, err := p.openTables(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	for _, n := range nodes {
		state, err := kept(ctx, t, n)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.stdout, "%s (%s): %s\n", n.Name, n.ID(), state); err != nil {
			return err
		}
	}
	return nil
}

// kept says in words how a node stands in the database.
func kept(ctx context.Context, t tables, n *graph.Node) (string, error) {
	known, err := t.Progress(ctx, []string{n.ID()})
	if err != nil {
		return "", err
	}
	if had, ok := known[n.ID()]; ok {
		marks, err := keptMarks(ctx, t, n)
		return fmt.Sprintf("%s, %s", count(int(had.Rows), "row"), reached(had.To)) + marks, err
	}
	const none = "has no rows yet; tdlake update writes them"
	if !outside(n) {
		return none, nil
	}
	specs, err := t.Specs(ctx, n.Kind.Name)
	return none + mostLike(n, "the database", specs), err
}

// keptMarks says what a node is stale by, and which of the nodes that it is computed from are.
func keptMarks(ctx context.Context, t tables, n *graph.Node) (string, error) {
	var ids []string
	names := map[string]string{}
	graph.Walk([]*graph.Node{n}, nil, func(n *graph.Node) {
		ids = append(ids, n.ID())
		names[n.ID()] = n.Name
	})
	marks, err := t.Marks(ctx, ids)
	if err != nil || len(marks) == 0 {
		return "", err
	}
	text := ", stale (tdlake update --revise computes it again):"
	for _, id := range ids {
		for _, m := range marks[id] {
			text += "\n  " + schedule.Stale(names[id], m)
		}
	}
	return text, nil
}

// settingsOf are an element's settings as columns, those left out that have the name of a column.
func settingsOf(e graph.Element, schema frame.Schema) string {
	var b strings.Builder
	for _, s := range e.Settings {
		if schema.Index(s.Name) < 0 {
			fmt.Fprintf(&b, "%s as %s, ", literal(s.Value), duck.Quote(s.Name))
		}
	}
	return b.String()
}
