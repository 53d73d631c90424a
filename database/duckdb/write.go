package duckdb

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// writer is a transaction that writes.
type writer struct {
	*duck.Tx
	db *duck.DB
}

// Write makes an update visible: rows, progress and state in one transaction. It returns *database.LostClaimError where the
// process was claimed by another since, and *database.DisagreementError where another process that fills the same table has
// other values.
func (t *Tables) Write(ctx context.Context, b *database.Batch) error {
	err := t.transaction(ctx, "writing table "+b.Process.Table, func(w *writer) error {
		if err := t.fence(ctx, w, b); err != nil {
			return err
		}
		rows, back, err := w.db.Lend(duck.TableOf(b.Rows))
		if err != nil {
			return err
		}
		defer back()
		u := &update{Batch: b, writer: w, rows: rows, target: ownTable(b.Process.Table)}
		if err := u.prepare(ctx); err != nil {
			return err
		}
		removed, err := u.remove(ctx)
		if err != nil {
			return err
		}
		if err := u.insert(ctx); err != nil {
			return err
		}
		return u.record(ctx, removed)
	})
	if err == nil {
		t.claims.mine(b.Claim, func(p *claimed) { p.failures = 0 })
	}
	return err
}

// fence refuses an update whose process was claimed again, or has come further, since it began.
func (t *Tables) fence(ctx context.Context, w *writer, b *database.Batch) error {
	same := false
	err := each(ctx, w, "select from_us, to_us from tdlake.nodes where local_hash_id = "+text(b.Process.ID), func(r row) error {
		same = r.missing(0) == (b.Had == nil) && (b.Had == nil || r.integer(0) == b.Had.From && r.integer(1) == b.Had.To)
		return nil
	})
	if err == nil && !(same && t.claims.mine(b.Claim, func(*claimed) {})) {
		return &database.LostClaimError{ID: b.Process.ID}
	}
	return err
}

// update is one call of Write.
type update struct {
	*database.Batch
	*writer
	rows    string // what the new rows are selected from
	target  string
	process int64
	agreed  bool // there is a table of rows that others have as well: see keepInMind
}

// prepare makes the table where there is none, and checks that the rows fit the one there is.
func (u *update) prepare(ctx context.Context) error {
	err := each(ctx, u, "select process, shared from tdlake.nodes where local_hash_id = "+text(u.Process.ID), func(r row) error {
		u.process, u.Process.Shared = r.integer(0), r.yes(1)
		return nil
	})
	if err != nil {
		return err
	}
	known := ""
	err = each(ctx, u, "select columns from tdlake.nodes where columns is not null and table_name = "+text(u.Process.Table)+" limit 1", func(r row) error {
		known = r.text(0)
		return nil
	})
	if err != nil {
		return err
	}
	if known == "" {
		return u.create(ctx)
	}
	var schema frame.Schema
	if err := json.Unmarshal([]byte(known), &schema); err != nil {
		return err
	}
	return u.Process.Fits(schema, u.Rows.Schema())
}

// create makes the process's table: typed columns and, where several processes fill it, whose rows are.
func (u *update) create(ctx context.Context) error {
	own := ""
	if u.Process.Shared {
		own = ", " + processes + " integer[] not null"
	}
	return u.Exec(ctx, fmt.Sprintf("create table %s (%s%s)", u.target, columnList(u.Rows.Schema()), own))
}

