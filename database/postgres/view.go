package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
)

// View is one state of the database, read through one connection. It may be shared: callers take turns, and Rows has its
// turn until it was read to the end, or left.
type View struct {
	source *Source
	link   *link

	mu        sync.Mutex // held while pg is in use
	pg        *pgconn.PgConn
	relations map[string]*relation
	found     map[string]*finding

	notes warnings
}

// begin opens the transaction. The select fixes what the transaction sees, here and now. Servers'
// time-outs for statements and idle transactions are lifted, as pg_dump does: a snapshot is long, and may wait for our
// own disk. What decides how values are written and read as text (TimeZone, DateStyle and their like) is left as the database has it:
// a view that casts says the same to us as to everybody. Our own constants are the same instants under all of them.
const begin = `begin isolation level repeatable read read only;
set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local lock_timeout = %[1]d;
set local jit = off;
select set_config(name, case name when 'work_mem' then '%[2]dkB' else '0' end, true) from pg_settings
where name = 'work_mem' and setting::bigint < %[2]d or name = 'transaction_timeout';
` + whoami + `;
savepoint tdlake`

// workMemory is what the server may use for a sort, where it is not set higher. Ten million rows took it 5.2 seconds of
// processor time with the default of 4 MB, 3.9 with 16 or 32, and more again beyond 64: caches decide.
const workMemory = 32 << 10 // kB

// Begin connects and opens a view. Closing it is the caller's.
func (s *Source) Begin(ctx context.Context) (*View, error) {
	pg, link, err := s.connect(ctx)
	if err != nil {
		return nil, s.connectError(ctx, err)
	}
	v := &View{source: s, pg: pg, link: link}
	if err := v.checkVersion(); err != nil {
		v.Close()
		return nil, err
	}
	if err := v.fix(ctx, ""); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// fix begins the transaction, after what ends another.
func (v *View) fix(ctx context.Context, first string) error {
	v.relations, v.found = map[string]*relation{}, map[string]*finding{}
	rows, err := collect(v.pg.Exec(ctx, first+fmt.Sprintf(begin, v.source.silence.Milliseconds(), workMemory)))
	if err != nil {
		return v.fail(ctx, "the database's settings", err)
	}
	v.link.meet(rows[0], v.pg.PID())
	return nil
}

func (v *View) checkVersion() error {
	version := v.pg.ParameterStatus("server_version")
	var major int
	if _, err := fmt.Sscanf(version, "%d", &major); err == nil && major < 13 {
		return database.NewError(database.Refused, v.source.name, "", "the server is PostgreSQL %s; 13 or later is needed", version)
	}
	return nil
}

// Close ends the transaction and the connection. It waits at most about a second for a server that does not answer.
func (v *View) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if !v.pg.IsClosed() {
		v.pg.Close(ctx)
	}
	v.link.close()
	<-v.pg.CleanupDone()
	return nil
}

// rollback makes the transaction usable after a statement failed in it: same view, same settings.
func (v *View) rollback() {
	if v.pg.IsClosed() || v.pg.TxStatus() != 'E' {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	v.pg.Exec(ctx, "rollback to savepoint tdlake").Close() // a failure shows in the next statement
}

// query runs one statement and returns its rows as text, nil where null.
func (v *View) query(ctx context.Context, what, sql string) ([][][]byte, error) {
	rows, err := collect(v.pg.Exec(ctx, sql))
	if err != nil {
		return nil, v.fail(ctx, what, err)
	}
	return rows, nil
}

// collect reads the rows of the last statement that has any.
func collect(r *pgconn.MultiResultReader) ([][][]byte, error) {
	results, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var rows [][][]byte
	for _, result := range results {
		if result.Err != nil {
			return nil, result.Err
		}
		if len(result.FieldDescriptions) > 0 {
			rows = result.Rows
		}
	}
	return rows, nil
}

// texts is the first column of rows.
func texts(rows [][][]byte) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = string(r[0])
	}
	return out
}

func join(parts []string) string { return strings.Join(parts, ", ") }
