package sweeps

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// queryFiles runs SQL over Parquet files as a reader without tdlake would.
func queryFiles(t *testing.T, dir, sql string) duck.Table {
	t.Helper()
	db, err := duck.Open(context.Background(), duck.Options{AllowedDirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(context.Background(), strings.ReplaceAll(sql, "DIR", dir), duck.AsText)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal("no rows: ", rows.Err())
	}
	return rows.Table()
}

func TestTargetRowsAreStored(t *testing.T) {
	w := newWorld(t)
	p := w.run(vary, &fake{}, Options{Jobs: 2, StoreTarget: true})
	want := 0
	for point := range p.Points() {
		want += fakePortfolio(p.Node(point)).Rows()
	}
	got := queryFiles(t, p.Dir, `select count(*), count(distinct (windows, alpha)), string_agg(column_name, ' ') filter (column_name is not null)
		from (select windows, alpha, null as column_name from 'DIR/target-*.parquet' union all by name select column_name from (describe from 'DIR/target-*.parquet'))`)
	counted := got.Columns[0].(*array.Int64).Value(0) - 7
	if int(counted) != want || got.Columns[2].ValueStr(0) != "windows alpha time_index return return_minus_fees portfolio turnover" {
		t.Errorf("%d rows of %d, columns %s", counted, want, got.Columns[2].ValueStr(0))
	}
	// A point's rows are its node's.
	row := queryFiles(t, p.Dir, `select last(portfolio) from 'DIR/target-*.parquet' where windows = 40 and alpha = 0.1`)
	at := -1
	for point := range p.Points() {
		if p.Space.Text(point) == "windows = 40, alpha = 0.1" {
			at = point
		}
	}
	f := fakePortfolio(p.Node(at))
	values, _ := f.Floats(columnPortfolio)
	if row.Columns[0].(*array.Float64).Value(0) != values[len(values)-1] {
		t.Error("the last value is another one")
	}
}

func TestTargetRowsDoNotDependOnHowASweepRan(t *testing.T) {
	reference := newWorld(t).run(wide, &fake{}, Options{StoreTarget: true}).folder(t)
	t.Run("jobs", func(t *testing.T) {
		sameFolder(t, newWorld(t).run(wide, &fake{}, Options{Jobs: 4, StoreTarget: true, blockPoints: 2, chunkPoints: 3}).folder(t), reference)
	})
	t.Run("widened", func(t *testing.T) {
		w := newWorld(t)
		w.run(vary, &fake{}, Options{StoreTarget: true})
		sameFolder(t, w.run(wide, &fake{}, Options{StoreTarget: true}).folder(t), reference)
	})
	t.Run("asked for later", func(t *testing.T) {
		w, e := newWorld(t), &fake{}
		w.run(wide, e, Options{})
		sameFolder(t, w.run(wide, e, Options{StoreTarget: true, Jobs: 2}).folder(t), reference)
		evals := e.evals
		sameFolder(t, w.run(wide, e, Options{StoreTarget: true}).folder(t), reference)
		sameFolder(t, w.run(wide, e, Options{}).folder(t), reference)
		if e.evals != evals {
			t.Error("what was stored was evaluated again")
		}
	})
	t.Run("resumed", func(t *testing.T) {
		w := newWorld(t)
		ctx, cancel := context.WithCancel(context.Background())
		e := &fake{before: func(n int) {
			if n == 15 {
				cancel()
			}
		}}
		if _, err := Run(ctx, w.plan(wide), e, Options{StoreTarget: true, Jobs: 2, blockPoints: 1, chunkPoints: 2}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		sameFolder(t, w.run(wide, &fake{}, Options{StoreTarget: true}).folder(t), reference)
	})
	t.Run("narrowed and widened", func(t *testing.T) {
		w := newWorld(t)
		w.run(wide, &fake{}, Options{StoreTarget: true})
		w.run(vary, &fake{}, Options{StoreTarget: true})
		sameFolder(t, w.run(wide, &fake{}, Options{StoreTarget: true}).folder(t), reference)
	})
}

func TestTargetRowsOfPointsWithoutAny(t *testing.T) {
	p := newWorld(t).plan(vary)
	e := &fake{fails: func(n *graph.Node) error {
		if fakePortfolio(n).Rows() == 60 {
			return errBroken
		}
		return nil
	}}
	_, err := Run(context.Background(), p, e, Options{StoreTarget: true})
	var partial *PartialError
	if !errors.As(err, &partial) {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(p.Dir, targetPrefix+"*"))
	if len(files) != 1 {
		t.Errorf("files: %v", files)
	}
}

func TestParametersMayNotShadowTheTarget(t *testing.T) {
	text := strings.NewReplacer("  flag: false", "  turnover: false", "${flag}", "${turnover}").Replace(configHead)
	c, err := config.Parse("x.yaml", []byte(text+"\nsweep: {vary: {turnover: [true, false]}}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, err := graph.New(c)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(context.Background(), Request{Config: c, Pipeline: pipeline, Lake: openLake(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), p, &fake{}, Options{StoreTarget: true})
	if !strings.Contains(fmt.Sprint(err), "the parameter turnover has the name of a column of the target") {
		t.Errorf("the run ended with %v", err)
	}
}
