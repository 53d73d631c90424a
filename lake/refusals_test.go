package lake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

func TestEmptyTables(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"2020-06-01", "2020-06-01", "node prices: prices has no rows from 2022-03-15 to 2023-03-15, nor any others"},
		{"2020-06-01", "2021-06-01", "node prices: prices has no rows from 2022-03-15 to 2023-03-15; the last one is at 2021-05-31T05:00:00Z"},
		{"2023-06-01", "2023-07-01", "node prices: prices has no rows from 2022-03-15 to 2023-03-15; the first one is at 2023-06-01T05:00:00Z"},
	} {
		w := newWorld(t)
		w.db.Put("prices", prices(c.from, c.to, 0))
		q := w.usual()
		_, err := w.try(q)
		var empty *lake.EmptyError
		if !errors.As(err, &empty) || err.Error() != c.want || empty.Hint() == "" {
			t.Errorf("got the error %v, want %s", err, c.want)
		}
		if left := contents(t, q.d.Dir()); len(left) != 0 {
			t.Errorf("it left %v", names(left))
		}
	}
	w := newWorld(t)
	w.db.Put("members", members("2020-06-01", "2020-06-01"))
	if _, err := w.try(w.usual()); err == nil || err.Error() != "node members: members has no rows before 2023-03-15, nor any others" {
		t.Errorf("got the error %v", err)
	}
}

func TestRefusedRowsLeaveNothing(t *testing.T) {
	good := prices("2020-06-01", "2023-12-31", 0)
	order := make([]int, 0, good.Rows()+1)
	for i := range good.Rows() {
		order = append(order, i)
	}
	at := 2300 // in 2022
	for name, c := range map[string]struct {
		rows []int
		want string
	}{
		"a duplicate":     {slices.Insert(slices.Clone(order), at, at), "two rows have the key time_index = 2022-"},
		"a row too early": {slices.Insert(slices.Clone(order), at, at+20), "comes after"},
	} {
		for _, batch := range []int{1, 7, 100_000} {
			w := newWorld(t)
			w.db.Batch = func(int) int { return batch }
			w.db.Put("prices", good.Take(c.rows))
			q := w.usual()
			_, err := w.try(q)
			var data *lake.DataError
			if !errors.As(err, &data) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "node prices: ") {
				t.Errorf("%s in batches of %d: got the error %v", name, batch, err)
			}
			if left := contents(t, q.d.Dir()); len(left) != 0 {
				t.Errorf("%s: it left %v", name, names(left))
			}
		}
	}
}

func TestDatabaseThatDies(t *testing.T) {
	w := newWorld(t)
	died := errors.New("connection reset")
	for _, c := range []laketest.Call{
		{Method: "Begin"}, {Method: "Schema", Table: "prices"}, {Method: "Back", Table: "prices"}, {Method: "Rows", Table: "prices"},
		{Method: "Rows", Table: "prices", Rows: 1000}, {Method: "Schema", Table: "members"}, {Method: "Rows", Table: "members"}, {Method: "Before", Table: "members"},
	} {
		w.db.Fail = func(now laketest.Call) error {
			if now == c {
				return died
			}
			return nil
		}
		q := w.usual()
		if _, err := w.try(q); !errors.Is(err, died) {
			t.Errorf("%+v: got the error %v", c, err)
		}
		if n := w.db.Open(); n != 0 {
			t.Errorf("%+v: %d views are open", c, n)
		}
		expectSound(t, q.d)
		_, err := q.d.Manifest(q.byName["members"])
		if !errors.Is(err, lake.ErrNotStored) {
			t.Errorf("%+v: members: %v", c, err)
		}
		if c.Table == "members" && c.Method != "Schema" {
			manifest(t, q, "prices") // finished before, so it is kept
		}
	}
	w.db.Fail = nil
	other := newWorld(t)
	w.snapshot(w.usual())
	other.snapshot(other.usual())
	expectSame(t, contents(t, w.dir), contents(t, other.dir))
}

func TestCancelledSnapshot(t *testing.T) {
	w := newWorld(t)
	w.db.Batch = func(int) int { return 10 }
	q := w.usual()
	p := w.plan(q)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := p.Run(ctx, func(at lake.Progress) {
		if at.Rows > 300 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v", err)
	}
	if left := contents(t, q.d.Dir()); len(left) != 0 {
		t.Errorf("it left %v", names(left))
	}
	p.Close()
	w.snapshot(q)
	expectSound(t, q.d)
}

func TestAnotherDatabaseIsRefused(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.usual())
	w.db = laketest.New("memory:other")
	if p := w.plan(w.usual()); !p.Empty() || w.db.Begun() != 0 {
		t.Errorf("what is stored should do:\n%s", p)
	}
	_, err := w.try(w.request("2022-03-15", "2023-03-15", 60, "lasso"))
	var mismatch *lake.MismatchError
	if !errors.As(err, &mismatch) || mismatch.Stored != "memory:market" || mismatch.Asked != "memory:other" || w.db.Begun() != 0 {
		t.Errorf("got the error %v after %d views", err, w.db.Begun())
	}
}

