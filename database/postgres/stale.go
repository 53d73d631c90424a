package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
)

// Marks returns what processes are stale by, by local_hash_id. A mark on rows that a process has not come to is none.
func (t *Tables) Marks(ctx context.Context, ids []string) (map[string][]database.Mark, error) {
	out := map[string][]database.Mark{}
	err := t.connected(ctx, "tdlake.stale", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `select s.local_hash_id, s.mark, s.input, s.from_us, s.what from tdlake.stale s join tdlake.nodes n using (local_hash_id)
where s.local_hash_id = any($1) order by s.local_hash_id, s.from_us, s.input`, ids)
		if err != nil {
			return err
		}
		var id string
		var m database.Mark
		_, err = pgx.ForEachRow(rows, []any{&id, &m.ID, &m.Input, &m.From, &m.What}, func() error {
			out[id] = append(out[id], m)
			return nil
		})
		return err
	})
	return out, err
}

// Note adds marks to a claimed process, and removes some, where nothing is to be written.
func (t *Tables) Note(ctx context.Context, claim database.Claim, marks []database.Mark, mended []int64) error {
	return t.transaction(ctx, "tdlake.stale", func(tx pgx.Tx) error {
		var token int64
		err := tx.QueryRow(ctx, "select token from tdlake.claims where local_hash_id = $1 for update", claim.ID).Scan(&token)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && token != claim.Token {
			return &database.LostClaimError{ID: claim.ID}
		}
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueMarks(batch, claim.ID, marks, mended)
		return tx.SendBatch(ctx, batch).Close()
	})
}

func queueMarks(batch *pgx.Batch, id string, marks []database.Mark, mended []int64) {
	if len(mended) > 0 {
		batch.Queue("delete from tdlake.stale where local_hash_id = $1 and mark = any($2)", id, mended)
	}
	for _, m := range marks {
		batch.Queue(`insert into tdlake.stale (local_hash_id, input, from_us, what) values ($1, $2, $3, $4)
on conflict (local_hash_id, input, from_us) do update set what = excluded.what`, id, m.Input, m.From, m.What)
	}
}

// queueRewrote marks all that read a process, and have rows. One that reads it at this moment, from before, keeps the mark: it removes
// those alone that it knew of when it began.
func queueRewrote(batch *pgx.Batch, id string, m *database.Mark) {
	if m != nil {
		batch.Queue(`insert into tdlake.stale (local_hash_id, input, from_us, what)
select local_hash_id, $1, $2, $3 from tdlake.nodes where $1 = any(inputs) and from_us is not null order by local_hash_id
on conflict (local_hash_id, input, from_us) do update set what = excluded.what, mark = default`, id, m.From, m.What)
	}
}

// Now is the database's clock, microseconds since the epoch.
func (t *Tables) Now(ctx context.Context) (now int64, err error) {
	err = t.connected(ctx, "the clock", func(c *pgx.Conn) error {
		return c.QueryRow(ctx, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint").Scan(&now)
	})
	return now, err
}
