package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
)

// List describes all tables that tdlake has in the file, by name.
func (t *Tables) List(ctx context.Context) (all []database.TableInfo, err error) {
	err = t.read(ctx, `select n.table_name, n.local_hash_id, n.name, coalesce(n.to_us, 0), n.rows, coalesce((
	select arg_max(coalesce(u.error, ''), u.update_id) from tdlake.updates u where u.local_hash_id = n.local_hash_id), '')
from tdlake.nodes n where n.columns is not null order by n.table_name, n.local_hash_id`, func(r row) error {
		if name := r.text(0); len(all) == 0 || all[len(all)-1].Table != name {
			all = append(all, database.TableInfo{Table: name})
		}
		last := &all[len(all)-1]
		last.Processes = append(last.Processes, database.ProcessInfo{ID: r.text(1), Name: r.text(2), To: r.integer(3), Rows: r.integer(4), Error: r.text(5)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := t.measure(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, t.readers(ctx, all)
}

// Specs returns the specs of the nodes of a kind that have written rows, by local_hash_id.
func (t *Tables) Specs(ctx context.Context, kind string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	err := t.read(ctx, "select local_hash_id, spec from tdlake.nodes where columns is not null and kind = "+text(kind), func(r row) error {
		out[r.text(0)] = json.RawMessage(r.text(1))
		return nil
	})
	return out, err
}

// readers adds who reads each table.
func (t *Tables) readers(ctx context.Context, all []database.TableInfo) error {
	return t.read(ctx, `select distinct n.table_name, r.name || ' ' || r.local_hash_id
from tdlake.nodes n join tdlake.nodes r on list_contains(r.inputs, n.local_hash_id) order by all`, func(r row) error {
		i := slices.IndexFunc(all, func(info database.TableInfo) bool { return info.Table == r.text(0) })
		if i >= 0 {
			all[i].Readers = append(all[i].Readers, r.text(1))
		}
		return nil
	})
}

// measure counts what is in a table. Its size is that of the file's blocks that it is in; small tables share some.
func (t *Tables) measure(ctx context.Context, info *database.TableInfo) error {
	name := ownTable(info.Table)
	return t.read(ctx, fmt.Sprintf(`select count(*), epoch_us(min(time_index)), epoch_us(max(time_index)), (
	select count(distinct block_id) filter (where block_id >= 0) * (select any_value(block_size) from pragma_database_size())
	from pragma_storage_info(%s)) from %s`, duck.Literal(name), name), func(r row) error {
		info.Rows, info.First, info.Last, info.Bytes = r.integer(0), r.optional(1), r.optional(2), r.integer(3)
		return nil
	})
}

// Drop removes a table, the views that read it, and what is known of its processes.
func (t *Tables) Drop(ctx context.Context, table string) error {
	return t.transaction(ctx, "table "+table, func(w *writer) error {
		sql := ""
		views := fmt.Sprintf("select view_name from duckdb_views() where schema_name = '%s' and contains(sql, %s)", viewSchema, text(table))
		err := each(ctx, w, views, func(r row) error {
			sql += fmt.Sprintf("drop view %s.%s;\n", viewSchema, duck.Quote(r.text(0)))
			return nil
		})
		if err != nil {
			return err
		}
		return w.Exec(ctx, sql+fmt.Sprintf(`drop table if exists %s;
delete from tdlake.reads where local_hash_id in (select local_hash_id from tdlake.nodes where table_name = %s);
delete from tdlake.stale where local_hash_id in (select local_hash_id from tdlake.nodes where table_name = %[2]s);
delete from tdlake.nodes where table_name = %[2]s`, ownTable(table), text(table)))
	})
}
