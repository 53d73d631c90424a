package lake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
	"pgregory.net/rapid"
)

// row is a row of the tests' table.
type row struct {
	day   int // since 2021-06-01
	id    string
	close float64
	size  int64 // 0: missing
}

type rows []row

func (all rows) frame() *frame.Frame {
	slices.SortFunc(all, func(a, b row) int {
		if a.day != b.day {
			return a.day - b.day
		}
		return strings.Compare(a.id, b.id)
	})
	b := frame.NewBuilder(frame.Schema{Key: 2, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: frame.UniqueIdentifier, Type: frame.String},
		{Name: "close", Type: frame.Float64}, {Name: "size", Type: frame.Int64},
	}})
	for _, r := range all {
		b.Time(0, us("2021-06-01")+int64(r.day)*24*hour+5*hour)
		b.String(1, r.id)
		b.Float(2, r.close)
		if r.size == 0 {
			b.Missing(3)
		} else {
			b.Int(3, r.size)
		}
	}
	return b.Frame()
}

// wants is what a config asks of the table.
type wants struct {
	start, end string
	window     int
	nodes      string // of the DAG, the table's name being prices
}

const (
	justPrices = "  prices: {kind: table, table: prices, columns: [close]}\n"
	withSizes  = justPrices + "  sizes: {kind: table, table: prices, columns: [size]}\n  both: {kind: sql, lookback: 0, inputs: {mean: mean, sizes: sizes}, query: 'select * from mean join sizes using (time_index, unique_identifier)'}\n"
	twoOfThem  = "  prices: {kind: table, table: prices, columns: [close], identifiers: [A, B]}\n"
)

