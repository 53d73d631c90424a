package postgres

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A link is the connections of one view: its own, and those that pgconn opens beside it to cancel statements. Closing
// it closes them all, so that nothing waits for a server that hangs.
type link struct {
	source *Source
	dial   pgconn.DialFunc

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool
}

// connect opens the view's connection.
func (s *Source) connect(ctx context.Context) (*pgconn.PgConn, *link, error) {
	l := &link{source: s, dial: s.config.DialFunc, conns: map[*conn]struct{}{}}
	config := s.config.Copy()
	config.DialFunc = l.open
	var main *conn
	config.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, c net.Conn) (net.Conn, error) {
		main = &conn{Conn: c, link: l} // around TLS, where there is TLS
		return main, nil
	}
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		l.close()
		return nil, nil, err
	}
	main.watch(s.silence, func(ctx context.Context) state { return l.ask(ctx, pg.PID()) })
	return pg, l, nil
}

// open dials and remembers the connection.
func (l *link) open(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, link: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		raw.Close()
		return nil, net.ErrClosed
	}
	l.conns[c] = struct{}{}
	return c, nil
}

func (l *link) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

// close cuts every connection that is still open, and refuses new ones.
func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	open := l.conns
	l.conns = map[*conn]struct{}{}
	l.mu.Unlock()
	for c := range open {
		c.Conn.Close()
	}
}

// state is what a server says of one of its processes.
type state uint8

const (
	noAnswer state = iota
	idle           // it works on nothing: an answer must be on its way
	active
)

// ask asks the server, over a connection of its own, about the process with that id.
func (l *link) ask(ctx context.Context, pid uint32) state {
	ctx, cancel := context.WithTimeout(ctx, l.source.config.ConnectTimeout)
	defer cancel()
	config := l.source.config.Copy()
	config.DialFunc = l.open
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return noAnswer
	}
	defer pg.Close(ctx)
	rows, err := collect(pg.Exec(ctx, "select state = 'active' from pg_stat_activity where pid = "+integer(int64(pid))))
	switch {
	case err != nil || len(rows) != 1:
		return noAnswer
	case isTrue(rows[0][0]):
		return active
	}
	return idle
}

// A conn is a network connection on which silence ends a read. Deadlines that pgconn sets itself, to cancel, stand
// above ours.
type conn struct {
	net.Conn
	link *link

	mu       sync.Mutex
	silence  time.Duration
	ask      func(context.Context) state
	deadline bool               // pgconn's own is set
	stop     context.CancelFunc // of the question whether the server is alive, while it is asked
}

func (c *conn) watch(silence time.Duration, ask func(context.Context) state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silence, c.ask = silence, ask
}

// errSilent is a server that hangs.
var errSilent = errors.New("the server does not answer")

func (c *conn) Read(p []byte) (int, error) {
	for before := active; ; {
		silent := c.arm()
		n, err := c.Conn.Read(p)
		if n > 0 || !silent || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		ctx, done := c.question()
		if ctx == nil {
			return n, err // pgconn's deadline, not ours
		}
		now := c.ask(ctx)
		done()
		if (now == noAnswer || now == idle && before == idle) && !c.hasDeadline() {
			c.Conn.Close() // no message can follow, not even one to cancel
			return 0, errSilent
		}
		before = now
	}
}

// arm sets the time by which a byte must have come, unless there is a deadline already.
func (c *conn) arm() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silence == 0 || c.deadline {
		return false
	}
	c.Conn.SetReadDeadline(time.Now().Add(c.silence))
	return true
}

// question returns the context of a question that ends when pgconn sets a deadline, or nil where it has set one.
func (c *conn) question() (context.Context, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	return ctx, cancel
}

func (c *conn) hasDeadline() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deadline
}

func (c *conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = !t.IsZero()
	if c.stop != nil {
		c.stop()
	}
	return c.Conn.SetDeadline(t)
}

func (c *conn) Close() error {
	c.link.forget(c)
	return c.Conn.Close()
}
