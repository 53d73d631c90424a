package duckdb

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// SetView makes the readable view of a node's name in tdlake_views: all of its elements that have a table, with their
// settings as first columns, from datalake_start on. A view that is as it should be is left alone.
func (t *Tables) SetView(ctx context.Context, name string, parts []database.ViewPart) error {
	return t.transaction(ctx, "view "+viewSchema+"."+name, func(w *writer) error {
		var selects []string
		for _, p := range parts {
			s, err := viewSelect(ctx, w, p)
			if err != nil {
				return err
			}
			if s != "" {
				selects = append(selects, s)
			}
		}
		if len(selects) == 0 {
			return nil
		}
		body := strings.Join(selects, "\nunion all ")
		mark := text(database.ViewMark(name, body))
		same := int64(0)
		const there = "select count(*) from duckdb_views() where schema_name = '%s' and view_name = %s and comment = %s"
		if err := w.one(ctx, fmt.Sprintf(there, viewSchema, text(name), mark), &same); err != nil || same > 0 {
			return err
		}
		return w.Exec(ctx, fmt.Sprintf("create or replace view %s.%s as %s;\ncomment on view %[1]s.%[2]s is %[4]s", viewSchema, duck.Quote(name), body, mark))
	})
}

// viewSelect reads one element, "" where it has no table yet.
func viewSelect(ctx context.Context, w *writer, p database.ViewPart) (sql string, err error) {
	err = each(ctx, w, `select table_name, columns, process, shared, epoch_us(datalake_start) from tdlake.nodes
where columns is not null and local_hash_id = `+text(p.ID), func(r row) error {
		var s frame.Schema
		if err := json.Unmarshal([]byte(r.text(1)), &s); err != nil {
			return err
		}
		var list []string
		for _, setting := range p.Shown(s) {
			list = append(list, constant(setting.Value)+" as "+duck.Quote(setting.Name))
		}
		where := "time_index >= " + instant(r.integer(4))
		if r.yes(3) {
			where += fmt.Sprintf(" and list_contains(%s, %d)", processes, r.integer(2))
		}
		sql = fmt.Sprintf("select %s from %s where %s", strings.Join(append(list, quoted("", s.Names())), ", "), ownTable(r.text(0)), where)
		return nil
	})
	return sql, err
}