// remove takes away what the process has in the range, of some identifiers or of all, and returns how many rows that were.
// Rows that other processes have as well stay theirs, and are kept in mind.
func (u *update) remove(ctx context.Context) (removed int64, err error) {
	if u.Had == nil || u.From >= u.Had.To || u.To <= u.Had.From {
		return 0, nil
	}
	where := within(u.From, u.To)
	if u.Only != nil {
		where += fmt.Sprintf(" and list_contains(%s, %s)", texts(u.Only), frame.UniqueIdentifier)
	}
	if u.Process.Shared {
		where += fmt.Sprintf(" and list_contains(%s, %d)", processes, u.process)
	}
	if err := u.one(ctx, "select count(*) from "+u.target+" where "+where, &removed); err != nil {
		return 0, err
	}
	if !u.Process.Shared {
		return removed, u.Exec(ctx, "delete from "+u.target+" where "+where)
	}
	if err := u.keepInMind(ctx, where); err != nil {
		return 0, err
	}
	return removed, u.Exec(ctx, fmt.Sprintf(`update %s set %[2]s = list_filter(%[2]s, lambda p: p <> %[3]d) where %[4]s;
delete from %[1]s where len(%[2]s) = 0`, u.target, processes, u.process, where))
}

// insert puts the rows where they belong.
func (u *update) insert(ctx context.Context) error {
	if u.Batch.Rows.Rows() == 0 {
		return nil
	}
	schema := u.Rows.Schema()
	names := quoted("", schema.Names())
	if !u.Process.Shared {
		return u.Exec(ctx, fmt.Sprintf("insert into %s (%s) select %[2]s from %s", u.target, names, u.rows))
	}
	if err := u.replace(ctx); err != nil {
		return err
	}
	if err := u.agree(ctx); err != nil {
		return err
	}
	return u.Exec(ctx, fmt.Sprintf(`merge into %s t using %s s using (%s)
when matched then update set %[4]s = list_append(t.%[4]s, %[5]d)
when not matched then insert (%[6]s, %[4]s) values (%[7]s, [%[5]d])`,
		u.target, u.rows, quoted("", schema.KeyNames()), processes, u.process, names, quoted("s.", schema.Names())))
}

// record writes progress, state and what was read.
func (u *update) record(ctx context.Context, removed int64) error {
	columns, err := json.Marshal(u.Rows.Schema())
	if err != nil {
		return err
	}
	last := "null::timestamptz"
	if times := u.Rows.Times(); len(times) > 0 {
		last = instant(times[len(times)-1])
	}
	sql := fmt.Sprintf(`update tdlake.nodes set columns = %s, from_us = %s, to_us = %s, last_time = greatest(last_time, %s), rows = rows + %d, written = now()
where local_hash_id = %s`, text(string(columns)), integer(u.Now.From), integer(u.Now.To), last, int64(u.Rows.Rows())-removed, text(u.Process.ID))
	for input, what := range u.Reads {
		sql += fmt.Sprintf(";\ndelete from tdlake.reads where local_hash_id = %[1]s and input = %[2]s;\ninsert into tdlake.reads values (%[1]s, %[2]s, %[3]s)",
			text(u.Process.ID), text(input), text(string(what)))
	}
	if err := u.Exec(ctx, sql); err != nil {
		return err
	}
	if err := u.mark(ctx, u.Process.ID, u.Marks, u.Mended); err != nil {
		return err
	}
	if err := u.rewrote(ctx, u.Process.ID, u.Rewrote); err != nil {
		return err
	}
	return u.log(ctx, u.Run, u.Process.ID, text(u.State), "from_us, to_us, last_time, rows_read, rows_written, took",
		fmt.Sprintf("%s, %s, %s, %d, %d, to_microseconds(%d)", integer(u.From), integer(u.To), last, u.Read, u.Rows.Rows(), u.Took))
}

// log adds to the log of updates. values are those of some columns more.
func (w *writer) log(ctx context.Context, run int64, id, state, columns, values string) error {
	return w.Exec(ctx, fmt.Sprintf(`insert into tdlake.updates (update_id, run, local_hash_id, state, %s)
select coalesce(max(update_id), 0) + 1, nullif(%d, 0), %s, %s, %s from tdlake.updates`, columns, run, text(id), state, values))
}

// one reads one number.
func (w *writer) one(ctx context.Context, sql string, n *int64) error {
	return each(ctx, w, sql, func(r row) error { *n = r.integer(0); return nil })
}
