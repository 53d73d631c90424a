package postgres

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A link is the connections of one view: its own, and those that pgconn opens beside it to cancel statements. Closing
// it closes them all, so that nothing waits for a server that hangs.
type link struct {
	source *Source
	dial   pgconn.DialFunc

	mu      sync.Mutex
	conns   map[*conn]struct{}
	closed  bool
	backend backend
}

// backend is the server's process at the other end of a link, and of which server it is.
type backend struct {
	pid    string // "" where that changes from statement to statement, as behind a pooler
	since  string // when the server was started
	pooled bool   // something stands between, that made up another id
}

// whoami asks for a backend's pid and since. Behind a pooler they hold for the transaction.
const whoami = "select pg_backend_pid(), extract(epoch from pg_postmaster_start_time())::text"

// meet remembers whoami's answer, that of a connection whose id the client was told.
func (l *link) meet(row [][]byte, told uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.backend = backend{pid: string(row[0]), since: string(row[1]), pooled: string(row[0]) != integer(int64(told))}
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
	main.watch(s.silence, l.ask)
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

// meetAnybody is meet for a connection without a transaction: behind a pooler each of its statements may have another backend.
func (l *link) meetAnybody(row [][]byte, told uint32) {
	l.meet(row, told)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.backend.pooled {
		l.backend.pid = ""
	}
}

// state is what a server says of one of its processes.
type state uint8

const (
	noAnswer state = iota
	idle           // it works on nothing: an answer must be on its way
	active         // or nobody knows
)

// ask asks the server, over a connection of its own, about the process at the other end. Where another server answers, as behind a name
// that stands for several, or nobody can say, then that it lives is all there is to know. Behind a pooler a connection may have
// to wait for the very one that is asked about.
func (l *link) ask(ctx context.Context) state {
	l.mu.Lock()
	of := l.backend
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, l.source.config.ConnectTimeout)
	defer cancel()
	config := l.source.config.Copy()
	config.DialFunc, config.AfterConnect, config.ValidateConnect = l.open, nil, nil
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return noAnswer
	}
	defer pg.Close(ctx)
	rows, err := collect(pg.Exec(ctx, `select extract(epoch from pg_postmaster_start_time())::text, count(*), coalesce(min(state), '')
from pg_stat_activity where pid = `+cmp.Or(of.pid, "0")))
	switch {
	case err != nil && of.pooled:
		return active
	case err != nil || len(rows) != 1:
		return noAnswer
	case of.pid == "" || string(rows[0][0]) != of.since:
		return active
	case string(rows[0][1]) == "0":
		return noAnswer // it has ended, and we were not told
	case strings.HasPrefix(string(rows[0][2]), "idle"):
		return idle
	}
	return active // or what it does is not shown
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
