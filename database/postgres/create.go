package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/frame"
)

var sqlTypes = map[frame.Type]string{
	frame.Float64: "double precision", frame.Int64: "bigint", frame.Bool: "boolean",
	frame.String: `text collate "C"`, frame.Timestamp: "timestamptz", frame.Date: "date",
}

// columnList is a schema's columns for create table. Text sorts by its bytes, as everywhere here.
func columnList(s frame.Schema) string {
	parts := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		parts[i] = identifier(f.Name) + " " + sqlTypes[f.Type]
	}
	return join(parts)
}

func identifiers(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = identifier(n)
	}
	return out
}

// create makes the process's table: the kind's key, typed columns and, where several processes fill it, whose rows are.
func (w *writer) create(ctx context.Context) error {
	s := w.Rows.Schema()
	own := ""
	if w.Process.Shared {
		own = ", " + processes + " integer[] not null"
	}
	_, err := w.tx.Exec(ctx, fmt.Sprintf("create table %s (%s%s, primary key (%s))", w.target, columnList(s), own, join(identifiers(s.KeyNames()))))
	if err != nil {
		return err
	}
	return w.hypertable(ctx, s)
}

// hypertable makes a TimescaleDB hypertable of the new table where the extension is installed: in chunks by time, which are
// compressed by identifier when nothing is likely to be written to them any more.
func (w *writer) hypertable(ctx context.Context, s frame.Schema) error {
	var installed bool
	if err := w.tx.QueryRow(ctx, "select exists (select from pg_extension where extname = 'timescaledb')").Scan(&installed); err != nil || !installed {
		return err
	}
	segment := ""
	if i := slices.Index(s.KeyNames(), frame.UniqueIdentifier); i > 0 {
		segment = ", timescaledb.compress_segmentby = '" + frame.UniqueIdentifier + "'"
	}
	name := literal(w.target)
	for _, sql := range []string{
		fmt.Sprintf("select create_hypertable(%s, 'time_index', chunk_time_interval => interval '1 year')", name),
		fmt.Sprintf("alter table %s set (timescaledb.compress%s)", w.target, segment),
		fmt.Sprintf("select add_compression_policy(%s, interval '2 years')", name),
	} {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("timescaledb: %w", err)
		}
	}
	return nil
}

// bits is a column as it is compared: floats by their bits, so that 0 and -0 differ.
func bits(alias string, f frame.Field) string {
	name := alias + "." + identifier(f.Name)
	if f.Type == frame.Float64 {
		return "float8send(" + name + ")"
	}
	return name
}

// differs is a condition: rows s and t differ in a column.
func differs(s frame.Schema) string {
	parts := []string{"false"}
	for _, f := range s.Fields[s.Key:] {
		parts = append(parts, bits("s", f)+" is distinct from "+bits("t", f))
	}
	return strings.Join(parts, " or ")
}
