package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
)

// Write makes an update visible: rows, progress and state in one transaction. It returns *database.LostClaimError where the
// process was claimed by another since, and *database.DisagreementError where another process that fills the same table has
// other values.
func (t *Tables) Write(ctx context.Context, b *database.Batch) error {
	return t.transaction(ctx, "writing table "+b.Process.Table, func(tx pgx.Tx) error {
		if err := fence(ctx, tx, b); err != nil {
			return err
		}
		w := &writer{Batch: b, tx: tx, target: ownTable(b.Process.Table)}
		process, err := w.prepare(ctx)
		if err != nil {
			return err
		}
		w.process = process
		removed, err := w.remove(ctx)
		if err != nil {
			return err
		}
		if err := w.insert(ctx); err != nil {
			return err
		}
		return w.record(ctx, removed)
	})
}

// fence holds the claim until the transaction ends: whoever takes the process over waits for us, or has done so already.
func fence(ctx context.Context, tx pgx.Tx, b *database.Batch) error {
	var token int64
	var from, to *int64
	err := tx.QueryRow(ctx, `select c.token, n.from_us, n.to_us from tdlake.claims c join tdlake.nodes n using (local_hash_id)
where c.local_hash_id = $1 for update`, b.Process.ID).Scan(&token, &from, &to)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return &database.LostClaimError{ID: b.Process.ID}
	case err != nil:
		return err
	}
	same := (from == nil) == (b.Had == nil) && (from == nil || *from == b.Had.From && *to == b.Had.To)
	if token != b.Claim.Token || !same {
		return &database.LostClaimError{ID: b.Process.ID}
	}
	return nil
}

// ownTable is a table of tdlake's schema in SQL.
func ownTable(name string) string { return "tdlake." + identifier(name) }

// processes is the column of a shared table that says whose a row is.
const processes = "tdlake_processes"

// writer is one call of Write.
type writer struct {
	*database.Batch
	tx      pgx.Tx
	target  string
	process int
	agreed  bool // there is a table of rows that others have as well: see keepInMind
}

// prepare makes the table where there is none, and checks that the rows fit the one there is. Shared tables have one writer
// at a time: their processes take turns here.
func (w *writer) prepare(ctx context.Context) (process int, err error) {
	if err := w.tx.QueryRow(ctx, "select process, shared from tdlake.nodes where local_hash_id = $1", w.Process.ID).Scan(&process, &w.Process.Shared); err != nil {
		return 0, err
	}
	if w.Process.Shared {
		if _, err := w.tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended($1, 0))", w.target); err != nil {
			return 0, err
		}
	}
	var known []byte
	err = w.tx.QueryRow(ctx, "select columns from tdlake.nodes where table_name = $1 and columns is not null limit 1", w.Process.Table).Scan(&known)
	if errors.Is(err, pgx.ErrNoRows) {
		return process, w.create(ctx)
	}
	if err != nil {
		return 0, err
	}
	var schema frame.Schema
	if err := json.Unmarshal(known, &schema); err != nil {
		return 0, err
	}
	if err := w.Process.Fits(schema, w.Rows.Schema()); err != nil {
		return 0, err
	}
	return process, w.allowCompressed(ctx)
}

// remove takes away what the process has in the range, of some identifiers or of all, and returns how many rows that were.
// Rows that other processes have as well stay theirs, and are kept in mind.
func (w *writer) remove(ctx context.Context) (int64, error) {
	if w.Had == nil || w.From >= w.Had.To || w.To <= w.Had.From {
		return 0, nil
	}
	where := within(w.From, w.To)
	if w.Only != nil {
		where += fmt.Sprintf(" and %s = any(array[%s]::text[])", frame.UniqueIdentifier, literals(w.Only))
	}
	if !w.Process.Shared {
		tag, err := w.tx.Exec(ctx, "delete from "+w.target+" where "+where)
		return tag.RowsAffected(), err
	}
	if err := w.keepInMind(ctx, where); err != nil {
		return 0, err
	}
	tag, err := w.tx.Exec(ctx, fmt.Sprintf("update %s set %[2]s = array_remove(%[2]s, %[3]d) where %[4]s and %[2]s @> array[%[3]d]", w.target, processes, w.process, where))
	if err != nil {
		return 0, err
	}
	_, err = w.tx.Exec(ctx, fmt.Sprintf("delete from %s where %s and %s = '{}'", w.target, where, processes))
	return tag.RowsAffected(), err
}

