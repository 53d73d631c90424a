package postgres

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/databasetest"
	"github.com/tdlake/tdlake/graph"
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

// oneWaits is true where a transaction waits for a lock.
const oneWaits = "select count(*) = 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

// TestADeadlockIsTriedAgain makes one: a transaction that locks b, then a, beside one that locks a, then b.
func TestADeadlockIsTriedAgain(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create table a (x int); create table b (x int)")
	tables := open(t, url).Tables()
	defer tables.Close()
	ctx := context.Background()
	other, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(ctx)
	theirs, err := other.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lock := func(tx pgx.Tx, table string) error {
		_, err := tx.Exec(ctx, "lock table "+table)
		return err
	}
	done := make(chan error, 1)
	tries := 0
	err = tables.transaction(ctx, "a test", func(tx pgx.Tx) error {
		tries++
		if tries > 1 { // theirs ended ours
			return nil
		}
		if err := lock(theirs, "b"); err != nil {
			return err
		}
		if err := lock(tx, "a"); err != nil {
			return err
		}
		// Whoever has waited for deadlock_timeout looks for a deadlock, and is ended: theirs waits longer.
		if _, err := theirs.Exec(ctx, "set local deadlock_timeout = '1min'"); err != nil {
			return err
		}
		go func() { done <- lock(theirs, "a") }()
		eventually(t, url, oneWaits) // ours looks once
		return lock(tx, "b")
	})
	if err != nil || tries != 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := theirs.Rollback(ctx); err != nil {
		t.Error(err)
	}
}

// TestARoleNamedLikeTheSchema reads a user's table that is called as one of ours: the tests' role is tdlake.
func TestARoleNamedLikeTheSchema(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, "create table nodes (time_index timestamptz, unique_identifier text, price float8, primary key (time_index, unique_identifier))")
	if role := pgtest.Query(t, url, "select current_user")[0][0]; role != ownSchema {
		t.Fatalf("the tests' role is %s", role)
	}
	tables := open(t, url).Tables()
	defer tables.Close()
	if _, err := tables.BeginRun(context.Background(), "", "", 0); err != nil {
		t.Fatal(err)
	}
	v, err := open(t, url).Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	schema, err := v.Schema(context.Background(), graph.Table{Name: "nodes", Key: []string{"time_index", "unique_identifier"}})
	if err != nil || len(schema.Fields) != 3 || schema.Fields[2].Name != "price" {
		t.Errorf("%v, %v", schema, err)
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
