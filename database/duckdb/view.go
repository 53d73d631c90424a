package duckdb

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// TablesView is a view of the users' tables and tdlake's own. Where these are in two places, a table that the users do not
// have is looked for among tdlake's.
type TablesView struct {
	*relation.View                // of the users' tables, or of all
	own            *relation.View // nil: of all
}

// of returns the view that a table is in.
func (v *TablesView) of(ctx context.Context, t graph.Table) *relation.View {
	if v.own == nil || t.Query != "" {
		return v.View
	}
	if _, err := v.View.Schema(ctx, t); !database.IsKind(err, database.Missing) {
		return v.View
	}
	if _, err := v.own.Schema(ctx, t); database.IsKind(err, database.Missing) {
		return v.View // whose message names the users' tables
	}
	return v.own
}

// Schema is lake.View's.
func (v *TablesView) Schema(ctx context.Context, t graph.Table) (frame.Schema, error) {
	return v.of(ctx, t).Schema(ctx, t)
}

// Back is lake.View's.
func (v *TablesView) Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error) {
	return v.of(ctx, t).Back(ctx, t, before, n)
}

// Rows is lake.View's.
func (v *TablesView) Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error] {
	return v.of(ctx, t).Rows(ctx, t, from, to)
}

// Before is lake.View's.
func (v *TablesView) Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error) {
	return v.of(ctx, t).Before(ctx, t, at)
}

// Warnings are those of both.
func (v *TablesView) Warnings() []string {
	if v.own == nil {
		return v.View.Warnings()
	}
	return slices.Concat(v.View.Warnings(), v.own.Warnings())
}

// Close ends the view.
func (v *TablesView) Close() error {
	if v.own == nil {
		return v.View.Close()
	}
	return errors.Join(v.View.Close(), v.own.Close())
}
