package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
)

// SetView makes the readable view of a node's name in tdlake_views: all of its elements that have a table, with their
// settings as first columns, from datalake_start on. A view that is as it should be is left alone.
func (t *Tables) SetView(ctx context.Context, name string, parts []database.ViewPart) error {
	return t.transaction(ctx, "view tdlake_views."+name, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock+1)); err != nil {
			return err
		}
		var selects []string
		for _, p := range parts {
			s, err := viewSelect(ctx, tx, p)
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
		view := "tdlake_views." + identifier(viewName(name))
		text := strings.Join(selects, "\nunion all ")
		mark := database.ViewMark(name, text)
		var there bool
		if err := tx.QueryRow(ctx, "select coalesce(obj_description(to_regclass($1), 'pg_class') = $2, false)", view, mark).Scan(&there); err != nil || there {
			return err
		}
		if err := replaceView(ctx, tx, view, text); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "comment on view "+view+" is "+literal(mark))
		return err
	})
}

// viewName is the name of a node's view, or of a setting's column there. PostgreSQL cuts names to 63 bytes: of longer ones it
// would make one, and so they end with digits of a digest.
func viewName(name string) string {
	const most = 63
	if len(name) <= most {
		return name
	}
	digest := fmt.Sprintf("_%x", sha256.Sum256([]byte(name)))[:9]
	return strings.ToValidUTF8(name[:most-len(digest)], "") + digest
}

// replaceView keeps the view where its columns stay the same, so that what others have built on it goes on.
func replaceView(ctx context.Context, tx pgx.Tx, view, text string) error {
	inner, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	_, err = inner.Exec(ctx, "create or replace view "+view+" as "+text)
	var said *pgconn.PgError
	const otherColumns = "42P16"
	if err == nil || !errors.As(err, &said) || said.Code != otherColumns {
		return errors.Join(err, inner.Commit(ctx))
	}
	if err := inner.Rollback(ctx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "drop view "+view); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "create view "+view+" as "+text)
	return err
}

// viewSelect reads one element, "" where it has no table yet.
func viewSelect(ctx context.Context, tx pgx.Tx, p database.ViewPart) (string, error) {
	var table string
	var columns []byte
	var process int
	var shared bool
	var start time.Time
	err := tx.QueryRow(ctx, "select table_name, columns, process, shared, datalake_start from tdlake.nodes where local_hash_id = $1 and columns is not null", p.ID).
		Scan(&table, &columns, &process, &shared, &start)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var s frame.Schema
	if err := json.Unmarshal(columns, &s); err != nil {
		return "", err
	}
	var list []string
	for _, setting := range p.Shown(s) {
		list = append(list, constant(setting.Value)+" as "+identifier(viewName(setting.Name)))
	}
	list = append(list, identifiers(s.Names())...)
	where := "time_index >= " + instant(start.UnixMicro())
	if shared {
		where += fmt.Sprintf(" and %s @> array[%d]", processes, process)
	}
	return fmt.Sprintf("select %s from %s where %s", join(list), ownTable(table), where), nil
}

// constant writes a setting's value in SQL; a list is text.
func constant(v any) string {
	switch x := v.(type) {
	case int64:
		return "'" + strconv.FormatInt(x, 10) + "'::bigint" // else the sign is put before the cast, which refuses the least
	case float64:
		return "'" + strconv.FormatFloat(x, 'g', -1, 64) + "'::float8"
	case bool:
		return strconv.FormatBool(x)
	case string:
		return literal(x) + "::text"
	}
	text, _ := json.Marshal(v) // a list of the above
	return literal(string(text)) + "::text"
}
