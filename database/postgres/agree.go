package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
)

// keepInMind notes the rows under a condition that the process and others have both written. They agreed about them: when the
// process computes such a row again, with another result, then since what both read has changed.
func (w *writer) keepInMind(ctx context.Context, where string) error {
	_, err := w.tx.Exec(ctx, fmt.Sprintf("create temp table tdlake_agreed on commit drop as select %s from %s where %s and %s @> array[%d] and cardinality(%[4]s) > 1",
		join(identifiers(w.Rows.Schema().KeyNames())), w.target, where, processes, w.process))
	w.agreed = err == nil
	return err
}

// replace gives the rows that were agreed about their new values, for the other processes too: they come to the same when they
// read what has changed.
func (w *writer) replace(ctx context.Context) error {
	s := w.Rows.Schema()
	if !w.agreed || len(s.Fields) == s.Key {
		return nil
	}
	var set, same []string
	for i, name := range identifiers(s.Names()) {
		if i < s.Key {
			same = append(same, "t."+name+" = s."+name)
		} else {
			set = append(set, name+" = s."+name)
		}
	}
	_, err := w.tx.Exec(ctx, fmt.Sprintf("update %s t set %s from tdlake_staging s join tdlake_agreed using (%s) where %s and (%s)",
		w.target, join(set), join(identifiers(s.KeyNames())), strings.Join(same, " and "), differs(s)))
	return err
}

// agree refuses staged rows whose key another process has written with other values.
func (w *writer) agree(ctx context.Context) error {
	s := w.Rows.Schema()
	var texts []string
	for i, f := range s.Fields {
		name := identifier(f.Name)
		texts = append(texts, "coalesce(s."+name+"::text, 'missing')")
		if i >= s.Key {
			texts = append(texts, "coalesce(t."+name+"::text, 'missing')", "("+bits("s", f)+" is distinct from "+bits("t", f)+")::text")
		}
	}
	key := join(identifiers(s.KeyNames()))
	sql := fmt.Sprintf(`select array[%s], coalesce((select local_hash_id from tdlake.nodes where process = t.%s[1]), '?')
from tdlake_staging s join %s t using (%s) where %s order by %[4]s limit 1`, join(texts), processes, w.target, key, differs(s))
	var found []string
	var first string
	err := w.tx.QueryRow(ctx, sql).Scan(&found, &first)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return database.Disagreement(w.Process, s, first, found)
}