// of asks for it.
func (k wants) of(t rapid.TB, dir string) request {
	target := "mean"
	if strings.Contains(k.nodes, " both:") {
		target = "both"
	}
	text := fmt.Sprintf("datalake_name: test\ndatalake_start: %s\ndatalake_end: %s\ndatabase: files:data\nnodes:\n%s  mean: {kind: rolling, input: prices, column: close, function: mean, in_window: %d}\ntarget: %s\n",
		k.start, k.end, k.nodes, k.window, target)
	c, err := config.Parse("tdlake.yaml", []byte(text), nil)
	var q request
	if err == nil {
		var p *graph.Pipeline
		if p, err = graph.New(c); err == nil {
			if q.targets, err = p.Nodes(target, p.Defaults()); err == nil {
				q.nodes, err = p.FromDB(q.targets)
			}
		}
	}
	if err == nil {
		q.d, err = lake.Open(dir, "test", c.Start, c.End)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	lake.InjectFaults(q.d, func(string, string) error { return nil })
	return q
}

func (q request) take(db *laketest.Database, refresh bool) error {
	plan := q.d.PlanSnapshot
	if refresh {
		plan = q.d.PlanRefresh
	}
	p, err := plan(context.Background(), db, q.nodes, q.targets, nil)
	if err != nil {
		return err
	}
	defer p.Close()
	_, err = p.Run(context.Background(), nil)
	return err
}

// differs says where what is stored is not what the table has.
func (q request) differs(t rapid.TB, db *laketest.Database) string {
	v, err := db.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for _, n := range q.nodes {
		m, err := q.d.Manifest(n.ID())
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range m.Covered {
			stored, err := q.d.Rows(context.Background(), n.ID(), span.Start, span.End)
			if err != nil {
				t.Fatal(err)
			}
			now := frame.Empty(stored.Schema())
			for f, err := range v.Rows(context.Background(), n.Source(), span.Start, span.End) {
				if err == nil {
					now, err = frame.Concat(now, f)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if stored.Digest() != now.Digest() {
				return fmt.Sprintf("%s %s: %d rows are stored, the table has %d", n.Name, span, stored.Rows(), now.Rows())
			}
		}
	}
	return ""
}

// history draws a table: identifiers that begin late or end early, and have holes.
func history(t *rapid.T) rows {
	var all rows
	for i, id := range []string{"A", "B", "C", "D"} {
		from, to := 0, 700
		if i > 0 {
			from, to = rapid.IntRange(0, 500).Draw(t, "from"), rapid.IntRange(300, 700).Draw(t, "to")
		}
		hole := rapid.IntRange(5, 40).Draw(t, "hole")
		for day := from; day < to; day++ {
			if day%hole == hole-1 {
				continue
			}
			all = append(all, row{day, id, 100 + float64((day*31+i*17)%97), int64((day*7 + i) % 5)})
		}
	}
	return all
}

// restate draws what a vendor does to a history between two snapshots: up to some day or from one on, as vendors do. A change in the midst of what
// is stored, of neither end of an identifier, is found by chance alone.
func restate(t *rapid.T, all rows) (now rows, what string) {
	now = slices.Clone(all)
	day := rapid.IntRange(0, 700).Draw(t, "day")
	id := rapid.SampledFrom([]string{"A", "B", "C", "D", "*"}).Draw(t, "id")
	of := func(r row) bool { return id == "*" || r.id == id }
	change := func(which func(row) bool, how func(*row)) {
		for i := range now {
			if of(now[i]) && which(now[i]) {
				how(&now[i])
			}
		}
	}
	what = rapid.SampledFrom([]string{"nothing", "split", "rebased", "all", "sizes", "more", "gone", "new name", "negative"}).Draw(t, "what")
	switch what {
	case "split":
		change(func(r row) bool { return r.day < day }, func(r *row) { r.close /= 10 })
	case "rebased":
		change(func(r row) bool { return r.day >= day }, func(r *row) { r.close *= 1.5 })
	case "all":
		change(func(row) bool { return true }, func(r *row) { r.close += 1e-13 * r.close })
	case "sizes":
		change(func(r row) bool { return r.day < day }, func(r *row) { r.size += 5 })
	case "more":
		now = append(now, row{700, "A", 1, 1}, row{701, "D", 1, 1})
	case "gone":
		now = slices.DeleteFunc(now, of)
	case "new name":
		for d := day; d < 700; d++ {
			now = append(now, row{d, "E", 7, 7})
		}
	case "negative":
		change(func(r row) bool { return r.day == 699 }, func(r *row) { r.close = -r.close })
	}
	return now, what
}

// TestTwoVintagesNeverMeet: whatever is adjusted anew between two snapshots, and whatever is asked for then, either it is refused and nothing is
// changed, or all that is stored is what the table has.
func TestTwoVintagesNeverMeet(t *testing.T) {
	first := wants{"2022-03-15", "2023-01-10", 20, justPrices}
	then := map[string]wants{
		"a later end":         {"2022-03-15", "2023-03-15", 20, justPrices},
		"an earlier start":    {"2021-12-15", "2023-01-10", 20, justPrices},
		"another range":       {"2022-05-15", "2023-03-15", 20, justPrices},
		"a range within":      {"2022-05-15", "2022-12-10", 20, justPrices},
		"a wider window":      {"2022-03-15", "2023-01-10", 150, justPrices},
		"all history":         {"2022-03-15", "2023-01-10", 3000, justPrices},
		"a node more":         {"2022-03-15", "2023-01-10", 20, withSizes},
		"other identifiers":   {"2022-03-15", "2023-01-10", 20, twoOfThem},
		"a node more, longer": {"2022-03-15", "2023-03-15", 90, withSizes},
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for k := range then {
			if !yield(k) {
				return
			}
		}
	})
	seen := map[string]int{}
	dirs := 0
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dirs++
		dir := fmt.Sprintf("%s/%d", root, dirs)
		db := laketest.New("memory:market")
		was := history(rt)
		db.Put("prices", was.frame())
		if err := first.of(rt, dir).take(db, false); err != nil {
			rt.Fatal(err)
		}
		now, what := restate(rt, was)
		db.Put("prices", now.frame())
		name := rapid.SampledFrom(names).Draw(rt, "then")
		q := then[name].of(rt, dir)
		before := contents(t, q.d.Dir())
		err := q.take(db, false)
		var vintage *lake.VintageError
		switch {
		case err == nil:
			seen["taken"]++
			if d := q.differs(rt, db); d != "" && name != "a range within" { // parts of one sibling: a snapshot of then is as good as one of now
				rt.Fatalf("%s, then %s: %s", what, name, d)
			}
			return
		case !errors.As(err, &vintage):
			if strings.Contains(err.Error(), "has no rows") {
				rt.Skip("nothing is left")
			}
			rt.Fatal(err)
		case what == "nothing":
			rt.Fatalf("%s, and nothing has changed: %v", name, err)
		}
		seen["refused"]++
		expectSame(t, contents(t, q.d.Dir()), before)
		if err := q.take(db, true); err != nil && strings.Contains(err.Error(), "has no rows") {
			return // everything is gone
		} else if err != nil {
			rt.Fatalf("what the hint says fails: %v", err)
		}
		if d := q.differs(rt, db); d != "" {
			rt.Fatalf("after a refresh: %s", d)
		}
	})
	if seen["taken"] == 0 || seen["refused"] == 0 {
		t.Errorf("the draws have come to %v", seen)
	}
}

// TestRowsThatCameLate: a day that had not come when a sibling was taken is no other vintage. It is fetched with the days after it.
func TestRowsThatCameLate(t *testing.T) {
	var all rows
	for day := range 700 {
		all = append(all, row{day, "A", float64(day), 1})
		if day < 300 {
			all = append(all, row{day, "B", float64(day), 1}) // ends before
		}
	}
	dir := t.TempDir()
	db := laketest.New("memory:market")
	first := wants{"2022-03-15", "2023-01-10", 20, justPrices}
	db.Put("prices", all.frame().Between(graph.Beginning, us("2023-01-07"))) // three days are late
	if err := first.of(t, dir).take(db, false); err != nil {
		t.Fatal(err)
	}
	db.Put("prices", all.frame())
	q := wants{"2022-03-15", "2023-01-11", 20, justPrices}.of(t, dir)
	if err := q.take(db, false); err != nil {
		t.Fatal(err)
	}
	if d := q.differs(t, db); d != "" {
		t.Error(d)
	}
	expectSound(t, q.d)
	var vintage *lake.VintageError // the first range says itself that it is complete
	wider := wants{"2022-03-15", "2023-01-10", 90, justPrices}.of(t, dir)
	if err := wider.take(db, false); !errors.As(err, &vintage) || !strings.Contains(err.Error(), "2023-01-07T05:00:00Z A: there was no such row") {
		t.Errorf("got %v", err)
	}
}
