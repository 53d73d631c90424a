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

	"pgregory.net/rapid"

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

func TestFirstSnapshot(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	p := w.plan(q)
	expectText(t, p, "snapshot of memory:market into "+q.d.Dir()+`
  prices (`+q.byName["prices"]+`)  fetch 2022-02-09T05:00:00Z to 2023-03-15
  members (`+q.byName["members"]+`)  fetch 2022-03-15 to 2023-03-15; fetch the last rows before 2022-03-15
`)
	var last lake.Progress
	r, err := p.Run(context.Background(), func(at lake.Progress) { last = at })
	if err != nil {
		t.Fatal(err)
	}
	if last.Name != "members" || last.Step != 2 || last.Steps != 2 || last.Rows != 8 || !last.Finish {
		t.Errorf("the last progress is %+v", last)
	}
	expectSound(t, q.d)
	want := []string{
		"_before/" + q.byName["members"] + "/20220315.parquet",
		"_snapshot.json",
		q.byName["members"] + "/_manifest.json",
		q.byName["members"] + "/time_partition=2022/20220315_20230101.parquet",
		q.byName["members"] + "/time_partition=2023/20230101_20230315.parquet",
		q.byName["prices"] + "/_manifest.json",
		q.byName["prices"] + "/time_partition=2022/20220209T050000Z_20230101.parquet",
		q.byName["prices"] + "/time_partition=2023/20230101_20230315.parquet",
	}
	if got := names(contents(t, q.d.Dir())); !slices.Equal(got, want) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if n := r.Nodes[0]; n.Lookback != 34 || n.Parts != 2 || n.Fetched != n.Rows || n.Linked != 0 {
		t.Errorf("the report has %+v", n)
	}
	if !strings.Contains(r.String(), "2022-02-09T05:00:00Z to 2023-03-15, 34 times of lookback\n") {
		t.Errorf("the report says\n%s", r)
	}
	source, err := q.d.Source()
	if err != nil || source != "memory:market" {
		t.Error(source, err)
	}
	expectRows(t, q, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-03-15")
}

// expectRows compares what is stored over some days with rows of these days.
func expectRows(t testing.TB, q request, name string, want *frame.Frame, from, to string) {
	t.Helper()
	span := lake.Span{Start: us(from), End: us(to)}
	if m := manifest(t, q, name); !m.Covered.Covers(span) {
		t.Fatalf("%s covers %v", name, m.Covered)
	}
	got, err := q.d.Rows(context.Background(), q.byName[name], span.Start, span.End)
	if err != nil {
		t.Fatal(err)
	}
	if want = want.Between(span.Start, span.End); got.Digest() != want.Digest() {
		t.Fatalf("%d rows are not the %d that were to come", got.Rows(), want.Rows())
	}
}

func TestSecondSnapshotAsksNobody(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	before := contents(t, q.d.Dir())
	p := w.plan(q)
	expectText(t, p, "2022-03-15_2023-03-15: nothing to fetch, all of 2 nodes are stored\n")
	if !p.Empty() || len(p.Nodes()) != 0 {
		t.Errorf("%d nodes to fetch", len(p.Nodes()))
	}
	if _, err := p.Run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if n := w.db.Begun(); n != 1 {
		t.Errorf("%d views were opened", n)
	}
	expectSame(t, contents(t, q.d.Dir()), before)
}

func TestNarrowerNeedsAskNobody(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.request("2022-03-15", "2023-03-15", 40, "lasso"))
	if p := w.plan(w.usual()); !p.Empty() || w.db.Begun() != 1 {
		t.Errorf("%d views were opened for\n%s", w.db.Begun(), p)
	}
}

func TestWiderLookbackAddsParts(t *testing.T) {
	w := newWorld(t)
	narrow := w.request("2022-03-15", "2023-03-15", 5, "smooth")
	w.snapshot(narrow)
	before := contents(t, narrow.d.Dir())
	wide := w.usual()
	if p := w.planned(wide); !strings.Contains(p, "fetch 2022-02-09T05:00:00Z to 2022-03-14T05:00:00Z\n") {
		t.Errorf("the plan is\n%s", p)
	}
	w.snapshot(wide)
	expectSound(t, wide.d)
	after := contents(t, wide.d.Dir())
	for name, sum := range before {
		if !strings.HasSuffix(name, "_manifest.json") && after[name] != sum {
			t.Errorf("%s was changed", name)
		}
	}
	m := manifest(t, wide, "prices")
	if len(m.Parts) != 3 || len(m.Before) != 1 || len(m.Covered) != 1 {
		t.Errorf("%d parts, %d as-of files, covered %v", len(m.Parts), len(m.Before), m.Covered)
	}
	expectRows(t, wide, "prices", prices("2020-06-01", "2023-12-31", 0), "2022-02-10", "2023-03-15")
	if !w.plan(narrow).Empty() || !w.plan(wide).Empty() {
		t.Error("something is missing still")
	}
}

