package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/frame"
)

// timescale returns the schema, quoted, that TimescaleDB's functions are in, "" where the extension is not installed.
func timescale(ctx context.Context, q querier) (schema string, err error) {
	err = q.QueryRow(ctx, "select extnamespace::regnamespace::text from pg_extension where extname = 'timescaledb'").Scan(&schema)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return schema, err
}

// hypertable makes a TimescaleDB hypertable of the new table where the extension is installed: in chunks by time, which are
// compressed by identifier when nothing is likely to be written to them any more. Compression is not in builds under the
// Apache license.
func (w *writer) hypertable(ctx context.Context) error {
	schema, err := timescale(ctx, w.tx)
	if err != nil || schema == "" {
		return err
	}
	name := literal(w.target)
	statements := []string{fmt.Sprintf("select %s.create_hypertable(%s, 'time_index', chunk_time_interval => interval '1 year')", schema, name)}
	var license string
	if err := w.tx.QueryRow(ctx, "select current_setting('timescaledb.license')").Scan(&license); err != nil {
		return err
	}
	if license == "timescale" {
		segment := ""
		if slices.Contains(w.Rows.Schema().KeyNames(), frame.UniqueIdentifier) {
			segment = ", timescaledb.compress_segmentby = '" + frame.UniqueIdentifier + "'"
		}
		statements = append(statements,
			fmt.Sprintf("alter table %s set (timescaledb.compress%s)", w.target, segment),
			fmt.Sprintf("select %s.add_compression_policy(%s, interval '2 years')", schema, name))
	}
	for _, sql := range statements {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("timescaledb: %w", err)
		}
	}
	return nil
}

// allowCompressed lifts, for the transaction, TimescaleDB's limit on how many rows of compressed chunks may be written to:
// a revision computes years again.
func (w *writer) allowCompressed(ctx context.Context) error {
	const limit = "timescaledb.max_tuples_decompressed_per_dml_transaction"
	_, err := w.tx.Exec(ctx, "select set_config($1, '0', true) where current_setting($1, true) is not null", limit)
	return err
}

// sizeOf is an expression: the bytes of a table with its indexes and, where TimescaleDB has made chunks of it, theirs.
func sizeOf(schema, table string) string {
	plain := "pg_total_relation_size(" + literal(table) + "::regclass)"
	if schema == "" {
		return plain
	}
	return "coalesce(" + schema + ".hypertable_size(" + literal(table) + "::regclass), " + plain + ")"
}
