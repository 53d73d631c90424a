package duckdb

import (
	"context"
	"fmt"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
)

// migrations are applied in order, once a file; their numbers are their places, from 1. One that was released is never
// changed: what has to be different is another one.
//
// No table has a primary key: its index would double the time of every write. What fills the tables sees to it, one writer at
// a time, and rows are checked when they are read.
var migrations = []string{
	`create table tdlake.nodes (
	process       integer not null,
	local_hash_id varchar not null,
	table_name    varchar not null,
	name          varchar not null,
	kind          varchar not null,
	kind_version  integer not null,
	spec          json not null,
	shared        boolean not null,
	inputs        varchar[] not null,
	datalake_start timestamptz not null,
	columns       json,             -- null: nothing was written yet
	from_us       bigint,           -- rows over [from_us, to_us) are there, microseconds since 1970
	to_us         bigint,
	last_time     timestamptz,
	rows          bigint not null default 0,
	written       timestamptz,
	registered    timestamptz not null default now()
);
comment on table tdlake.nodes is 'what fills the tables of the schema tdlake: a node each, and how far it is';
create table tdlake.reads (
	local_hash_id varchar not null,
	input         varchar not null,
	what          json not null
);
comment on table tdlake.reads is 'digests of the rows that a node has read, by input and month';
create table tdlake.runs (
	run      bigint not null,
	command  varchar not null,
	host     varchar not null,
	pid      integer not null,
	started  timestamptz not null default now(),
	finished timestamptz
);
create table tdlake.updates (
	update_id     bigint not null,
	run           bigint,
	local_hash_id varchar not null,
	state         varchar not null,
	error         varchar,
	from_us       bigint,
	to_us         bigint,
	last_time     timestamptz,
	rows_read     bigint,
	rows_written  bigint,
	took          interval,
	finished      timestamptz not null default now()
);
create table tdlake.users (address varchar not null);
comment on table tdlake.users is 'the database that the nodes are computed from, where it is not this file'`,
	`create table tdlake.stale (
	mark          bigint not null,
	local_hash_id varchar not null,
	input         varchar not null,
	from_us       bigint not null,  -- rows from there on are stale
	what          varchar not null,
	noticed       timestamptz not null default now()
);
comment on table tdlake.stale is 'what nodes were computed from that has changed since, until they are computed again'`,
}

// look returns the schema's version, and refuses a file that is not for us.
func (t *Tables) look(ctx context.Context, db *duck.DB) (version int, err error) {
	version, err = schemaVersion(ctx, db)
	switch {
	case err != nil:
		return 0, t.fail("the schema tdlake", err)
	case version > len(migrations):
		return 0, database.NewError(database.Refused, t.name, "use that version of tdlake",
			"the schema tdlake is of version %d, written by a newer tdlake; this one knows %d", version, len(migrations))
	case version > 0 && t.users != nil:
		return version, t.fail("the schema tdlake", t.sameUsers(ctx, db))
	}
	return version, nil
}

// migrate brings the schemas to the latest version: all migrations that are missing, or none.
func (t *Tables) migrate(ctx context.Context, db *duck.DB) error {
	version := int(t.version.Load())
	if version == len(migrations) {
		return nil
	}
	sql := "begin transaction;\n"
	if version == 0 {
		sql += `create schema if not exists tdlake;
create schema if not exists tdlake_views;
create table tdlake.migrations (version integer not null, applied timestamptz not null default now());
`
	}
	for i := version; i < len(migrations); i++ {
		sql += fmt.Sprintf("%s;\ninsert into tdlake.migrations (version) values (%d);\n", migrations[i], i+1)
	}
	if version == 0 && t.users != nil {
		sql += "insert into tdlake.users values (" + text(t.address) + ");\n"
	}
	if err := db.Exec(ctx, sql+"commit"); err != nil {
		return t.fail("the schema tdlake", err)
	}
	t.version.Store(int32(len(migrations)))
	return nil
}

// schemaVersion is the last migration that was applied, 0 where there is no schema.
func schemaVersion(ctx context.Context, db *duck.DB) (version int, err error) {
	there := false
	const exists = "select count(*) > 0 from duckdb_tables() where schema_name = 'tdlake' and table_name = 'migrations'"
	if err := each(ctx, db, exists, func(r row) error { there = r.yes(0); return nil }); err != nil || !there {
		return 0, err
	}
	err = each(ctx, db, "select coalesce(max(version), 0) from tdlake.migrations", func(r row) error {
		version = int(r.integer(0))
		return nil
	})
	return version, err
}

// sameUsers refuses a file whose nodes are computed from another source's tables: one node's rows would be of both. Files of earlier versions
// remember where the source was.
func (t *Tables) sameUsers(ctx context.Context, db *duck.DB) error {
	return each(ctx, db, "select address from tdlake.users", func(r row) error {
		if was := r.text(0); was != t.address && was != t.users.Name() {
			return database.NewError(database.Refused, t.name, "give the config another datalake_name, or remove the file",
				"its nodes are computed from %s, and the config's database is %s", was, t.address)
		}
		return nil
	})
}
