package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// sql runs a DuckDB query over the inputs, each a relation by its role, in long form. One thread, so that aggregates are the
// same to the bit; no volatile functions, no files. Rows outside the node's range are dropped: they lack their lookback.
func (e *Engine) sql(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	inputs, warnings, err := e.lookedBack(ctx, n, r)
	if err != nil {
		return nil, err
	}
	var out *Result
	err = e.inSlot(ctx, func() error {
		out, err = e.query(ctx, n, inputs, e.span(r))
		return err
	})
	if err != nil {
		return nil, err
	}
	e.tell(n, out.warnings)
	out.warnings = union(warnings, out.warnings)
	return out, nil
}

func (e *Engine) query(ctx context.Context, n *graph.Node, inputs []*frame.Frame, s span) (*Result, error) {
	db, err := duck.Open(ctx, duck.Options{Threads: 1})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	for i, in := range n.Inputs {
		if err := db.Register(in.Role, inputs[i]); err != nil {
			return nil, err
		}
	}
	text := n.Params.String("query")
	if err := db.CheckPure(ctx, text); err != nil {
		return nil, err
	}
	f, notes, err := db.QueryFrame(ctx, text, n.Key())
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	out := ofFrame(f.Between(s.from, s.end))
	for _, note := range notes {
		out.warnings = append(out.warnings, note.String())
	}
	local, err := localTimes(ctx, db, text)
	out.warnings = append(out.warnings, local...)
	return out, err
}

// localTimes names the columns of a query that AT TIME ZONE made what a clock shows: they would be taken for instants.
func localTimes(ctx context.Context, db *duck.DB, text string) (warnings []string, err error) {
	words, err := duck.Mentions(text)
	if err != nil || !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, "zone") }) {
		return nil, err
	}
	columns, err := db.Columns(ctx, text)
	for _, c := range columns {
		if c.Local() {
			warnings = append(warnings, fmt.Sprintf("the column %s has no zone after AT TIME ZONE, and its times are taken for UTC: convert them back, or to text by strftime", c.Name))
		}
	}
	return warnings, err
}
