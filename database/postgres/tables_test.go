package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/internal/pgtest"
)

func TestMigrationsAtOnce(t *testing.T) {
	url := pgtest.Database(t)
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			tables := open(t, url).Tables()
			defer tables.Close()
			if _, err := tables.BeginRun(context.Background(), fmt.Sprint(i), "here", i); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	got := pgtest.Query(t, url, "select (select count(*) from tdlake.migrations), (select count(*) from tdlake.runs)")[0]
	if got[0] != fmt.Sprint(len(migrations)) || got[1] != "8" {
		t.Errorf("%s migrations, %s runs", got[0], got[1])
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	url := pgtest.Database(t)
	tables := open(t, url).Tables()
	defer tables.Close()
	ctx := context.Background()
	if _, err := tables.BeginRun(ctx, "", "", 0); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, "insert into tdlake.migrations (version) values (99)")
	other := open(t, url).Tables()
	defer other.Close()
	if _, err := other.BeginRun(ctx, "", "", 0); !database.IsKind(err, database.Refused) {
		t.Errorf("%v", err)
	}
}

// written are Tables as databasetest knows them.
type written struct{ *Tables }

func (w written) Begin(ctx context.Context) (databasetest.View, error) {
	v, err := w.Tables.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

func openTables(t *testing.T, url string) *Tables {
	tables := open(t, url).Tables()
	t.Cleanup(func() { tables.Close() })
	return tables
}

func TestTables(t *testing.T) {
	databasetest.RunTables(t, func(t *testing.T) databasetest.Tables { return written{openTables(t, pgtest.Linguistic(t))} })
}

func TestATableBeingWrittenIsNotDropped(t *testing.T) {
	ctx := context.Background()
	tables := openTables(t, pgtest.Database(t))
	p := database.Process{ID: "kind_1", Table: "kind_1", Spec: []byte("{}"), Inputs: []string{}}
	if err := tables.Register(ctx, []database.Process{p}); err != nil {
		t.Fatal(err)
	}
	if _, err := tables.Claim(ctx, 1, []string{p.ID}, time.Minute, false); err != nil {
		t.Fatal(err)
	}
	if err := tables.Drop(ctx, p.Table); !database.IsKind(err, database.Refused) {
		t.Errorf("a table that is held: %v", err)
	}
}
