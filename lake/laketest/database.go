package laketest

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
)

// Database is a source of a few frames. Its tables may be changed while views are open: a view keeps what there was when it
// began. It may be shared between goroutines; the exported fields are to be set before use.
type Database struct {
	// Batch returns how many rows the next batch has at most, left being those that are still to come. Nil means 1000.
	Batch func(left int) int

	// Fail is called before each answer and each batch. An error is returned instead of the answer. Nil means none.
	Fail func(c Call) error

	// Say is what Warnings returns.
	Say []string

	name string

	mu     sync.Mutex
	tables map[string]*frame.Frame
	begun  int
	open   int
}

// Call is one question to a database.
type Call struct {
	Method string // Begin, Schema, Back, Rows, At or Before
	Table  string // "" for Begin
	Rows   int    // of Rows: how many were handed over before this batch
}

// New returns a database without tables. The name is the address that the lake sees.
func New(name string) *Database {
	return &Database{name: name, tables: map[string]*frame.Frame{}}
}

// Put sets a table: its key first, as the frame has it.
func (db *Database) Put(table string, rows *frame.Frame) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.tables[table] = rows
}

// Begun returns how many views were opened so far.
func (db *Database) Begun() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.begun
}

// Open returns how many views have not been closed.
func (db *Database) Open() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.open
}

// Name implements lake.Source.
func (db *Database) Name() string { return db.name }

// Place implements lake.Source.
func (db *Database) Place() string { return db.name }

// Begin implements lake.Source.
func (db *Database) Begin(ctx context.Context) (lake.View, error) {
	if err := db.ask(ctx, Call{Method: "Begin"}); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.begun++
	db.open++
	return &view{db: db, tables: maps.Clone(db.tables)}, nil
}

// ask returns the error that a call is to end with.
func (db *Database) ask(ctx context.Context, c Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.Fail == nil {
		return nil
	}
	if err := db.Fail(c); err != nil {
		return fmt.Errorf("%s: %w", db.name, err)
	}
	return nil
}
