package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// deadlines ends a wait by a deadline on the connection. Views ask the server to cancel, which would do nothing to a wait
// for a notification.
func deadlines(c *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()}
}

// Listener waits for what others write. It is for one goroutine; close it after use.
type Listener struct {
	source *Source
	conn   *pgx.Conn
	link   *link
}

// Listen returns a listener, which connects when it first waits.
func (t *Tables) Listen() *Listener { return &Listener{source: t.source} }

// Wait returns when somebody has written something, after the time given at the latest. Nothing is lost in between: what was
// written while nobody waited ends the next wait at once. Without a connection it waits and tries again next time.
func (l *Listener) Wait(ctx context.Context, most time.Duration) {
	timed, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if l.conn == nil || l.conn.IsClosed() {
		l.Close()
		if l.connect(timed) != nil {
			<-timed.Done()
		}
		return // what came before the connection was there is not known: look
	}
	if _, err := l.conn.WaitForNotification(timed); err != nil {
		<-timed.Done() // a lost connection must not make a loop of it
	}
}

func (l *Listener) connect(ctx context.Context) (err error) {
	if l.conn, l.link, err = l.source.session(ctx, true); err != nil {
		return err
	}
	_, err = l.conn.Exec(ctx, "listen tdlake")
	return err
}

// Close ends the connection.
func (l *Listener) Close() {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	l.conn.Close(ctx)
	l.link.close()
	<-l.conn.PgConn().CleanupDone()
	l.conn = nil
}
