package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// keepInMind notes the rows under a condition that the process and others have both written. They agreed about them: when the
// process computes such a row again, with another result, then since what both read has changed.
func (u *update) keepInMind(ctx context.Context, where string) error {
	u.agreed = true
	return u.Exec(ctx, fmt.Sprintf("create temp table tdlake_agreed as select %s from %s where %s and len(%s) > 1",
		quoted("", u.Rows.Schema().KeyNames()), u.target, where, processes))
}

// replace gives the rows that were agreed about their new values, for the other processes too: they come to the same when they
// read what has changed.
func (u *update) replace(ctx context.Context) error {
	s := u.Rows.Schema()
	if !u.agreed || len(s.Fields) == s.Key {
		return nil
	}
	var set, same []string
	for i, f := range s.Fields {
		name := duck.Quote(f.Name)
		if i < s.Key {
			same = append(same, "t."+name+" = s."+name)
		} else {
			set = append(set, name+" = s."+name)
		}
	}
	return u.Exec(ctx, fmt.Sprintf("update %s t set %s from (select * from %s join tdlake_agreed using (%s)) s where %s and (%s)",
		u.target, strings.Join(set, ", "), u.rows, quoted("", s.KeyNames()), strings.Join(same, " and "), differs(s)))
}

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
	sql := fmt.Sprintf("select %s from %s s join %s t using (%s) where %s order by %[4]s limit 1",
		strings.Join(list, ", "), u.rows, u.target, quoted("", s.KeyNames()), differs(s))
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

// differs is a condition: rows s and t differ in a column.
func differs(s frame.Schema) string {
	parts := []string{"false"}
	for _, f := range s.Fields[s.Key:] {
		parts = append(parts, differ(f))
	}
	return strings.Join(parts, " or ")
}
