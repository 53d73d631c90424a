package sweeps

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		os.Exit(childRun(dir))
	}
	goleak.VerifyTestMain(m)
}

const configHead = `
datalake_name: test
datalake_start: 2022-01-01
datalake_end: 2023-01-01
database: files:data
parameters:
  windows: [60]
  short: [100]
  alpha: 0.01
  ticker: XLF
  flag: false
  idle: 0
nodes:
  prices: {kind: table, table: prices, columns: [adj_close]}
  holdings: {kind: table, table: holdings, key: [time_index, etf, unique_identifier], columns: [weight_pct]}
  returns: {kind: returns, input: prices, column: adj_close}
  long_lasso:
    foreach: {in_window: "${windows}"}
    kind: lasso
    input: returns
    ticker_to_replicate: ${ticker}
    universe: {node: holdings, where: "etf = '${ticker}'"}
    lasso_alpha: ${alpha}
    positive: ${flag}
  short_lasso:
    foreach: {in_window: "${short}"}
    kind: lasso
    input: returns
    ticker_to_replicate: XLE
    universe: [JPM, BAC]
    lasso_alpha: ${alpha}
  portfolio: {kind: long_short_portfolio, returns: returns, long: long_lasso, short: short_lasso}
target: portfolio
`

// world is a lake folder and a config's head.
type world struct {
	t   testing.TB
	dir string
}

func newWorld(t testing.TB) *world { return &world{t, t.TempDir()} }

// load reads the head with a sweep section below it.
func load(sweep string) (*config.Config, *graph.Pipeline, error) {
	c, err := config.Parse("sweep.yaml", []byte(configHead+sweep), nil)
	if err != nil {
		return nil, nil, err
	}
	p, err := graph.New(c)
	return c, p, err
}

func (w *world) plan(sweep string) *Plan { return w.planWith(sweep, nil) }

func (w *world) planWith(sweep string, sources []lake.Digest) *Plan {
	w.t.Helper()
	p, err := planAt(w.dir, sweep, sources)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.Close)
	return p
}

func planAt(dir, sweep string, sources []lake.Digest) (*Plan, error) {
	c, pipeline, err := load(sweep)
	if err != nil {
		return nil, err
	}
	d, err := lake.Open(dir, "test", c.Start, c.End)
	if err != nil {
		return nil, err
	}
	q := Request{Config: c, Pipeline: pipeline, Lake: d}
	if sources != nil {
		q.Sources = func([]*graph.Node) ([]lake.Digest, error) { return sources, nil }
	}
	return NewPlan(context.Background(), q)
}

// run plans and runs a sweep to its end.
func (w *world) run(sweep string, e Engine, o Options) *Plan {
	w.t.Helper()
	p := w.plan(sweep)
	if _, err := Run(context.Background(), p, e, o); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// ranked is Ranked of points that can be read.
func (p *Plan) ranked(t testing.TB, limit int) *Ranking {
	t.Helper()
	r, err := p.Ranked(limit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files returns the contents of the sweep's folder by name.
func (p *Plan) folder(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(p.Dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(text)
	}
	return out
}

// sameFolder compares two sweeps' folders byte for byte.
func sameFolder(t testing.TB, got, want map[string]string) {
	t.Helper()
	if g, w := names(got), names(want); g != w {
		t.Errorf("the folder holds %s, not %s", g, w)
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s has other bytes (%d, not %d)", name, len(got[name]), len(text))
		}
	}
}

func names(files map[string]string) string {
	var out []string
	for name := range files {
		out = append(out, name)
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

var portfolioSchema = frame.Schema{Key: 1, Fields: []frame.Field{
	{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "return", Type: frame.Float64}, {Name: columnReturn, Type: frame.Float64},
	{Name: columnPortfolio, Type: frame.Float64}, {Name: columnTurnover, Type: frame.Float64},
}}

const day = int64(24 * 60 * 60 * 1e6)

func portfolioFrame(s Series) *frame.Frame {
	b := frame.NewBuilder(portfolioSchema)
	for i := range s.Returns {
		b.Time(0, 19000*day+int64(i)*day)
		b.Float(1, s.Returns[i]+0.001)
		b.Float(2, s.Returns[i])
		b.Float(3, s.Portfolio[i])
		b.Float(4, s.Turnover[i])
	}
	return b.Frame()
}

// fake makes a portfolio of a node's hash, and counts.
type fake struct {
	mu     sync.Mutex
	evals  int
	fails  func(n *graph.Node) error
	before func(evals int) // called before each evaluation
}

func (f *fake) Eval(ctx context.Context, n *graph.Node) (Result, error) {
	f.mu.Lock()
	f.evals++
	evals := f.evals
	f.mu.Unlock()
	if f.before != nil {
		f.before(evals)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.fails != nil {
		if err := f.fails(n); err != nil {
			return nil, err
		}
	}
	return fakeResult{fakePortfolio(n)}, nil
}

type fakeResult struct{ rows *frame.Frame }

func (f fakeResult) Frame() *frame.Frame { return f.rows }

func (f fakeResult) Warning() string {
	if f.rows.Rows() < 50 {
		return fmt.Sprintf("only %d rows", f.rows.Rows())
	}
	return ""
}

func fakePortfolio(n *graph.Node) *frame.Frame {
	seed := binary.LittleEndian.Uint64(n.Hash[:])
	rows := 60
	if seed%5 == 0 {
		rows = int(seed>>8) % 60
	}
	return portfolioFrame(market(rand.New(rand.NewPCG(seed, 1)), rows))
}

var errBroken = errors.New("the window has no rows")
