package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
)

// migrations are applied in order, once a database; their numbers are their places, from 1. One that was released is never
// changed: what has to be different is another one.
var migrations = []string{
	`create table tdlake.nodes (
	process       integer generated always as identity unique,
	local_hash_id text collate "C" primary key,
	table_name    text collate "C" not null,
	name          text not null,
	kind          text not null,
	kind_version  integer not null,
	spec          jsonb not null,
	shared        boolean not null,
	inputs        text[] not null,
	datalake_start timestamptz not null,
	columns       jsonb,            -- null: nothing was written yet
	from_us       bigint,           -- rows over [from_us, to_us) are there, microseconds since 1970
	to_us         bigint,
	last_time     timestamptz,
	rows          bigint not null default 0,
	written       timestamptz,
	registered    timestamptz not null default clock_timestamp()
);
create index on tdlake.nodes (table_name);
comment on table tdlake.nodes is 'what fills the tables of the schema tdlake: a node each, and how far it is';
create table tdlake.reads (
	local_hash_id text collate "C" references tdlake.nodes on delete cascade,
	input         text collate "C",
	what          jsonb not null,
	primary key (local_hash_id, input)
);
comment on table tdlake.reads is 'digests of the rows that a node has read, by input and month';
create table tdlake.runs (
	run      bigint generated always as identity primary key,
	command  text not null,
	host     text not null,
	pid      integer not null,
	started  timestamptz not null default clock_timestamp(),
	finished timestamptz
);
create table tdlake.updates (
	update_id     bigint generated always as identity primary key,
	run           bigint references tdlake.runs,
	local_hash_id text collate "C" not null,
	state         text not null,
	error         text,
	from_us       bigint,
	to_us         bigint,
	last_time     timestamptz,
	rows_read     bigint,
	rows_written  bigint,
	took          interval,
	finished      timestamptz not null default clock_timestamp()
);
create index on tdlake.updates (local_hash_id, update_id);
create table tdlake.schedulers (
	scheduler   bigint generated always as identity primary key,
	name        text not null,
	host        text not null,
	pid         integer not null,
	environment text,
	resources   jsonb not null default '{}',
	started     timestamptz not null default clock_timestamp(),
	heartbeat   timestamptz not null default clock_timestamp(),
	stop        boolean not null default false,
	ended       timestamptz
);
create table tdlake.assignments (
	local_hash_id text collate "C" primary key,
	scheduler     text not null
);
create table tdlake.claims (
	local_hash_id text collate "C" primary key references tdlake.nodes on delete cascade,
	token         bigint not null default 0,
	holder        bigint,           -- tdlake.schedulers.scheduler; null: nobody
	expires       timestamptz,
	failures      integer not null default 0,
	retry         timestamptz       -- after a failure: not before
)`,
	`create table tdlake.stale (
	mark          bigint generated always as identity unique,
	local_hash_id text collate "C" references tdlake.nodes on delete cascade,
	input         text collate "C",
	from_us       bigint,           -- rows from there on are stale
	what          text not null,
	noticed       timestamptz not null default clock_timestamp(),
	primary key (local_hash_id, input, from_us)
);
comment on table tdlake.stale is 'what nodes were computed from that has changed since, until they are computed again'`,
}

// migrationLock is the advisory lock of whoever migrates: "tdlake" in ASCII.
const migrationLock = 0x74646c616b65

// migrate brings the schemas to the latest version. Two that start at once take turns, and the second finds nothing to do.
func migrate(ctx context.Context, c *pgx.Conn) error {
	if v, err := schemaVersion(ctx, c); err != nil || v == len(migrations) {
		return err
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	if version > len(migrations) {
		return database.NewError(database.Refused, c.Config().Database, "use that version of tdlake",
			"the schema tdlake is of version %d, written by a newer tdlake; this one knows %d", version, len(migrations))
	}
	if version == 0 {
		const first = `create schema if not exists tdlake;
create schema if not exists tdlake_views;
create table if not exists tdlake.migrations (version integer primary key, applied timestamptz not null default clock_timestamp())`
		if _, err := tx.Conn().PgConn().Exec(ctx, first).ReadAll(); err != nil {
			return err
		}
	}
	for i := version; i < len(migrations); i++ {
		if _, err := tx.Conn().PgConn().Exec(ctx, migrations[i]).ReadAll(); err != nil {
			return fmt.Errorf("migration %d: %w", i+1, err)
		}
		if _, err := tx.Exec(ctx, "insert into tdlake.migrations (version) values ($1)", i+1); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// schemaVersion is the last migration that was applied, 0 where there is no schema. It asks a catalogue: to_regclass answers
// from a cache, which in a transaction that has waited for another does not know what that one made.
func schemaVersion(ctx context.Context, q querier) (version int, err error) {
	var there bool
	if err := q.QueryRow(ctx, "select exists (select from pg_tables where schemaname = 'tdlake' and tablename = 'migrations')").Scan(&there); err != nil || !there {
		return 0, err
	}
	err = q.QueryRow(ctx, "select coalesce(max(version), 0) from tdlake.migrations").Scan(&version)
	return version, err
}
