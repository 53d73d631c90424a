package postgres

import (
	"context"
	"fmt"
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
	return w.hypertable(ctx)
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
