// Package postgres reads rows from PostgreSQL (13 or later) and TimescaleDB.
//
// A [Source] is an address. Its [Source.Begin] connects and opens a [View]: one transaction, repeatable read and read
// only, so that every node of a snapshot sees the database at the same instant whatever others write meanwhile. A View
// is one connection and serves one caller at a time.
//
// # Addresses
//
// An address is a URL as libpq knows them, with libpq's parameters (sslmode, sslrootcert, connect_timeout, options,
// target_session_attrs, ...) and environment (PGHOST, PGPASSWORD, PGPASSFILE, PGSSLMODE, ...). A password belongs in
// PGPASSWORD or ~/.pgpass; where the URL has one it is used and never shown. Two things are our own:
//
//   - connect_timeout is 10 seconds unless the URL or PGCONNECT_TIMEOUT says otherwise.
//   - silence_timeout=SECONDS in the URL, or TDLAKE_PG_SILENCE_TIMEOUT, is how long a server may work without sending a
//     byte, 60 seconds unless given. Then it is asked over a second connection whether it is still alive: a long sort is
//     let go on, a server that hangs is an error. It is also the longest wait for a lock. Behind a pooler (PgBouncer in any
//     mode), or where another server answers, that something answers is enough.
//
// Of libpq's parameters, keepalives and its kin, hostaddr, sslcrl and fallback_application_name are taken; those that choose
// what we do not have, or do anyway, are ignored, but for gssencmode=require and requirepeer, which are refused. Updates and
// schedulers need a session of their own: a pooler in session mode, or none.
//
// # Types
//
// double precision, real and numeric become float (numeric with a warning, once a column); smallint, integer and bigint
// int; boolean bool; text, varchar, char, name, uuid, enums and the string types of extensions (citext) string, where
// char(n) loses its padding and uuid is written in lower case; timestamptz timestamp; timestamp too, taken as UTC; date
// a date, or midnight UTC where it is time_index. Domains are what they are made of. Any other type is refused by name:
// cast it in a query. NaN and NULL are both missing, infinite numbers become missing and are counted in a warning,
// infinite times are refused.
//
// # Rows
//
// Rows come by COPY in binary format, decoded straight into Arrow memory by a goroutine that runs ahead of the consumer.
// Their order is ours: rows of one time are sorted here by the bytes of their keys, so a database's collation decides
// nothing. See rows.go for the ways in which the server is asked for them, and back.go and before.go for how times and
// last rows are found through indexes.
//
// A TimescaleDB hypertable is an ordinary table to all of this. What matters there: its own index on time_index is the
// one that Back walks and Rows reads by, chunks keep the rows of a time together on disk whatever the order they came in,
// and compressed chunks are read through the same SQL, only slower for walks.
package postgres
