package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
)

// Tables is what tdlake keeps in a PostgreSQL database: see tables.go. It is one connection, made when it is first needed
// and again after it was lost; callers take turns.
type Tables struct {
	source *Source

	mu       sync.Mutex
	conn     *pgx.Conn // nil: none yet
	link     *link
	migrated bool
}

// Tables returns the tables of the database. Nothing is connected yet. Close it after use.
func (s *Source) Tables() *Tables { return &Tables{source: s} }

// Beside returns the same tables over a connection of its own.
func (t *Tables) Beside() *Tables { return t.source.Tables() }

// Name returns the address without secrets.
func (t *Tables) Name() string { return t.source.name }

// Begin opens a view of the database, the user's tables and tdlake's own.
func (t *Tables) Begin(ctx context.Context) (*View, error) { return t.source.Begin(ctx) }

// Close ends the connection.
func (t *Tables) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hangUp()
	return nil
}

func (t *Tables) hangUp() {
	if t.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	t.conn.Close(ctx)
	t.link.close()
	<-t.conn.PgConn().CleanupDone()
	t.conn = nil
}

// session makes a connection that silence ends as it does a view's; that of a listener may be silent.
func (s *Source) session(ctx context.Context, listens bool) (*pgx.Conn, *link, error) {
	config, err := pgx.ParseConfig("host=localhost") // only pgx makes one; what it says is replaced
	if err != nil {
		return nil, nil, badAddress("", err)
	}
	l := &link{source: s, dial: s.config.DialFunc, conns: map[*conn]struct{}{}}
	config.Config = *s.config.Copy()
	config.DialFunc = l.open
	var main *conn
	config.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, c net.Conn) (net.Conn, error) {
		main = &conn{Conn: c, link: l}
		return main, nil
	}
	if listens {
		config.BuildContextWatcherHandler = deadlines
	}
	pg, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		l.close()
		return nil, nil, s.connectError(ctx, err)
	}
	if listens {
		return pg, l, nil
	}
	main.watch(s.silence, l.ask)
	rows, err := collect(pg.PgConn().Exec(ctx, s.impatience()+"; "+whoami))
	if err != nil {
		pg.Close(ctx)
		l.close()
		return nil, nil, s.connectError(ctx, err)
	}
	l.meetAnybody(rows[0], pg.PgConn().PID())
	return pg, l, nil
}

// impatience has the server give up on us in the middle of a transaction, with its locks, as we give up on it: when we say
// nothing for so long, or our machine is gone without a word.
func (s *Source) impatience() string {
	seconds := int(s.silence / time.Second)
	return fmt.Sprintf(`set idle_in_transaction_session_timeout = '%ds'; set tcp_keepalives_idle = %d;
set tcp_keepalives_interval = %d; set tcp_keepalives_count = 3`, seconds, max(seconds/2, 1), max(seconds/6, 1))
}

// connected calls f with the connection, making one where there is none.
func (t *Tables) connected(ctx context.Context, what string, f func(*pgx.Conn) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil || t.conn.IsClosed() {
		t.hangUp()
		var err error
		if t.conn, t.link, err = t.source.session(ctx, false); err != nil {
			return err
		}
	}
	if !t.migrated {
		if err := migrate(ctx, t.conn); err != nil {
			return t.fail(ctx, "the schema tdlake", err)
		}
		t.migrated = true
	}
	return t.fail(ctx, what, f(t.conn))
}

// maxDeadlocks is how often a transaction is begun again that PostgreSQL ended because of others.
const maxDeadlocks = 5

// transaction calls f in a transaction: what it did is there as a whole when this returns nil. A deadlock, with what others do to the
// same table (a policy that compresses it, say), ends one of the two: f is then called again, in another transaction.
func (t *Tables) transaction(ctx context.Context, what string, f func(pgx.Tx) error) error {
	return t.connected(ctx, what, func(c *pgx.Conn) (err error) {
		for range maxDeadlocks {
			var said *pgconn.PgError
			if err = once(ctx, c, f); !errors.As(err, &said) || said.Code != deadlock {
				return err
			}
		}
		return err
	})
}

func once(ctx context.Context, c *pgx.Conn, f func(pgx.Tx) error) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// rollback ends a transaction that was not committed, though the context may be over.
func rollback(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	tx.Rollback(ctx) // after a commit there is nothing to roll back; a lost connection did it
}

// fail says what went wrong with writing.
func (t *Tables) fail(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var said *pgconn.PgError
	var ours *database.Error
	var op *net.OpError
	lost := func() error {
		return database.NewError(database.Unreachable, t.source.name, "what was not finished left nothing behind; run the command again when the server is back",
			"%s: the connection was lost", what).Because(err)
	}
	switch {
	case errors.As(err, &ours):
		return err
	case errors.As(err, &said):
		return t.said(what, said)
	case errors.Is(err, errSilent), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, pgconn.ErrConnClosed), errors.As(err, &op), t.conn != nil && t.conn.IsClosed():
		return lost()
	}
	return err
}

// said is an error that the server reports.
func (t *Tables) said(what string, err *pgconn.PgError) error {
	kind, hint := database.Data, err.Hint
	switch {
	case err.Code == noPrivilege:
		kind, hint = database.Refused, fmt.Sprintf("tdlake keeps its tables in the schemas tdlake and tdlake_views: grant create on database ... to %s", t.source.config.User)
	case err.Code == shutDown, err.Code == crashed, err.Code == startingUp, err.Code == adminDisconnect:
		kind, hint = database.Unreachable, "what was not finished left nothing behind; run the command again when the server is back"
	case strings.HasPrefix(err.Code, "53"), strings.HasPrefix(err.Code, "58"), strings.HasPrefix(err.Code, "XX"):
		kind, hint = database.Refused, "nothing was written; run the command again when there is room"
	case err.Code == protocol:
		kind, hint = database.Refused, poolerHint
	case strings.HasPrefix(err.Code, "40"), strings.HasPrefix(err.Code, "08"), err.Code == canceled, err.Code == lockTimeout, err.Code == tooLong, err.Code == idleTooLong, err.Code == dropped:
		kind, hint = database.Refused, "nothing was written; run the command again"
	}
	return database.NewError(kind, t.source.name, hint, "%s: %s", what, err.Message).Because(err)
}
