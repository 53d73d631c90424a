package postgres

import (
	"context"
	"encoding/json"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// TRUNCATE, and whatever writes a table's file anew, is not bound by the transactions that see it: to one that began before, a table
// that was emptied and loaded again since is empty. A table that is swapped, or whose partition is, is the new one to it, with none of
// the rows that came later. A lock keeps others from all that; what was done before it was got, and after the view was fixed, shows
// in the catalogues: some of PostgreSQL's functions look at them as they are, a query as the view has them.

// rewritten names a relation that the transaction has locked and that is not the one that the view was fixed with: made, given another
// file or name, or a parent's partition no more. Indexes are none of these: PostgreSQL itself leaves those aside that are too new.
const rewritten = `with l as (
	select distinct relation as oid from pg_locks where locktype = 'relation' and pid = pg_backend_pid() and relation >= 16384),
now as materialized (select l.oid, o.type, o.identity, pg_relation_filenode(l.oid) as file
	from l cross join lateral pg_identify_object('pg_class'::regclass, l.oid, 0) o)
select now.identity from now left join pg_class c on c.oid = now.oid left join pg_namespace n on n.oid = c.relnamespace
where now.type in ('table', 'view', 'materialized view', 'foreign table') and (c.oid is null
	or c.relkind in ('r', 'm') and now.file is distinct from c.relfilenode
	or now.identity <> quote_ident(n.nspname) || '.' || quote_ident(c.relname))
union all
select now.identity from now join pg_class c on c.oid = now.oid and c.relkind = 'p' join pg_inherits i on i.inhparent = now.oid
where not exists (select from pg_partition_tree(now.oid) t where t.relid = i.inhrelid)
limit 1`

// maxRewrites is how often a view is fixed anew since somebody has rewritten one of its tables in the moment between.
const maxRewrites = 10

// Hold locks tables, their partitions and whatever else they are made of against all but reading and writing rows, until the view ends.
// It comes first: where a table was rewritten since the view was fixed, the view is fixed anew. A table that cannot be read is an error
// when it is read, and none here.
func (v *View) Hold(ctx context.Context, tables []graph.Table) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for range maxRewrites {
		for _, t := range tables {
			if err := v.lock(ctx, t); err != nil {
				return err
			}
		}
		name, err := v.rewritten(ctx)
		if name == "" || err != nil {
			return err
		}
		if err := v.fix(ctx, "rollback; "); err != nil {
			return err
		}
	}
	return v.unchanged(ctx, "the tables")
}

// lock takes the locks that reading a table takes, and keeps them though a later statement fails.
func (v *View) lock(ctx context.Context, t graph.Table) error {
	key, err := json.Marshal(t)
	if err != nil {
		return err
	}
	f := v.look(ctx, t, string(key))
	if f.err == nil {
		_, f.err = v.query(ctx, f.rel.label, "select 1 from "+f.rel.source()+" limit 0; release savepoint tdlake; savepoint tdlake")
	}
	if f.err != nil && !v.about(ctx, f.err) {
		return f.err
	}
	return nil
}

// rewritten names a table that is not the view's any more, "" where there is none.
func (v *View) rewritten(ctx context.Context) (string, error) {
	rows, err := v.query(ctx, "pg_locks", rewritten)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return string(rows[0][0]), nil
}

// unchanged refuses what was read where it may have been of a table that was rewritten.
func (v *View) unchanged(ctx context.Context, what string) error {
	name, err := v.rewritten(ctx)
	if name == "" || err != nil {
		return err
	}
	return database.NewError(database.Refused, v.source.name, "nothing of this read was kept; run the command again when whoever loads it is done",
		"reading %s: %s was emptied, rewritten or swapped meanwhile", what, name)
}
