package duckdb

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// TablesView is a view of the users' tables and tdlake's own. Where these are in two places, a table that the users do not
// have is looked for among tdlake's.
type TablesView struct {
	*relation.View // of the users' tables, or of all

	mu   sync.Mutex
	own  *relation.View                                    // nil: there is none, or it was not needed yet
	open func(ctx context.Context) (*relation.View, error) // opens own; it may find none
}

// WithTables is a source of the users' tables and of those that tdlake keeps beside them, all of which are only read.
type WithTables struct {
	Users
	tables *Tables
}

// Reading returns the source that finds in the file what the users do not have: see Beside. There need not be a file.
func Reading(users Users, address, path string) *WithTables {
	return &WithTables{users, Beside(users, address, path)}
}

// Begin opens a view of the users' tables; the file is opened when a table is not among them.
func (s *WithTables) Begin(ctx context.Context) (*TablesView, error) {
	users, err := s.Users.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return &TablesView{View: users, open: s.tables.readOnly}, nil
}

// readOnly opens a view of the file alone, nil where there is none.
func (t *Tables) readOnly(ctx context.Context) (*relation.View, error) {
	if !t.exists() {
		return nil, nil
	}
	options := duck.Options{ReadOnlyFile: t.path}
	db, err := whenFree(ctx, func() (*duck.DB, error) {
		db, err := duck.Open(ctx, options)
		return db, t.fail("opening", err)
	})
	if err != nil {
		return nil, err
	}
	if _, err := t.look(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return relation.New(ctx, t.name, &catalog{name: t.name}, options)
}

// of returns the view that a table is in.
func (v *TablesView) of(ctx context.Context, t graph.Table) (*relation.View, error) {
	if t.Query != "" {
		return v.View, nil
	}
	if _, err := v.View.Schema(ctx, t); !database.IsKind(err, database.Missing) {
		return v.View, nil
	}
	own, err := v.ours(ctx)
	if own == nil {
		return v.View, err
	}
	if _, err := own.Schema(ctx, t); database.IsKind(err, database.Missing) {
		return v.View, nil // whose message names the users' tables
	}
	return own, nil
}

func (v *TablesView) ours(ctx context.Context) (*relation.View, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.own != nil || v.open == nil {
		return v.own, nil
	}
	var err error
	v.own, err = v.open(ctx)
	return v.own, err
}

// Schema is lake.View's.
func (v *TablesView) Schema(ctx context.Context, t graph.Table) (frame.Schema, error) {
	in, err := v.of(ctx, t)
	if err != nil {
		return frame.Schema{}, err
	}
	return in.Schema(ctx, t)
}

// Back is lake.View's.
func (v *TablesView) Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error) {
	in, err := v.of(ctx, t)
	if err != nil {
		return 0, false, err
	}
	return in.Back(ctx, t, before, n)
}

// Rows is lake.View's.
func (v *TablesView) Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error] {
	in, err := v.of(ctx, t)
	if err != nil {
		return func(yield func(*frame.Frame, error) bool) { yield(nil, err) }
	}
	return in.Rows(ctx, t, from, to)
}

// At is lake.View's.
func (v *TablesView) At(ctx context.Context, t graph.Table, times []int64) (*frame.Frame, error) {
	in, err := v.of(ctx, t)
	if err != nil {
		return nil, err
	}
	return in.At(ctx, t, times)
}

// Before is lake.View's.
func (v *TablesView) Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error) {
	in, err := v.of(ctx, t)
	if err != nil {
		return nil, err
	}
	return in.Before(ctx, t, at)
}

// Own is lake.View's.
func (v *TablesView) Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error) {
	in, err := v.of(ctx, t)
	if err != nil {
		return nil, err
	}
	return in.Own(ctx, t, from, end, n)
}

// Warnings are those of both.
func (v *TablesView) Warnings() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.own == nil {
		return v.View.Warnings()
	}
	return slices.Concat(v.View.Warnings(), v.own.Warnings())
}

// Close ends the view.
func (v *TablesView) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.own == nil {
		return v.View.Close()
	}
	return errors.Join(v.View.Close(), v.own.Close())
}
