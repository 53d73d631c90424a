package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// agree refuses new rows whose key another process has written with other values.
func (u *update) agree(ctx context.Context) error {
	s := u.Rows.Schema()
	list := []string{"coalesce((select local_hash_id from tdlake.nodes where process = t." + processes + "[1]), '?')"}
	for i, f := range s.Fields {
		name := duck.Quote(f.Name)
		list = append(list, shown("s."+name))
		if i >= s.Key {
			list = append(list, shown("t."+name), "("+differ(f)+")::varchar")
		}
	}
	differences := []string{"false"}
	for _, f := range s.Fields[s.Key:] {
		differences = append(differences, differ(f))
	}
	sql := fmt.Sprintf("select %s from %s s join %s t using (%s) where %s order by %[4]s limit 1",
		strings.Join(list, ", "), u.rows, u.target, quoted("", s.KeyNames()), strings.Join(differences, " or "))
	return each(ctx, u, sql, func(r row) error {
		var found []string
		for i := range r.Names[1:] {
			found = append(found, r.text(i+1))
		}
		return database.Disagreement(u.Process, s, r.text(0), found)
	})
}

func shown(column string) string { return "coalesce(" + column + "::varchar, 'missing')" }

// differ is a condition: rows s and t differ in a column. 0 and -0 do.
func differ(f frame.Field) string {
	name := duck.Quote(f.Name)
	sql := fmt.Sprintf("s.%[1]s is distinct from t.%[1]s", name)
	if f.Type == frame.Float64 {
		sql = fmt.Sprintf("(%s or coalesce(signbit(s.%[2]s) <> signbit(t.%[2]s), false))", sql, name)
	}
	return sql
}