// within is a condition on time_index.
func within(from, to int64) string {
	where := "true"
	if from > firstTime {
		where = "time_index >= " + instant(from)
	}
	if to < math.MaxInt64 {
		where += " and time_index < " + instant(to)
	}
	return where
}

// insert copies the rows into a staging table, and from there where they belong.
func (w *writer) insert(ctx context.Context) error {
	if w.Rows.Rows() == 0 {
		return nil
	}
	schema := w.Rows.Schema()
	if _, err := w.tx.Exec(ctx, "create temp table tdlake_staging ("+columnList(schema)+") on commit drop"); err != nil {
		return err
	}
	if _, err := w.tx.Conn().PgConn().CopyFrom(ctx, newEncoder(w.Rows), "copy tdlake_staging from stdin (format binary)"); err != nil {
		return err
	}
	names := join(identifiers(schema.Names()))
	if !w.Process.Shared {
		_, err := w.tx.Exec(ctx, fmt.Sprintf("insert into %s (%s) select %[2]s from tdlake_staging", w.target, names))
		return err
	}
	if err := w.replace(ctx); err != nil {
		return err
	}
	if err := w.agree(ctx); err != nil {
		return err
	}
	_, err := w.tx.Exec(ctx, fmt.Sprintf(`insert into %s as t (%s, %s) select %[2]s, array[%[4]d] from tdlake_staging
on conflict (%[5]s) do update set %[3]s = t.%[3]s || %[4]d`, w.target, names, processes, w.process, join(identifiers(schema.KeyNames()))))
	return err
}

// record writes progress, state and what was read, and wakes who waits for it.
func (w *writer) record(ctx context.Context, removed int64) error {
	columns, err := json.Marshal(w.Rows.Schema())
	if err != nil {
		return err
	}
	var last *time.Time
	if times := w.Rows.Times(); len(times) > 0 {
		at := time.UnixMicro(times[len(times)-1])
		last = &at
	}
	batch := &pgx.Batch{}
	batch.Queue(`update tdlake.nodes set columns = $2, from_us = $3, to_us = $4, last_time = coalesce(greatest($5, last_time), $5, last_time),
	rows = rows + $6, written = clock_timestamp() where local_hash_id = $1`, w.Process.ID, columns, w.Now.From, w.Now.To, last, int64(w.Rows.Rows())-removed)
	batch.Queue(`insert into tdlake.updates (run, local_hash_id, state, from_us, to_us, last_time, rows_read, rows_written, took)
values (nullif($1, 0), $2, $3, $4, $5, $6, $7, $8, $9 * interval '1 microsecond')`, w.Run, w.Process.ID, w.State, w.From, w.To, last, w.Read, w.Rows.Rows(), w.Took)
	for input, what := range w.Reads {
		batch.Queue(`insert into tdlake.reads (local_hash_id, input, what) values ($1, $2, $3)
on conflict (local_hash_id, input) do update set what = excluded.what`, w.Process.ID, input, what)
	}
	queueMarks(batch, w.Process.ID, w.Marks, w.Mended)
	queueRewrote(batch, w.Process.ID, w.Rewrote)
	// Heartbeats could not renew the claim meanwhile: the time that the write took does not count.
	batch.Queue(`update tdlake.claims set failures = 0, retry = null, expires = expires + (clock_timestamp() - transaction_timestamp())
where local_hash_id = $1`, w.Process.ID)
	batch.Queue("select pg_notify('tdlake', $1)", w.Process.ID)
	return w.tx.SendBatch(ctx, batch).Close()
}
