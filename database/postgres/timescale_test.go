package postgres

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// Hypertables are read like any table, whether compressed or not.
func TestHypertablesConform(t *testing.T) {
	server := pgtest.Timescale(t)
	const make = "select create_hypertable('%[1]s', 'time_index', chunk_time_interval => interval '10 days', migrate_data => true);"
	const compress = "alter table %[1]s set (timescaledb.compress); select compress_chunk(c) from show_chunks('%[1]s') c;"
	for name, sql := range map[string]string{"chunks": make, "compressed chunks": make + compress} {
		t.Run(name, func(t *testing.T) {
			databasetest.Run(t, harness{server: server, finish: func(table databasetest.Table) string {
				if !hasTimes(table) {
					return ""
				}
				return fmt.Sprintf(sql, identifier(table.Name))
			}})
		})
	}
}

// hasTimes reports whether a table can be a hypertable: each row has a time.
func hasTimes(table databasetest.Table) bool {
	at := slices.IndexFunc(table.Columns, func(c databasetest.Column) bool { return c.Name == "time_index" })
	if at < 0 || table.Columns[at].Type != databasetest.TimestampTZ {
		return false
	}
	return !slices.ContainsFunc(table.Rows, func(row []any) bool { return row[at] == nil })
}
