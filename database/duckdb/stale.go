package duckdb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tdlake/tdlake/database"
)

// Marks returns what processes are stale by, by local_hash_id.
func (t *Tables) Marks(ctx context.Context, ids []string) (map[string][]database.Mark, error) {
	out := map[string][]database.Mark{}
	err := t.read(ctx, "select local_hash_id, mark, input, from_us, what from tdlake.stale where list_contains("+texts(ids)+", local_hash_id) order by local_hash_id, from_us, input", func(r row) error {
		out[r.text(0)] = append(out[r.text(0)], database.Mark{ID: r.integer(1), Input: r.text(2), From: r.integer(3), What: r.text(4)})
		return nil
	})
	return out, err
}

// Note adds marks to a claimed process, and removes some, where nothing is to be written.
func (t *Tables) Note(ctx context.Context, claim database.Claim, marks []database.Mark, mended []int64) error {
	return t.transaction(ctx, "tdlake.stale", func(w *writer) error {
		if !t.claims.mine(claim, func(*claimed) {}) {
			return &database.LostClaimError{ID: claim.ID}
		}
		return w.mark(ctx, claim.ID, marks, mended)
	})
}

func (w *writer) mark(ctx context.Context, id string, marks []database.Mark, mended []int64) error {
	if len(mended) > 0 {
		list := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(mended)), ", "), "[]")
		if err := w.Exec(ctx, fmt.Sprintf("delete from tdlake.stale where local_hash_id = %s and mark in (%s)", text(id), list)); err != nil {
			return err
		}
	}
	for _, m := range marks {
		if err := w.markWhere(ctx, "local_hash_id = "+text(id), m); err != nil {
			return err
		}
	}
	return nil
}

// rewrote marks all that read a process, and have rows.
func (w *writer) rewrote(ctx context.Context, id string, m *database.Mark) error {
	if m == nil {
		return nil
	}
	return w.markWhere(ctx, fmt.Sprintf("list_contains(inputs, %s) and from_us is not null", text(id)), *m)
}

func (w *writer) markWhere(ctx context.Context, where string, m database.Mark) error {
	from := integer(m.From)
	return w.Exec(ctx, fmt.Sprintf(`create or replace temp table tdlake_marked as select coalesce(max(mark), 0) as last from tdlake.stale;
delete from tdlake.stale where input = %[1]s and from_us = %[2]s and local_hash_id in (select local_hash_id from tdlake.nodes where %[4]s);
insert into tdlake.stale (mark, local_hash_id, input, from_us, what)
select (select last from tdlake_marked) + row_number() over (order by local_hash_id), local_hash_id, %[1]s, %[2]s, %[3]s from tdlake.nodes where %[4]s`,
		text(m.Input), from, text(m.What), where))
}

// Now is the clock of the machine, microseconds since the epoch.
func (t *Tables) Now(context.Context) (int64, error) { return time.Now().UnixMicro(), nil }
