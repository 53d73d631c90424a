package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Register makes processes known. Whoever registers last says under which name and from when a node is seen.
func (t *Tables) Register(ctx context.Context, all []database.Process) error {
	return t.transaction(ctx, "tdlake.nodes", func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, p := range all {
			batch.Queue(`insert into tdlake.nodes (local_hash_id, table_name, name, kind, kind_version, spec, shared, inputs, datalake_start)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (local_hash_id) do update
set name = excluded.name, datalake_start = excluded.datalake_start, shared = tdlake.nodes.shared or excluded.shared
where (tdlake.nodes.name, tdlake.nodes.datalake_start, tdlake.nodes.shared) is distinct from (excluded.name, excluded.datalake_start, tdlake.nodes.shared or excluded.shared)`,
				p.ID, p.Table, p.Name, p.Kind, p.Version, p.Spec, p.Shared, p.Inputs, time.UnixMicro(p.Start))
			batch.Queue(`insert into tdlake.claims (local_hash_id) values ($1) on conflict do nothing`, p.ID)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return share(ctx, tx)
	})
}

// share has tables say whose a row is that several processes fill: those of configs with ignore_local_kwargs, and of ones without whose table
// is the same. What is there is of the process that filled it alone.
func share(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `update tdlake.nodes n set shared = true
where not shared and exists (select from tdlake.nodes o where o.table_name = n.table_name and o.local_hash_id <> n.local_hash_id)`); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `select table_name, min(process) from tdlake.nodes n where shared and columns is not null
and not exists (select from information_schema.columns c where c.table_schema = 'tdlake' and c.table_name = n.table_name and c.column_name = $1)
group by table_name order by table_name`, processes)
	if err != nil {
		return err
	}
	var table string
	var process int
	var statements []string
	_, err = pgx.ForEachRow(rows, []any{&table, &process}, func() error {
		statements = append(statements, fmt.Sprintf("alter table %s add column %s integer[] not null default array[%d]", ownTable(table), processes, process),
			fmt.Sprintf("alter table %s alter column %s drop default", ownTable(table), processes))
		return nil
	})
	for _, sql := range statements {
		if err == nil {
			_, err = tx.Exec(ctx, sql)
		}
	}
	return err
}

// Progress returns how far processes are. Those that have written nothing are not in it.
func (t *Tables) Progress(ctx context.Context, ids []string) (map[string]database.Progress, error) {
	out := map[string]database.Progress{}
	err := t.connected(ctx, "tdlake.nodes", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `select local_hash_id, from_us, to_us, rows, columns, (extract(epoch from clock_timestamp() - written) * 1000000)::bigint
from tdlake.nodes where local_hash_id = any($1) and from_us is not null`, ids)
		if err != nil {
			return err
		}
		var id string
		var p database.Progress
		var columns []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &p.From, &p.To, &p.Rows, &columns, &p.Age}, func() error {
			p.Schema = frame.Schema{}
			if err := json.Unmarshal(columns, &p.Schema); err != nil {
				return err
			}
			out[id] = p
			return nil
		})
		return err
	})
	return out, err
}

// Reads returns what processes have read of their inputs, as the last Write of each said: by process and input.
func (t *Tables) Reads(ctx context.Context, ids []string) (map[string]map[string]json.RawMessage, error) {
	out := map[string]map[string]json.RawMessage{}
	err := t.connected(ctx, "tdlake.reads", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, "select local_hash_id, input, what from tdlake.reads where local_hash_id = any($1)", ids)
		if err != nil {
			return err
		}
		var id, input string
		var what []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &input, &what}, func() error {
			if out[id] == nil {
				out[id] = map[string]json.RawMessage{}
			}
			out[id][input] = slices.Clone(what)
			return nil
		})
		return err
	})
	return out, err
}

// Source returns where a process's own rows are, for a view to read: in a table that others fill too, its rows alone.
func (t *Tables) Source(_ context.Context, p database.Process, schema frame.Schema) (graph.Table, error) {
	return graph.Table{Name: "tdlake." + p.Table, Key: schema.KeyNames(), Columns: schema.Names()[schema.Key:], Process: p.ID}, nil
}

// BeginRun records that a command has begun.
func (t *Tables) BeginRun(ctx context.Context, command, host string, pid int) (run int64, err error) {
	err = t.connected(ctx, "tdlake.runs", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, "insert into tdlake.runs (command, host, pid) values ($1, $2, $3) returning run", command, host, pid).Scan(&run)
	})
	return run, err
}

// EndRun records that it has ended.
func (t *Tables) EndRun(ctx context.Context, run int64) error {
	return t.connected(ctx, "tdlake.runs", func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "update tdlake.runs set finished = clock_timestamp() where run = $1", run)
		return err
	})
}

// Failed records an update that failed, and until when nobody should try again: longer after each failure, up to an hour.
func (t *Tables) Failed(ctx context.Context, claim database.Claim, run int64, cause error) error {
	return t.transaction(ctx, "tdlake.updates", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update tdlake.claims set failures = failures + 1, holder = null,
	retry = clock_timestamp() + least(interval '1 hour', interval '2 seconds' * 2 ^ least(failures, 20))
where local_hash_id = $1 and token = $2`, claim.ID, claim.Token)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, "insert into tdlake.updates (run, local_hash_id, state, error) values (nullif($1, 0), $2, 'failed', $3)", run, claim.ID, cause.Error())
		return err
	})
}
