package duckdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
)

// Tables is what tdlake keeps in a DuckDB file. The file is opened when it is first needed and held, so that no other process
// has it, until Close or Wait gives it away. It is safe for concurrent use: writers take turns, and readers see one state.
type Tables struct {
	path  string
	name  string // the file's address
	users Users  // nil: the users' tables are in the file too

	address string // of users, as the config writes it
	*claims

	writing sync.Mutex // held by whoever writes

	mu      sync.Mutex
	db      *duck.DB     // nil: not open
	scratch func() error // removes what DuckDB spilled

	version atomic.Int32 // of the schema; 0: there is none yet
}

// Users is a source whose tables are the users'.
type Users interface {
	Name() string
	Begin(ctx context.Context) (*View, error)
}

// Tables returns tdlake's tables in the file, beside those of its users. Nothing is opened yet. Close them after use.
func (s *Source) Tables() *Tables {
	return &Tables{path: s.path, name: s.Name(), claims: newClaims()}
}

// Beside returns tdlake's tables about a source that has no place for them: they are in a file of their own, made where
// there is none. address is the source's as its config writes it, which the file remembers, so that both can be moved.
func Beside(users Users, address, path string) *Tables {
	return &Tables{path: path, name: "duckdb:" + path, users: users, address: address, claims: newClaims()}
}

// Name returns the file's address.
func (t *Tables) Name() string { return t.name }

// Begin opens a view of the users' tables and tdlake's own.
func (t *Tables) Begin(ctx context.Context) (*TablesView, error) {
	db, err := t.session(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return nil, t.fail("reading", err)
	}
	own := relation.Over(t.name, &catalog{name: t.name}, tx)
	if t.users == nil {
		return &TablesView{View: own}, nil
	}
	users, err := t.users.Begin(ctx)
	if err != nil {
		return nil, errors.Join(err, own.Close())
	}
	return &TablesView{View: users, own: own}, nil
}

// Close gives the file away.
func (t *Tables) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db == nil {
		return nil
	}
	err := errors.Join(t.db.Close(), t.scratch())
	t.db = nil
	return err
}

// Wait gives the file away for a time, so that others can write what users' tables lack, and waits until nobody has it.
func (t *Tables) Wait(ctx context.Context, most time.Duration) {
	t.Close() // what could not be removed was temporary
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(most):
		}
		if _, err := t.session(ctx); !database.IsKind(err, database.Unreachable) {
			return // open, or at fault in a way that whoever uses it next will see
		}
	}
}

// session returns the database, which is opened where it is not.
func (t *Tables) session(ctx context.Context) (*duck.DB, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db != nil {
		return t.db, nil
	}
	scratch, done, err := duck.Scratch()
	if err != nil {
		return nil, err
	}
	if err := t.open(ctx, scratch); err != nil {
		return nil, errors.Join(err, done())
	}
	t.scratch = done
	return t.db, nil
}

// memoryLimit is what DuckDB may use, in bytes: sorts and what a transaction has written spill beyond it.
const memoryLimit = 512 << 20

// open opens the file. Its schema is brought up to date where there is one: the first is made by who writes first.
func (t *Tables) open(ctx context.Context, scratch string) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.users != nil {
		t.sweep()
	}
	db, err := whenFree(ctx, func() (*duck.DB, error) {
		db, err := duck.Open(ctx, duck.Options{File: t.path, TempDir: scratch, MemoryLimit: memoryLimit})
		return db, t.fail("opening", err)
	})
	if err != nil {
		return err
	}
	version, err := t.look(ctx, db)
	t.version.Store(int32(version))
	if err == nil && version > 0 {
		err = t.migrate(ctx, db)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	t.db = db
	return nil
}

// exists reports whether there is a file. One that users' tables are in has to be there.
func (t *Tables) exists() bool {
	_, err := os.Stat(t.path)
	return t.users == nil || err == nil
}

// making begins the name of a folder that a file is made in.
const making = "_tables-"

// sweep removes the folders of processes that were killed while they made a file. Whoever is at it now has been for a moment.
func (t *Tables) sweep() {
	dir := filepath.Dir(t.path)
	left, _ := os.ReadDir(dir) // what cannot be read or removed is in nobody's way
	for _, e := range left {
		info, err := e.Info()
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), making) && time.Since(info.ModTime()) > time.Hour {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// make makes a file that is not there yet. It is whole from the first moment that it has its name, whoever else makes one.
func (t *Tables) make(ctx context.Context) error {
	if err := t.checkLinks(); err != nil {
		return err
	}
	if t.exists() {
		return nil
	}
	dir := filepath.Dir(t.path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(dir, making+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	whole := filepath.Join(temporary, filepath.Base(t.path))
	db, err := duck.Open(ctx, duck.Options{File: whole})
	if err != nil {
		return t.fail("making", err)
	}
	if err := db.Close(); err != nil {
		return err
	}
	if err := os.Link(whole, t.path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// transaction calls f in a transaction: what it did is there as a whole when this returns nil.
func (t *Tables) transaction(ctx context.Context, what string, f func(*writer) error) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if err := t.make(ctx); err != nil {
		return err
	}
	db, err := t.session(ctx)
	if err != nil {
		return err
	}
	if err := t.migrate(ctx, db); err != nil {
		return err
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return t.fail(what, err)
	}
	defer tx.Close()
	if err := f(&writer{Tx: tx, db: db}); err != nil {
		return t.fail(what, err)
	}
	return t.fail(what, tx.Commit(ctx))
}

// read calls f for every row of a query over what tdlake keeps: for none where it keeps nothing yet.
func (t *Tables) read(ctx context.Context, sql string, f func(row) error) error {
	if !t.exists() {
		return nil
	}
	db, err := t.session(ctx)
	if err != nil || t.version.Load() == 0 {
		return err
	}
	return t.fail("reading", each(ctx, db, sql, f))
}