func TestColumnsThatChangedAreRefused(t *testing.T) {
	w := newWorld(t)
	narrow := w.request("2022-03-15", "2023-03-15", 5, "smooth")
	w.snapshot(narrow)
	w.db.Put("prices", intPrices("2020-06-01", "2023-12-31"))
	_, err := w.try(w.usual())
	var data *lake.DataError
	var hint interface{ Hint() string }
	if !errors.As(err, &data) || !strings.Contains(err.Error(), "columns were") || !errors.As(err, &hint) || !strings.Contains(hint.Hint(), "--refresh") {
		t.Errorf("got the error %v", err)
	}
	expectSound(t, narrow.d)
}

func TestLostFilesAreFetchedAgain(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	want := contents(t, q.d.Dir())
	prices, membersID := q.d.NodeDir(q.byName["prices"]), q.byName["members"]
	for name, c := range map[string]struct {
		harm func() error
		says string
	}{
		"a part is gone": {func() error {
			return os.Remove(filepath.Join(prices, "time_partition=2023/20230101_20230315.parquet"))
		}, "1 part is gone or cut short; fetch 2023-01-01 to 2023-03-15\n"},
		"a part is cut short": {func() error {
			return os.Truncate(filepath.Join(prices, "time_partition=2022/20220209T050000Z_20230101.parquet"), 100)
		}, "1 part is gone or cut short; fetch 2022-02-09T05:00:00Z to 2023-01-01\n"},
		"all parts are gone": {func() error {
			return errors.Join(os.RemoveAll(filepath.Join(prices, "time_partition=2022")), os.RemoveAll(filepath.Join(prices, "time_partition=2023")))
		}, "2 parts are gone or cut short; fetch 2022-02-09T05:00:00Z to 2023-03-15\n"},
		"the manifest is no manifest": {func() error {
			return os.WriteFile(filepath.Join(prices, "_manifest.json"), []byte("no json"), 0o666)
		}, "its manifest is damaged; fetch 2022-02-09T05:00:00Z to 2023-03-15\n"},
		"the node is gone": {func() error { return os.RemoveAll(prices) }, "fetch 2022-02-09T05:00:00Z to 2023-03-15\n"},
		"as-of rows are gone": {func() error {
			return os.RemoveAll(filepath.Join(q.d.Dir(), "_before", membersID))
		}, "(" + membersID + ")  fetch the last rows before 2022-03-01\n"},
	} {
		if err := c.harm(); err != nil {
			t.Fatal(name, err)
		}
		if p := w.planned(q); !strings.Contains(p, c.says) {
			t.Errorf("%s: the plan is\n%s", name, p)
		}
		w.snapshot(q)
		expectSound(t, q.d)
		expectSame(t, contents(t, q.d.Dir()), want)
	}
}

func TestTwoSnapshotsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.db.Batch = func(int) int { return 10 }
	q, other := w.usual(), w.usual()
	waiting := w.plan(other)
	tried := false
	p := w.plan(q)
	if _, err := p.Run(context.Background(), func(lake.Progress) {
		if tried {
			return
		}
		tried = true
		var locked *lake.LockedError
		if _, err := w.try(other); !errors.As(err, &locked) || locked.PID != os.Getpid() {
			t.Errorf("the second got the error %v", err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	// A plan that was made before sees under the lock that there is nothing left to do.
	begun := w.db.Begun()
	r, err := waiting.Run(context.Background(), nil)
	if err != nil || r.Nodes[0].Fetched != 0 || w.db.Begun() != begun {
		t.Errorf("the plan from before: %+v, %v", r, err)
	}
	expectSound(t, q.d)
}

func TestBatchesDoNotShow(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.usual())
	want := contents(t, w.dir)
	rapid.Check(t, func(rt *rapid.T) {
		cut := newWorld(t)
		cut.db.Batch = func(left int) int { return rapid.IntRange(1, 1500).Draw(rt, "batch") }
		cut.snapshot(cut.usual())
		expectSame(t, contents(t, cut.dir), want)
	})
}

func TestPartitioningFollowsTheRows(t *testing.T) {
	count := int64(prices("2020-06-01", "2023-12-31", 0).Between(us("2022-02-09"), us("2023-01-01")).Rows())
	var months map[string]string
	for _, c := range []struct {
		perYear int64
		batch   int
		want    lake.Partitioning
	}{{count, 1000, lake.ByYear}, {count - 1, 1000, lake.ByMonth}, {count - 1, 7, lake.ByMonth}, {1, 1, lake.ByMonth}, {count, 1, lake.ByYear}} {
		w := newWorld(t)
		w.db.Batch = func(int) int { return c.batch }
		q := w.usual()
		lake.SetRowsAYear(q.d, c.perYear)
		w.snapshot(q)
		m := manifest(t, q, "prices")
		if m.Partitioning != c.want {
			t.Errorf("%d rows a year in batches of %d: by %s", c.perYear, c.batch, m.Partitioning)
		}
		expectSound(t, q.d)
		expectRows(t, q, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-03-15")
		if c.want == lake.ByYear {
			continue
		}
		got := contents(t, q.d.NodeDir(m.ID))
		if months == nil {
			months = got
		}
		expectSame(t, got, months)
	}
	if len(months) != 15 || months["time_partition=2022-02/20220209T050000Z_20220301.parquet"] == "" {
		t.Errorf("got %v", names(months))
	}
}

func TestAsOfWithoutRowsKeepsItsPartitioning(t *testing.T) {
	w := newWorld(t)
	w.db.Put("members", members("2020-01-01", "2021-01-01"))
	q := w.usual()
	w.snapshot(q)
	if by := manifest(t, q, "members").Partitioning; by != lake.ByYear {
		t.Errorf("by %s", by)
	}
}
