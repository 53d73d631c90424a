package duck

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
)

func begin(t *testing.T, d *DB) *Tx {
	t.Helper()
	tx, err := d.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Close() })
	return tx
}

// theOne returns a query's one number.
func theOne(t *testing.T, s Session, sql string) float64 {
	t.Helper()
	f, _, err := s.QueryFrame(context.Background(), "select timestamptz 'epoch' as time_index, ("+sql+")::double as n", []string{"time_index"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Floats("n")
	if err != nil {
		t.Fatal(err)
	}
	return n[0]
}

func TestATransactionSeesOneState(t *testing.T) {
	ctx := context.Background()
	d := open(t, Options{File: filepath.Join(t.TempDir(), "x.duckdb")})
	if err := d.Exec(ctx, "create table t as select 1 as x"); err != nil {
		t.Fatal(err)
	}
	const count = "select count(*) from t"
	reads, writes := begin(t, d), begin(t, d)
	if n := theOne(t, reads, count); n != 1 {
		t.Fatal(n)
	}
	if err := writes.Exec(ctx, "insert into t values (2)"); err != nil {
		t.Fatal(err)
	}
	if n := theOne(t, writes, count); n != 2 {
		t.Errorf("a transaction sees %v rows of its own", n)
	}
	if n := theOne(t, d, count); n != 1 {
		t.Errorf("before the commit others see %v rows", n)
	}
	if err := writes.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if n := theOne(t, reads, count); n != 1 {
		t.Errorf("a transaction that began before sees %v rows", n)
	}
	if n := theOne(t, d, count); n != 2 {
		t.Errorf("after the commit others see %v rows", n)
	}
}

func TestATransactionThatIsClosedLeavesNothing(t *testing.T) {
	ctx := context.Background()
	d := open(t, Options{})
	tx := begin(t, d)
	if err := tx.Exec(ctx, "create table t as select 1 as x"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := tx.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Columns(ctx, "from t"); err == nil {
		t.Error("the table is there")
	}
	if err := tx.Exec(ctx, "select 1"); !errors.Is(err, errEnded) {
		t.Errorf("a statement after the end: %v", err)
	}
}

func TestRowsBeingReadKeepATransactionsOthersWaiting(t *testing.T) {
	ctx := context.Background()
	tx := begin(t, open(t, Options{}))
	rows, err := tx.Query(ctx, "from range(10)", Refuse)
	if err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if err := tx.Exec(brief, "select 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it did not wait: %v", err)
	}
	rows.Close()
	if err := tx.Exec(ctx, "select 1"); err != nil {
		t.Error(err)
	}
}

func TestLentRowsHaveNoName(t *testing.T) {
	d := open(t, Options{})
	b := frame.NewBuilder(frame.Long("v"))
	b.Time(0, 5)
	b.String(1, "a")
	b.Float(2, 7)
	from, back, err := d.Lend(TableOf(b.Frame()))
	if err != nil {
		t.Fatal(err)
	}
	if n := theOne(t, d, "select v from "+from); n != 7 {
		t.Error(n)
	}
	if n := theOne(t, d, "select count(*) from duckdb_views() where not internal"); n != 0 {
		t.Errorf("%v views are in the catalog", n)
	}
	back()
	if _, err := d.Query(context.Background(), "from "+from, Refuse); err == nil {
		t.Error("rows that were taken back can be read")
	}
}
