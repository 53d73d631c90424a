package postgres

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
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

// everyType is a frame with values of every type, missing ones and the numbers that are easily lost.
func everyType() *frame.Frame {
	s := frame.Long("value")
	s.Fields = append(s.Fields, frame.Field{Name: "n", Type: frame.Int64}, frame.Field{Name: "yes", Type: frame.Bool},
		frame.Field{Name: "words", Type: frame.String}, frame.Field{Name: "seen at", Type: frame.Timestamp}, frame.Field{Name: "Day", Type: frame.Date})
	b := frame.NewBuilder(s)
	floats := []float64{0, math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1 + 0.2, math.NaN()}
	for i, f := range floats {
		b.Time(0, int64(i-3)*1e15+1)
		b.String(1, []string{"", "é", `a"b\c`, "tab\tand\nline", "日本", "Z"}[i])
		b.Float(2, f)
		if i == 5 {
			for c := 3; c < 8; c++ {
				b.Missing(c)
			}
			continue
		}
		b.Int(3, math.MinInt64+int64(i))
		b.Bool(4, i%2 == 0)
		b.String(5, fmt.Sprint("text ", i))
		b.Time(6, -62e15+int64(i))
		b.Date(7, int32(i-100_000))
	}
	return b.Frame()
}

func TestWrittenRowsAreReadBack(t *testing.T) {
	for _, shared := range []bool{false, true} {
		url := pgtest.Linguistic(t)
		ctx := context.Background()
		tables := open(t, url).Tables()
		defer tables.Close()
		f := everyType()
		p := database.Process{ID: "kind_1", Table: "kind_1", Name: "some node", Kind: "sql", Version: 1, Spec: []byte("{}"), Shared: shared, Inputs: []string{}, Key: f.Schema().KeyNames()}
		if err := tables.Register(ctx, []database.Process{p}); err != nil {
			t.Fatal(err)
		}
		claim, err := tables.Claim(ctx, 1, []string{p.ID}, time.Minute, false)
		if err != nil {
			t.Fatal(err)
		}
		b := &database.Batch{Process: p, Claim: *claim, From: math.MinInt64, To: math.MaxInt64, Rows: f, Now: database.Progress{From: math.MinInt64, To: math.MaxInt64}, State: "updated"}
		for range 2 { // the second time over the first
			if err := tables.Write(ctx, b); err != nil {
				t.Fatal(err)
			}
			known, err := tables.Progress(ctx, []string{p.ID})
			if err != nil {
				t.Fatal(err)
			}
			had := known[p.ID]
			if had.From != math.MinInt64 || had.To != math.MaxInt64 || had.Rows != int64(f.Rows()) || !had.Schema.Equal(f.Schema()) {
				t.Errorf("%+v", had)
			}
			b.Had = &had
			source, err := tables.Source(ctx, p, had.Schema)
			if err != nil {
				t.Fatal(err)
			}
			v, err := open(t, url).Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for got, err := range v.Rows(ctx, source, math.MinInt64, math.MaxInt64) {
				if err != nil {
					t.Fatal(err)
				}
				if got.Digest() != f.Digest() {
					t.Errorf("shared %v: %v", shared, got.Record())
				}
			}
			v.Close() // what it reads cannot be dropped
		}
		if err := tables.SetView(ctx, "some node", []database.ViewPart{{ID: p.ID, Settings: []database.ViewSetting{{Name: "window", Value: int64(3)}, {Name: "n", Value: "hidden"}}}}); err != nil {
			t.Fatal(err)
		}
		if n := pgtest.Query(t, url, `select count(*), max("window") from tdlake_views."some node"`)[0]; n[1] != "3" {
			t.Errorf("%v", n)
		}
		all, err := tables.List(ctx)
		if err != nil || len(all) != 1 || all[0].Rows != int64(f.Rows()) {
			t.Errorf("%+v, %v", all, err)
		}
		if err := tables.Drop(ctx, p.Table); !database.IsKind(err, database.Refused) {
			t.Errorf("a table that is held: %v", err)
		}
		if err := tables.Release(ctx, *claim); err != nil {
			t.Fatal(err)
		}
		if err := tables.Drop(ctx, p.Table); err != nil {
			t.Error(err)
		}
	}
}
