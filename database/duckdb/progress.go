package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Register makes processes known. Whoever registers last says under which name and from when a node is seen.
func (t *Tables) Register(ctx context.Context, all []database.Process) error {
	if len(all) == 0 {
		return nil
	}
	var values []string
	for i, p := range all {
		values = append(values, fmt.Sprintf("(%d, %s, %s, %s, %s, %d, %s, %t, %s, %s)", i+1, text(p.ID), text(p.Table), text(p.Name), text(p.Kind), p.Version,
			text(string(p.Spec)), p.Shared, texts(p.Inputs), instant(p.Start)))
	}
	return t.transaction(ctx, "tdlake.nodes", func(w *writer) error {
		const names = "local_hash_id, table_name, name, kind, kind_version, spec, shared, inputs, datalake_start"
		err := w.Exec(ctx, `merge into tdlake.nodes n
using (values `+strings.Join(values, ",\n")+`) p(number, `+names+`) on n.local_hash_id = p.local_hash_id
when matched and (n.name, n.datalake_start, n.shared) is distinct from (p.name, p.datalake_start, n.shared or p.shared)
	then update set name = p.name, datalake_start = p.datalake_start, shared = n.shared or p.shared
when not matched then insert (process, `+names+`)
	values ((select coalesce(max(process), 0) from tdlake.nodes) + p.number, `+names+`)`)
		if err != nil {
			return err
		}
		return w.share(ctx)
	})
}

// share has tables say whose a row is that several processes fill: those of configs with ignore_local_kwargs, and of ones without whose table
// is the same. What is there is of the process that filled it alone.
func (w *writer) share(ctx context.Context) error {
	if err := w.Exec(ctx, `update tdlake.nodes set shared = true
where not shared and table_name in (select table_name from tdlake.nodes group by table_name having count(*) > 1)`); err != nil {
		return err
	}
	sql := ""
	err := each(ctx, w, `select table_name, min(process) from tdlake.nodes where shared and columns is not null and table_name not in (
	select table_name from duckdb_columns() where schema_name = 'tdlake' and column_name = '`+processes+`') group by table_name order by table_name`, func(r row) error {
		sql += fmt.Sprintf("alter table %s add column %s integer[];\nupdate %[1]s set %[2]s = [%[3]d];\n", ownTable(r.text(0)), processes, r.integer(1))
		return nil
	})
	if err != nil || sql == "" {
		return err
	}
	return w.Exec(ctx, sql)
}

// Progress returns how far processes are. Those that have written nothing are not in it.
func (t *Tables) Progress(ctx context.Context, ids []string) (map[string]database.Progress, error) {
	out := map[string]database.Progress{}
	err := t.read(ctx, `select local_hash_id, from_us, to_us, rows, columns, epoch_us(now()) - epoch_us(written)
from tdlake.nodes where list_contains(`+texts(ids)+`, local_hash_id) and from_us is not null`, func(r row) error {
		p := database.Progress{From: r.integer(1), To: r.integer(2), Rows: r.integer(3), Age: r.integer(5)}
		if err := json.Unmarshal([]byte(r.text(4)), &p.Schema); err != nil {
			return err
		}
		out[r.text(0)] = p
		return nil
	})
	return out, err
}

// Reads returns what processes have read of their inputs, as the last Write of each said: by process and input.
func (t *Tables) Reads(ctx context.Context, ids []string) (map[string]map[string]json.RawMessage, error) {
	out := map[string]map[string]json.RawMessage{}
	err := t.read(ctx, "select local_hash_id, input, what from tdlake.reads where list_contains("+texts(ids)+", local_hash_id)", func(r row) error {
		id := r.text(0)
		if out[id] == nil {
			out[id] = map[string]json.RawMessage{}
		}
		out[id][r.text(1)] = json.RawMessage(r.text(2))
		return nil
	})
	return out, err
}

// Source returns where a process's own rows are, for a view to read: in a table that others fill too, its rows alone.
func (t *Tables) Source(_ context.Context, p database.Process, schema frame.Schema) (graph.Table, error) {
	return graph.Table{Name: ownSchema + "." + p.Table, Key: schema.KeyNames(), Columns: schema.Names()[schema.Key:], Process: p.ID}, nil
}

// BeginRun records that a command has begun.
func (t *Tables) BeginRun(ctx context.Context, command, host string, pid int) (run int64, err error) {
	err = t.transaction(ctx, "tdlake.runs", func(w *writer) error {
		err := each(ctx, w, "select coalesce(max(run), 0) + 1 from tdlake.runs", func(r row) error { run = r.integer(0); return nil })
		if err != nil {
			return err
		}
		return w.Exec(ctx, fmt.Sprintf("insert into tdlake.runs (run, command, host, pid) values (%d, %s, %s, %d)", run, text(command), text(host), pid))
	})
	return run, err
}

// EndRun records that it has ended.
func (t *Tables) EndRun(ctx context.Context, run int64) error {
	return t.transaction(ctx, "tdlake.runs", func(w *writer) error {
		return w.Exec(ctx, fmt.Sprintf("update tdlake.runs set finished = now() where run = %d", run))
	})
}

// Failed records an update that failed, and until when nobody should try again.
func (t *Tables) Failed(ctx context.Context, c database.Claim, run int64, cause error) error {
	if !t.claims.failed(c) {
		return nil
	}
	return t.transaction(ctx, "tdlake.updates", func(w *writer) error {
		return w.log(ctx, run, c.ID, "'failed'", "error", text(cause.Error()))
	})
}
