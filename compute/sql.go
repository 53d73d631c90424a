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
	inputs, err := e.lookedBack(ctx, n, r)
	if err != nil {
		return nil, err
	}
	var out *Result
	err = e.inSlot(ctx, func() error {
		out, err = e.query(ctx, n, inputs, span{r.From, e.end})
		return err
	})
	return out, err
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
	for _, note := range notes {
		e.warn("node %s: %s", n.Name, note)
	}
	if err := e.warnOfLocal(ctx, db, n, text); err != nil {
		return nil, err
	}
	return ofFrame(f.Between(s.from, s.end)), nil
}

// warnOfLocal names the columns of a query that AT TIME ZONE made what a clock shows: they would be taken for instants.
func (e *Engine) warnOfLocal(ctx context.Context, db *duck.DB, n *graph.Node, text string) error {
	words, err := duck.Mentions(text)
	if err != nil || !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, "zone") }) {
		return err
	}
	columns, err := db.Columns(ctx, text)
	for _, c := range columns {
		if c.Local() {
			e.warn("node %s: the column %s has no zone after AT TIME ZONE, and its times are taken for UTC: convert them back, or to text by strftime", n.Name, c.Name)
		}
	}
	return err
}
