package duck

import (
	"context"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Convert says what becomes of columns whose types frames do not have: lists, intervals, hugeints and the like.
type Convert uint8

const (
	Refuse Convert = iota // a *TypeError that names the column
	AsText                // their text as DuckDB shows it
	AsJSON                // their JSON
)

// batchRows is the most rows in a batch.
const batchRows = 1 << 16

// Rows is a result that is being read, in batches, as the query makes them: a large one is never in memory whole.
// Close it, on every path. It is for one goroutine.
//
//	for rows.Next() {
//		use(rows.Table())
//	}
//	err := rows.Err()
type Rows struct {
	ctx     context.Context
	conn    *mapping.Connection
	release func()
	stop    func()
	stmt    mapping.PreparedStatement
	res     mapping.Result
	running bool // res holds a result
	columns []Column
	readers []reader
	batch   Table
	ended   bool
	err     error
	guard   *judged // where the words are a user's: what is prepared has to be what was judged
}

// Select runs a statement of a user's, which has to pass Check, and returns its rows. It is prepared once for both.
func (d *DB) Select(ctx context.Context, sql string, convert Convert) (*Rows, error) {
	s, err := d.admit(ctx, sql)
	if err != nil {
		return nil, err
	}
	return d.query(ctx, sql, convert, s)
}

// Query runs one statement (a PIVOT counts as one) and returns its rows. It does not guard: call Check first where the
// words are a user's. Cancelling ctx stops the query.
func (d *DB) Query(ctx context.Context, sql string, convert Convert) (*Rows, error) {
	return d.query(ctx, sql, convert, nil)
}

func (d *DB) query(ctx context.Context, sql string, convert Convert, guard *judged) (*Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := d.connect()
	if err != nil {
		return nil, err
	}
	return query(ctx, c, func() { d.release(c) }, sql, convert, guard)
}

// query runs a statement on a connection, which is given back when the rows are closed.
func query(ctx context.Context, c *mapping.Connection, release func(), sql string, convert Convert, guard *judged) (*Rows, error) {
	r := &Rows{ctx: ctx, conn: c, release: release, stop: interruptOn(ctx, *c), guard: guard}
	if err := r.start(sql, convert); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// Columns returns the columns that a query would have, without running it (a PIVOT begins to run).
func (d *DB) Columns(ctx context.Context, sql string) ([]Column, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := d.connect()
	if err != nil {
		return nil, err
	}
	return columns(ctx, c, func() { d.release(c) }, sql)
}

func columns(ctx context.Context, c *mapping.Connection, release func(), sql string) ([]Column, error) {
	r := &Rows{ctx: ctx, conn: c, release: release, stop: interruptOn(ctx, *c)}
	defer r.close()
	if err := r.prepare(sql); err != nil {
		return nil, err
	}
	return r.columns, nil
}

// Columns returns the result's columns. Converted ones are VARCHAR.
func (r *Rows) Columns() []Column { return r.columns }

// Next gathers the next batch of at most 65,536 rows and reports whether there are any.
func (r *Rows) Next() bool {
	if r.ended || r.err != nil {
		return false
	}
	n := 0
	for n+int(mapping.VectorSize()) <= batchRows && !r.ended && r.err == nil {
		n += r.fetch()
	}
	if n == 0 || r.err != nil {
		return false
	}
	r.batch = Table{}
	for i, c := range r.columns {
		r.batch.Names = append(r.batch.Names, c.Name)
		r.batch.Columns = append(r.batch.Columns, r.readers[i].take())
	}
	return true
}

// fetch reads one chunk and returns its number of rows.
func (r *Rows) fetch() int {
	if r.err = r.ctx.Err(); r.err != nil {
		return 0
	}
	chunk := mapping.FetchChunk(r.res)
	if chunk.Ptr == nil {
		r.ended = true
		if m := mapping.ResultError(&r.res); m != "" {
			r.err = failure(r.ctx, m)
		}
		return 0
	}
	defer mapping.DestroyDataChunk(&chunk)
	n := int(mapping.DataChunkGetSize(chunk))
	r.ended = n == 0
	for i, reader := range r.readers {
		if err := reader.read(mapping.DataChunkGetVector(chunk, mapping.IdxT(i)), n); err != nil && r.err == nil {
			r.err = err
		}
	}
	return n
}

// Table returns the batch that Next found. It stays as it is when the next one is read.
func (r *Rows) Table() Table { return r.batch }

// Err returns what ended the reading early, if anything did.
func (r *Rows) Err() error { return r.err }

// Notes returns what values lost so far.
func (r *Rows) Notes() []Note {
	var out []Note
	for _, reader := range r.readers {
		out = append(out, reader.notes()...)
	}
	return out
}

// Close ends the query, read to its end or not. It may be called again.
func (r *Rows) Close() error {
	r.close()
	r.ended = true
	return nil
}

func (r *Rows) close() {
	if r.conn == nil {
		return
	}
	mapping.DestroyResult(&r.res) // while the watch goes on: it waits for threads that only an interrupt ends
	mapping.DestroyPrepare(&r.stmt)
	r.stop()
	r.conn = nil
	r.release()
}
