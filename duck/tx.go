package duck

import (
	"context"
	"errors"

	"github.com/duckdb/duckdb-go/v2/mapping"
	"github.com/tdlake/tdlake/frame"
)

// Session runs SQL: a [DB], or a [Tx] of one.
type Session interface {
	Exec(ctx context.Context, sql string) error
	Query(ctx context.Context, sql string, convert Convert) (*Rows, error)
	QueryFrame(ctx context.Context, sql string, key []string) (*frame.Frame, []Note, error)
	Columns(ctx context.Context, sql string) ([]Column, error)
	Check(ctx context.Context, sql string) error
}

// Tx is a transaction: all that it reads is one state of the database, and what it writes is there as a whole after Commit.
// Goroutines take turns, and rows that are being read keep the others waiting until they are closed. Close it, on every path.
type Tx struct {
	db   *DB
	turn chan struct{} // holds one token while nobody has the connection
	conn *mapping.Connection
}

var errEnded = errors.New("the transaction has ended")

// Begin starts a transaction. Its state of the database is that of its first statement.
func (d *DB) Begin(ctx context.Context) (*Tx, error) {
	c, err := d.connect()
	if err != nil {
		return nil, err
	}
	if err := exec(ctx, *c, "begin transaction"); err != nil {
		d.release(c)
		return nil, err
	}
	t := &Tx{db: d, turn: make(chan struct{}, 1), conn: c}
	t.turn <- struct{}{}
	return t, nil
}

// take waits for the connection.
func (t *Tx) take(ctx context.Context) (*mapping.Connection, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-t.turn:
	}
	if t.conn == nil {
		t.give()
		return nil, errEnded
	}
	return t.conn, nil
}

func (t *Tx) give() { t.turn <- struct{}{} }

// Exec is DB.Exec within the transaction.
func (t *Tx) Exec(ctx context.Context, sql string) error {
	c, err := t.take(ctx)
	if err != nil {
		return err
	}
	defer t.give()
	return exec(ctx, *c, sql)
}

// Query is DB.Query within the transaction.
func (t *Tx) Query(ctx context.Context, sql string, convert Convert) (*Rows, error) {
	c, err := t.take(ctx)
	if err != nil {
		return nil, err
	}
	return query(ctx, c, t.give, sql, convert, nil)
}

// QueryFrame is DB.QueryFrame within the transaction.
func (t *Tx) QueryFrame(ctx context.Context, sql string, key []string) (*frame.Frame, []Note, error) {
	return queryFrame(ctx, t, sql, key)
}

// Columns is DB.Columns within the transaction.
func (t *Tx) Columns(ctx context.Context, sql string) ([]Column, error) {
	c, err := t.take(ctx)
	if err != nil {
		return nil, err
	}
	return columns(ctx, c, t.give, sql)
}

// Check is DB.Check.
func (t *Tx) Check(ctx context.Context, sql string) error { return t.db.Check(ctx, sql) }

// Commit makes what was written visible, and lasting: it is on disk when this returns.
func (t *Tx) Commit(ctx context.Context) error { return t.Exec(ctx, "commit") }

// Close ends the transaction. What was not committed has not been. It waits for rows that are being read.
func (t *Tx) Close() error {
	<-t.turn
	defer t.give()
	if t.conn != nil {
		t.db.release(t.conn) // rolls back
		t.conn = nil
	}
	return nil
}
