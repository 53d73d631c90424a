package lake_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

const market = `
datalake_name: test
datalake_start: %s
datalake_end: %s
database: files:data
nodes:
  prices: {kind: table, table: prices, columns: [close]}
  members: {kind: table, table: members, key: [time_index, etf, unique_identifier], columns: [weight]}
  filled: {kind: interpolate, input: prices, method: previous}
  returns: {kind: returns, input: prices}
  smooth: {kind: returns, input: filled}
  lasso:
    kind: lasso
    input: returns
    ticker_to_replicate: A
    universe: {node: members, where: "etf = 'X'"}
    in_window: %d
    lasso_alpha: 0.1
target: lasso
`

// world is a lake and a database.
type world struct {
	t   testing.TB
	dir string
	db  *laketest.Database
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, dir: t.TempDir(), db: laketest.New("memory:market")}
	w.db.Put("prices", prices("2020-06-01", "2023-12-31", 0))
	w.db.Put("members", members("2020-01-01", "2023-12-31"))
	return w
}

func us(date string) int64 {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

const hour = int64(3600 * 1e6)

// prices has a row a day at 05:00Z for A, B and C; B has holes.
func prices(from, to string, shift float64) *frame.Frame {
	b := frame.NewBuilder(frame.Long("close"))
	for t, day := us(from), 0; t < us(to); t, day = t+24*hour, day+1 {
		for i, id := range []string{"A", "B", "C"} {
			if id == "B" && day%11 == 3 {
				continue
			}
			b.Time(0, t+5*hour)
			b.String(1, id)
			b.Float(2, 100+float64((day*7+i*13)%29)+shift)
		}
	}
	return b.Frame()
}

// intPrices has a row a day, its column of another type.
func intPrices(from, to string) *frame.Frame {
	b := frame.NewBuilder(frame.Schema{Key: 2, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "close", Type: frame.Int64},
	}})
	for t := us(from); t < us(to); t += 24 * hour {
		b.Time(0, t+5*hour)
		b.String(1, "A")
		b.Int(2, 1)
	}
	return b.Frame()
}

// members has rows on the first of every third month.
func members(from, to string) *frame.Frame {
	b := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "etf", Type: frame.String},
		{Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "weight", Type: frame.Float64},
	}})
	for t := time.UnixMicro(us(from)).UTC(); t.UnixMicro() < us(to); t = t.AddDate(0, 3, 0) {
		for _, id := range []string{"B", "C"} {
			b.Time(0, t.UnixMicro())
			b.String(1, "X")
			b.String(2, id)
			b.Float(3, float64(t.Month()))
		}
	}
	return b.Frame()
}

// request is what a command wants of a lake.
type request struct {
	d       *lake.DateRange
	nodes   []*graph.Node
	targets []*graph.Node
	byName  map[string]string // local_hash_ids
}

func (w *world) request(start, end string, window int, target string) request {
	w.t.Helper()
	q, err := ask(w.dir, start, end, window, target)
	if err != nil {
		w.t.Fatal(err)
	}
	lake.InjectFaults(q.d, func(string, string) error { return nil })
	return q
}

func ask(dir, start, end string, window int, target string) (q request, err error) {
	c, err := config.Parse("tdlake.yaml", fmt.Appendf(nil, market, start, end, window), nil)
	if err != nil {
		return q, err
	}
	p, err := graph.New(c)
	if err != nil {
		return q, err
	}
	if q.targets, err = p.Nodes(target, p.Defaults()); err != nil {
		return q, err
	}
	if q.nodes, err = p.FromDB(q.targets); err != nil {
		return q, err
	}
	q.byName = map[string]string{}
	for _, name := range p.Names() {
		nodes, err := p.Nodes(name, p.Defaults())
		if err != nil {
			return q, err
		}
		q.byName[name] = nodes[0].ID()
	}
	q.d, err = lake.Open(dir, "test", c.Start, c.End)
	return q, err
}

// usual is the range and window that most tests take.
func (w *world) usual() request { return w.request("2022-03-15", "2023-03-15", 20, "lasso") }

func (w *world) plan(q request) *lake.SnapshotPlan {
	w.t.Helper()
	p, err := q.d.PlanSnapshot(context.Background(), w.db, q.nodes, q.targets, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { p.Close() })
	return p
}

// planned is what a plan says.
func (w *world) planned(q request) string {
	w.t.Helper()
	p := w.plan(q)
	if err := p.Close(); err != nil {
		w.t.Fatal(err)
	}
	return p.String()
}

// try plans and runs.
func (w *world) try(q request) (*lake.Report, error) {
	p, err := q.d.PlanSnapshot(context.Background(), w.db, q.nodes, q.targets, nil)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Run(context.Background(), nil)
}

func (w *world) snapshot(q request) *lake.Report {
	w.t.Helper()
	r, err := w.try(q)
	if err != nil {
		w.t.Fatal(err)
	}
	if n := w.db.Open(); n != 0 {
		w.t.Fatalf("%d views are still open", n)
	}
	return r
}

func manifest(t testing.TB, q request, name string) *lake.Manifest {
	t.Helper()
	m, err := q.d.Manifest(q.byName[name])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// contents returns the files below a folder by their paths, lock files aside.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "_lock" {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return out
}

func names(files map[string]string) []string { return slices.Sorted(maps.Keys(files)) }

func expectSame(t testing.TB, got, want map[string]string) {
	t.Helper()
	if !slices.Equal(names(got), names(want)) {
		t.Fatalf("got the files\n  %s\nwant\n  %s", strings.Join(names(got), "\n  "), strings.Join(names(want), "\n  "))
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s has other bytes", name)
		}
	}
}

// expectSound holds a lake to what a reader may count on: what it lists is as it was written.
func expectSound(t testing.TB, d *lake.DateRange) {
	t.Helper()
	faults, err := d.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Errorf("verify: %v", f)
	}
}

func expectText(t testing.TB, got fmt.Stringer, want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