func TestWiderAsOfAddsABoundary(t *testing.T) {
	w := newWorld(t)
	w.snapshot(w.usual()) // prices without as-of rows, from further back
	q := w.request("2022-03-15", "2023-03-15", 5, "smooth")
	if p := w.planned(q); !strings.Contains(p, ")  fetch the last rows before 2022-02-09T05:00:00Z\n") {
		t.Errorf("the plan is\n%s", p)
	}
	w.snapshot(q)
	earlier := w.request("2022-01-15", "2023-03-15", 5, "smooth") // another date range, which takes over what it can
	w.snapshot(earlier)
	expectSound(t, earlier.d)
	if m := manifest(t, q, "prices"); len(m.Before) != 1 || len(m.Parts) != 2 {
		t.Errorf("%d parts, as-of files %v", len(m.Parts), m.Before)
	}
	if p := w.planned(w.request("2022-03-15", "2023-03-15", 5, "filled")); !strings.Contains(p, "nothing to fetch") {
		t.Errorf("a later boundary is asked for, though the earlier one tells:\n%s", p)
	}
}

func TestAsOfRows(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	got, err := q.d.Before(context.Background(), q.byName["members"], us("2022-05-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := lake.AsOf(members("2020-01-01", "2022-05-01"))
	if got.Rows() != 2 || got.Digest() != want.Digest() {
		t.Errorf("%v", got.Record())
	}
	if _, err := q.d.Before(context.Background(), q.byName["members"], us("2022-03-01")); !errors.Is(err, lake.ErrNotStored) {
		t.Errorf("before the boundary: %v", err)
	}
}

func TestMembersAllBeforeTheRange(t *testing.T) {
	w := newWorld(t)
	w.db.Put("members", members("2020-01-01", "2021-01-01"))
	q := w.usual()
	w.snapshot(q)
	if m := manifest(t, q, "members"); m.Rows != 0 || len(m.Before) != 1 || m.Before[0].Rows != 2 {
		t.Errorf("%d rows, as-of files %v", m.Rows, m.Before)
	}
	expectSound(t, q.d)
	if p := w.plan(q); !p.Empty() {
		t.Errorf("the second plan is\n%s", p)
	}
}

func TestHistoryThatBeginsAtTheBoundary(t *testing.T) {
	w := newWorld(t)
	w.db.Put("members", members("2022-04-01", "2023-12-31"))
	q := w.usual()
	w.snapshot(q)
	m := manifest(t, q, "members")
	if len(m.Before) != 0 || m.Covered[0].Start != graph.Beginning {
		t.Errorf("as-of files %v, covered %v", m.Before, m.Covered)
	}
	f, err := q.d.Before(context.Background(), q.byName["members"], us("2022-03-20"))
	if err != nil || f.Rows() != 0 {
		t.Error(f, err)
	}
}

func TestShortHistoryIsFetchedWhole(t *testing.T) {
	w := newWorld(t)
	q := w.request("2022-03-15", "2023-03-15", 5000, "lasso")
	if p := w.planned(q); !strings.Contains(p, "fetch the beginning to 2023-03-15") {
		t.Errorf("the plan is\n%s", p)
	}
	r := w.snapshot(q)
	warning := "  warning: the lookback asks for 4999 times before 2022-03-01, the history has 638 (it begins at 2020-06-01T05:00:00Z): results that need more start later\n"
	if !strings.Contains(r.String(), warning) {
		t.Errorf("the report says\n%s", r)
	}
	m := manifest(t, q, "prices")
	if m.Covered[0].Start != graph.Beginning || m.Parts[0].Path != "time_partition=2020/20200101_20210101.parquet" {
		t.Errorf("covered %v, first part %s", m.Covered, m.Parts[0].Path)
	}
	begun := w.db.Begun()
	for _, window := range []int{5, 5000, 9000} {
		if p := w.plan(w.request("2022-03-15", "2023-03-15", window, "returns")); !p.Empty() || w.db.Begun() != begun {
			t.Errorf("window %d: the database is asked again for\n%s", window, p)
		}
	}
	expectSound(t, q.d)
}

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
	q := w.usual()
	w.snapshot(q)
	w.db = laketest.New("memory:other")
	_, err := w.try(q)
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
		}, "(" + membersID + ")  fetch the last rows before 2022-03-15\n"},
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
