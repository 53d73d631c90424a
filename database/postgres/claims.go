package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
)

// Claim takes the first of some processes that nobody holds, for the length of a lease, by the database's clock. It returns
// nil where all are held, or have failed and are not to be tried again yet.
func (t *Tables) Claim(ctx context.Context, holder int64, ids []string, lease time.Duration, force bool) (*database.Claim, error) {
	var c database.Claim
	err := t.connected(ctx, "tdlake.claims", func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `with free as (
	select local_hash_id from tdlake.claims
	where local_hash_id = any($1) and (holder is null or expires < clock_timestamp()) and (retry is null or retry < clock_timestamp() or $4)
	order by array_position($1, local_hash_id::text) limit 1 for update skip locked)
update tdlake.claims c set token = token + 1, holder = $2, expires = clock_timestamp() + $3 * interval '1 microsecond'
from free where c.local_hash_id = free.local_hash_id returning c.local_hash_id, c.token`,
			ids, holder, lease.Microseconds(), force).Scan(&c.ID, &c.Token)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &c, nil
}

// Release gives a claim back, where it is still held. It wakes nobody: what was written has done so, and where nothing was,
// there is nothing new to look at.
func (t *Tables) Release(ctx context.Context, c database.Claim) error {
	return t.connected(ctx, "tdlake.claims", func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "update tdlake.claims set holder = null, expires = null where local_hash_id = $1 and token = $2", c.ID, c.Token)
		return err
	})
}

// Heartbeat renews those of a holder's claims that it names, and says which it still holds and whether it has been told to
// stop. A claim that it does not know of, since the connection was lost when it was made, comes to its end. One that a write
// fences is left alone, or the others would end while this one's row is waited for: nobody can claim it meanwhile.
func (t *Tables) Heartbeat(ctx context.Context, holder int64, claims []database.Claim, lease time.Duration) (held []database.Claim, stop bool, err error) {
	ids, tokens := make([]string, len(claims)), make([]int64, len(claims))
	for i, c := range claims {
		ids[i], tokens[i] = c.ID, c.Token
	}
	const mine = `tdlake.claims c join unnest($2::text[], $3::bigint[]) m(id, token)
on c.holder = $1 and c.local_hash_id = m.id and c.token = m.token`
	err = t.transaction(ctx, "tdlake.claims", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "with free as (select c.local_hash_id from "+mine+` for update of c skip locked)
update tdlake.claims c set expires = clock_timestamp() + $4 * interval '1 microsecond' from free where c.local_hash_id = free.local_hash_id`,
			holder, ids, tokens, lease.Microseconds()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select c.local_hash_id, c.token from "+mine, holder, ids, tokens)
		if err != nil {
			return err
		}
		if held, err = pgx.CollectRows(rows, pgx.RowToStructByPos[database.Claim]); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "update tdlake.schedulers set heartbeat = clock_timestamp() where scheduler = $1 returning stop or ended is not null", holder).Scan(&stop)
	})
	return held, stop, err
}

// BeginScheduler records a scheduler and returns its number, which holds claims.
func (t *Tables) BeginScheduler(ctx context.Context, s database.Scheduler) (id int64, err error) {
	resources := s.Resources
	if resources == nil {
		resources = map[string]int64{}
	}
	err = t.connected(ctx, "tdlake.schedulers", func(c *pgx.Conn) error {
		// Those that were killed have not said so; nobody wants to see them for ever.
		if _, err := c.Exec(ctx, "update tdlake.schedulers set ended = clock_timestamp() where ended is null and heartbeat < clock_timestamp() - interval '1 day'"); err != nil {
			return err
		}
		return c.QueryRow(ctx, "insert into tdlake.schedulers (name, host, pid, environment, resources) values ($1, $2, $3, nullif($4, ''), $5) returning scheduler",
			s.Name, s.Host, s.PID, s.Environment, resources).Scan(&id)
	})
	return id, err
}

// EndScheduler records that a scheduler has ended, and gives back what it holds.
func (t *Tables) EndScheduler(ctx context.Context, id int64) error {
	return t.transaction(ctx, "tdlake.schedulers", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "update tdlake.claims set holder = null, expires = null where holder = $1", id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "update tdlake.schedulers set ended = clock_timestamp() where scheduler = $1", id)
		return err
	})
}

// StopSchedulers tells the schedulers of a name to stop, and returns how many that are.
func (t *Tables) StopSchedulers(ctx context.Context, name string) (n int64, err error) {
	err = t.connected(ctx, "tdlake.schedulers", func(c *pgx.Conn) error {
		tag, err := c.Exec(ctx, "update tdlake.schedulers set stop = true where name = $1 and ended is null", name)
		if err != nil {
			return err
		}
		n = tag.RowsAffected()
		_, err = c.Exec(ctx, "select pg_notify('tdlake', '')")
		return err
	})
	return n, err
}

// Schedulers lists the schedulers that have not ended, the dead among them, whose heartbeat is old, and what each holds.
func (t *Tables) Schedulers(ctx context.Context) (all []database.Scheduler, err error) {
	err = t.connected(ctx, "tdlake.schedulers", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, `select s.scheduler, s.name, s.host, s.pid, coalesce(s.environment, ''), s.resources,
	(extract(epoch from clock_timestamp() - s.heartbeat) * 1000000)::bigint,
	array(select n.name || ' ' || c.local_hash_id from tdlake.claims c join tdlake.nodes n using (local_hash_id) where c.holder = s.scheduler order by 1),
	array(select coalesce(n.name || ' ', '') || a.local_hash_id from tdlake.assignments a left join tdlake.nodes n using (local_hash_id) where a.scheduler = s.name order by 1)
from tdlake.schedulers s where s.ended is null order by s.scheduler`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[database.Scheduler])
		return err
	})
	return all, err
}

// Assign gives processes to a scheduler by name; with delink, those that it had are anybody's first.
func (t *Tables) Assign(ctx context.Context, scheduler string, ids []string, delink bool) error {
	return t.transaction(ctx, "tdlake.assignments", func(tx pgx.Tx) error {
		if delink {
			if _, err := tx.Exec(ctx, "delete from tdlake.assignments where scheduler = $1", scheduler); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `insert into tdlake.assignments (local_hash_id, scheduler) select unnest($1::text[]), $2
on conflict (local_hash_id) do update set scheduler = excluded.scheduler`, ids, scheduler)
		if err == nil {
			_, err = tx.Exec(ctx, "select pg_notify('tdlake', '')")
		}
		return err
	})
}

// Assignments returns the schedulers that processes were given to.
func (t *Tables) Assignments(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	err := t.connected(ctx, "tdlake.assignments", func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, "select local_hash_id, scheduler from tdlake.assignments")
		if err != nil {
			return err
		}
		var id, name string
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
			out[id] = name
			return nil
		})
		return err
	})
	return out, err
}
