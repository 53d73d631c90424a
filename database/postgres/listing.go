package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
)

// List describes all tables that tdlake has in the database, by name.
func (t *Tables) List(ctx context.Context) (all []database.TableInfo, err error) {
	err = t.connected(ctx, "tdlake.nodes", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `select n.table_name, n.local_hash_id, n.name, coalesce(n.to_us, 0), n.rows, coalesce((
	select error from tdlake.updates u where u.local_hash_id = n.local_hash_id order by update_id desc limit 1), ''),
	array(select r.name || ' ' || r.local_hash_id from tdlake.nodes r where n.local_hash_id = any(r.inputs) order by 1)
from tdlake.nodes n where n.columns is not null order by n.table_name, n.local_hash_id`)
		if err != nil {
			return err
		}
		var table string
		var p database.ProcessInfo
		var readers []string
		_, err = pgx.ForEachRow(rows, []any{&table, &p.ID, &p.Name, &p.To, &p.Rows, &p.Error, &readers}, func() error {
			if len(all) == 0 || all[len(all)-1].Table != table {
				all = append(all, database.TableInfo{Table: table})
			}
			last := &all[len(all)-1]
			last.Processes = append(last.Processes, p)
			last.Readers = append(last.Readers, readers...)
			return nil
		})
		if err != nil {
			return err
		}
		schema, err := timescale(ctx, c)
		if err != nil {
			return err
		}
		for i := range all {
			slices.Sort(all[i].Readers)
			all[i].Readers = slices.Compact(all[i].Readers)
			if err := measureTable(ctx, c, sizeOf(schema, ownTable(all[i].Table)), &all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// measureTable counts what is in a table, whose size in bytes an expression says.
func measureTable(ctx context.Context, c *pgx.Conn, size string, info *database.TableInfo) error {
	var first, last *time.Time
	err := c.QueryRow(ctx, fmt.Sprintf("select count(*), min(time_index), max(time_index), %s from %s", size, ownTable(info.Table))).
		Scan(&info.Rows, &first, &last, &info.Bytes)
	if err == nil && first != nil {
		a, b := first.UnixMicro(), last.UnixMicro()
		info.First, info.Last = &a, &b
	}
	return err
}

// Specs returns the specs of the nodes of a kind that have written rows, by local_hash_id.
func (t *Tables) Specs(ctx context.Context, kind string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	err := t.connected(ctx, "tdlake.nodes", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, "select local_hash_id, spec::text from tdlake.nodes where kind = $1 and columns is not null", kind)
		if err != nil {
			return err
		}
		var id, spec string
		_, err = pgx.ForEachRow(rows, []any{&id, &spec}, func() error {
			out[id] = json.RawMessage(spec)
			return nil
		})
		return err
	})
	return out, err
}

// Drop removes a table, the views that read it, and what is known of its processes. It refuses a table that is being
// written.
func (t *Tables) Drop(ctx context.Context, table string) error {
	return t.transaction(ctx, "table "+table, func(tx pgx.Tx) error {
		var busy bool
		if err := tx.QueryRow(ctx, `select coalesce(bool_or(c.holder is not null and c.expires > clock_timestamp()), false)
from (select c.* from tdlake.claims c join tdlake.nodes n using (local_hash_id) where n.table_name = $1 for update of c) c`, table).Scan(&busy); err != nil {
			return err
		}
		if busy {
			return database.NewError(database.Refused, t.source.name, "stop the scheduler first: tdlake scheduler list", "table %s is being written", table)
		}
		if _, err := tx.Exec(ctx, "set local lock_timeout = '10s'"); err != nil { // who reads it is waited for, but not for ever
			return err
		}
		if err := dropViews(ctx, tx, table); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "drop table if exists "+ownTable(table)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "delete from tdlake.nodes where table_name = $1", table)
		return err
	})
}

// dropViews drops the views of ours that read a table; the next update makes them again without it.
func dropViews(ctx context.Context, tx pgx.Tx, table string) error {
	rows, err := tx.Query(ctx, `select distinct v.oid::regclass::text from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class
where d.refobjid = to_regclass($1) and v.relnamespace = 'tdlake_views'::regnamespace`, ownTable(table))
	if err != nil {
		return err
	}
	views, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	for _, v := range views {
		if _, err := tx.Exec(ctx, "drop view if exists "+v); err != nil {
			return err
		}
	}
	return nil
}
