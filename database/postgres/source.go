package postgres

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tdlake/tdlake/database"
)

const (
	connectTimeout = 10 * time.Second
	silenceTimeout = 60 * time.Second

	// After a cancelled context the server gets this long to end its statement; then the connection is cut.
	cancelGrace = 700 * time.Millisecond

	silenceParameter = "silence_timeout"
	silenceVariable  = "TDLAKE_PG_SILENCE_TIMEOUT"
)

// Source is a PostgreSQL database. It holds no connection; it may be shared.
type Source struct {
	config  *pgconn.Config
	name    string
	silence time.Duration
}

// Open understands the address, the environment and the password file. It connects to nothing.
func Open(_ context.Context, a database.Address) (*Source, error) {
	config, err := pgconn.ParseConfig(a.URL)
	if err != nil {
		return nil, badAddress(a.URL, err)
	}
	if slices.ContainsFunc(hosts(config), func(host string) bool { return strings.Contains(host, "@") }) {
		return nil, badAddress(a.URL, err) // what stands before the @ is the end of a password
	}
	s := &Source{config: config, name: name(config), silence: silenceTimeout}
	if err := cmp.Or(s.takeSilence(), s.takeParameters()); err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, 256<<10), w) // its own buffer holds 8 kB
	}
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelGrace}
	}
	if config.User == ownSchema {
		config.AfterConnect = leaveOwnSchema
	}
	return s, nil
}

// ownSchema is the schema of tdlake's own tables.
const ownSchema = "tdlake"

// leaveOwnSchema is for a role of that name: the schema would be the first that PostgreSQL looks in, and a user's table called nodes or
// runs would be taken for ours.
func leaveOwnSchema(ctx context.Context, c *pgconn.PgConn) error {
	return c.Exec(ctx, "select set_config('search_path', coalesce(string_agg(quote_ident(s), ', ' order by n), ''), false) "+
		"from unnest(current_schemas(false)) with ordinality as p(s, n) where s <> "+literal(ownSchema)).Close()
}

// takeSilence reads our own parameter and hides it from the server, which would refuse it.
func (s *Source) takeSilence() error {
	text, ok := s.config.RuntimeParams[silenceParameter]
	where := "the parameter " + silenceParameter
	if !ok {
		text, where = os.Getenv(silenceVariable), silenceVariable
	}
	delete(s.config.RuntimeParams, silenceParameter)
	if text == "" {
		return nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 {
		return database.NewError(database.Refused, s.name, "write a whole number of seconds, 1 or more",
			"%s is %q", where, text)
	}
	s.silence = time.Duration(seconds) * time.Second
	return nil
}

// Name returns the address without user, password and what says how to connect rather than where: two people who read
// the same database get the same name. Parameters that decide what a table's name means, or what a view says,
// are kept.
func (s *Source) Name() string { return s.name }

func name(c *pgconn.Config) string {
	db := c.Database
	if db == "" {
		db = c.User // libpq's rule
	}
	out := "postgres://" + strings.Join(hosts(c), ",") + "/" + db
	mark := "?"
	for _, key := range []string{"search_path", "options", "timezone", "datestyle"} {
		for _, name := range slices.Sorted(maps.Keys(c.RuntimeParams)) { // the server does not mind their case
			if v := c.RuntimeParams[name]; v != "" && strings.EqualFold(name, key) {
				out += mark + key + "=" + v
				mark = "&"
			}
		}
	}
	return database.Redact(out)
}

// hosts returns each host that is tried, with its port.
func hosts(c *pgconn.Config) []string {
	all := []string{hostPort(c.Host, c.Port)}
	for _, f := range c.Fallbacks { // several hosts, or the same one again without TLS
		if h := hostPort(f.Host, f.Port); !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
