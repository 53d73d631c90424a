package compute

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/cache"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Options are an engine's limits and listeners. The zero value is usable.
type Options struct {
	Jobs   int                              // nodes computed at once; 0 means GOMAXPROCS
	Memory int64                            // bytes of results kept in memory; 0 means 1 GiB
	Keep   map[graph.Hash]bool              // nodes that are never forgotten once loaded or computed
	Warn   func(string)                     // told once of each thing the user should know; may be called from any goroutine
	Log    func(n *graph.Node) *slog.Logger // the log of a node; nil for none

	Legs     Legs       // where legs are kept; nil: nowhere
	External External   // computes nodes of kinds python and command; nil: nothing does
	Continue *Continued // for the portfolios that are planned; nil: they begin at the engine's start
}

// Engine evaluates nodes over one date range. It is safe for concurrent use.
type Engine struct {
	inputs     graph.Rows
	start, end int64
	grid       graph.Counter
	options    Options
	slots      chan struct{}
	cache      *cache.Cache[sized]

	mu         sync.Mutex
	ranges     map[graph.Hash]graph.Range
	cut        map[graph.Hash]bool
	groups     map[groupKey][]*graph.Node // regressions that share their sums
	grouped    map[graph.Hash]bool        // which are in one
	groupOrder []groupKey                 // the keys of groups, in the order of the plan
	read       map[graph.Hash]bool        // regressions whose weights somebody reads, other than for a leg
	earns      map[graph.Hash]*legName    // regressions that are a leg of their own
	blended    map[graph.Hash][]legName   // regressions that are in legs with others
	warned     map[string]bool
	open       func() (*duck.DB, error) // DuckDB, once it was needed
	count      counts
}

// Counts says what an engine did.
type Counts struct {
	Computed int64 // nodes computed
	Loaded   int64 // nodes loaded instead
	Legs     int64 // sides of portfolios that were kept, whose nodes were neither
}

// counts are Counts in the making.
type counts struct{ computed, loaded, legs atomic.Int64 }

// sized is what the cache holds: results, and what several results are made from.
type sized interface{ Bytes() int64 }

// New returns an engine for the date range [start, end), microseconds since the epoch. Where the grid is no Counter, it is made one. Close the engine
// after use.
func New(inputs graph.Rows, start, end int64, grid graph.Grid, o Options) (*Engine, error) {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	c, err := cache.New[sized](o.Memory)
	if err != nil {
		return nil, err
	}
	return &Engine{
		inputs: inputs, start: start, end: end, grid: Counter(inputs, grid, o), options: o, cache: c, slots: make(chan struct{}, o.Jobs),
		ranges: map[graph.Hash]graph.Range{}, cut: map[graph.Hash]bool{}, groups: map[groupKey][]*graph.Node{}, grouped: map[graph.Hash]bool{}, read: map[graph.Hash]bool{}, earns: map[graph.Hash]*legName{}, blended: map[graph.Hash][]legName{}, warned: map[string]bool{},
	}, nil
}

// Close ends the engine's goroutines and its DuckDB.
func (e *Engine) Close() {
	e.cache.Close()
	e.mu.Lock()
	open := e.open
	e.mu.Unlock()
	if open == nil {
		return
	}
	if db, err := open(); err == nil {
		db.Close()
	}
}

// openDuck begins to open DuckDB. The caller holds e.mu.
func (e *Engine) openDuck() func() (*duck.DB, error) {
	if e.open == nil {
		e.open = duck.Ahead(duck.Options{Threads: 1})
	}
	return e.open
}

// duckDB returns the DuckDB that evaluates conditions.
func (e *Engine) duckDB() (*duck.DB, error) {
	e.mu.Lock()
	open := e.openDuck()
	e.mu.Unlock()
	return open()
}

// Plan makes targets known, with all they need: from when each node is needed, and which regressions share their sums. cut
// holds the nodes whose rows come from the inputs although their kind could compute them. Plan before Eval; planning more
// targets later is allowed and widens ranges where it must.
func (e *Engine) Plan(ctx context.Context, targets []*graph.Node, cut map[graph.Hash]bool) error {
	return e.plan(ctx, targets, cut, e.start)
}

// plan plans targets that are needed from a time on.
func (e *Engine) plan(ctx context.Context, targets []*graph.Node, cut map[graph.Hash]bool, from int64) error {
	ranges, err := graph.Ranges(ctx, targets, cut, from, e.end, e.grid)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for h, r := range ranges {
		if old, ok := e.ranges[h]; ok {
			r.From = min(r.From, old.From)
			r.AsOf = r.AsOf || old.AsOf
		}
		e.ranges[h] = r
	}
	for h := range cut {
		e.cut[h] = true
	}
	for _, n := range targets {
		e.reads(n, nil)
	}
	graph.Walk(targets, cut, func(n *graph.Node) {
		if n.Kind.Name == graph.KindLasso {
			e.register(n)
			if where := n.Params.String("universe_where"); where != "" && !duck.IsEquality(where) {
				e.openDuck()
			}
		}
		for _, in := range n.Inputs {
			var side *legName
			if n.Kind.Name == graph.KindLongShort && in.Role != "returns" {
				name := sideOf(n, in.Nodes)
				side = &name
			}
			for _, m := range in.Nodes {
				e.reads(m, side)
			}
		}
	})
	return nil
}

// reads takes note of who reads a regression's weights: a leg, or somebody else where that is nil. The caller holds e.mu.
func (e *Engine) reads(m *graph.Node, by *legName) {
	switch {
	case m.Kind.Name != graph.KindLasso:
	case by == nil:
		e.read[m.Hash] = true
	case len(by.nodes) > 1:
		if !slices.ContainsFunc(e.blended[m.Hash], by.equal) { // many portfolios have it
			e.blended[m.Hash] = append(e.blended[m.Hash], *by)
		}
	case e.earns[m.Hash] == nil:
		e.earns[m.Hash] = by
	}
}

// needsWeights reports whether somebody reads a regression's weights themselves, other than as a leg of its own. The caller holds e.mu.
func (e *Engine) needsWeights(n *graph.Node) bool {
	return e.read[n.Hash] || len(e.blended[n.Hash]) > 0
}

// Grid returns what the engine counts rows on.
func (e *Engine) Grid() graph.Counter { return e.grid }

// Range returns the range that the plan needs of a node. A portfolio whose inputs were planned counts as planned: see
// graph.Pipeline.Representatives.
func (e *Engine) Range(n *graph.Node) (graph.Range, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, ok := e.ranges[n.Hash]
	if ok || n.Kind.Name != graph.KindLongShort {
		return r, ok
	}
	for _, in := range n.Inputs {
		for _, m := range in.Nodes {
			if _, ok := e.ranges[m.Hash]; !ok {
				return r, false
			}
		}
	}
	return graph.Range{From: e.start}, true
}

// Eval returns a planned node's result, computing what is missing. Errors name the node.
func (e *Engine) Eval(ctx context.Context, n *graph.Node) (*Result, error) {
	r, ok := e.Range(n)
	if !ok {
		return nil, fmt.Errorf("node %s (%s) was not planned", n.Name, n.ID())
	}
	v, err := e.cache.Do(ctx, resultKey(n, r), func() (sized, int64, error) {
		res, err := e.evaluate(ctx, n, r)
		if err != nil {
			return nil, 0, err
		}
		return res, res.Bytes(), nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*Result), nil
}

// Output returns what a user sees of a node: its rows within the date range, in long form.
func (e *Engine) Output(ctx context.Context, n *graph.Node) (*frame.Frame, error) {
	f, warnings, err := e.Rows(ctx, n)
	if err != nil {
		return nil, err
	}
	e.Remind(n, warnings)
	return f, nil
}

// Rows is Output, and returns what there is to say of the rows instead of passing it on: of a portfolio, nothing else says that.
func (e *Engine) Rows(ctx context.Context, n *graph.Node) (*frame.Frame, []string, error) {
	res, err := e.Eval(ctx, n)
	if err != nil {
		return nil, nil, err
	}
	return res.Frame().Between(e.start, e.end), res.warnings, nil
}

// resultKey tells results of one node over different ranges apart, and those with the last rows before from those without.
func resultKey(n *graph.Node, r graph.Range) cache.Key {
	k := cache.Key(n.Hash)
	var from [8]byte
	binary.LittleEndian.PutUint64(from[:], uint64(r.From))
	for i, b := range from {
		k[24+i] ^= b
	}
	if r.AsOf {
		k[23] ^= 1
	}
	return k
}

func (e *Engine) evaluate(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	if e.options.Keep[n.Hash] {
		e.cache.Keep(resultKey(n, r))
	}
	if e.isCut(n) || e.inputs.Stored(n, r, e.end) {
		return e.load(ctx, n, r)
	}
	if n.Kind.Name == graph.KindTable {
		return nil, &NotStoredError{Node: n}
	}
	begin := time.Now()
	res, err := e.compute(ctx, n, r)
	if err != nil {
		e.log(n, begin, err)
		return nil, named(n, err)
	}
	e.log(n, begin, nil)
	return res, nil
}

// log says in the node's log, where there is one, how its computation went.
func (e *Engine) log(n *graph.Node, begin time.Time, err error) {
	if e.options.Log == nil {
		return
	}
	l := e.options.Log(n).With("local_hash_id", n.ID(), "seconds", time.Since(begin).Seconds())
	if err != nil {
		l.Error("failed", "cause", err.Error())
		return
	}
	l.Info("computed")
}

func (e *Engine) isCut(n *graph.Node) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cut[n.Hash]
}

func (e *Engine) load(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	out := &Result{}
	err := e.inSlot(ctx, func() (err error) {
		out.frame, out.before, err = e.inputs.Load(ctx, n, r, e.end)
		return named(n, err)
	})
	if err != nil {
		return nil, err
	}
	e.count.loaded.Add(1)
	if w, ok := e.inputs.(Warned); ok {
		out.warnings = w.Warnings(n)
		e.Remind(n, out.warnings)
	}
	return out, nil
}

// inSlot runs f in a slot. Nothing that waits for another node may run in one.
func (e *Engine) inSlot(ctx context.Context, f func() error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case e.slots <- struct{}{}:
	}
	defer func() { <-e.slots }()
	if err := ctx.Err(); err != nil {
		return err
	}
	return f()
}

// inParts runs f in a slot for all of some nodes, or side by side for some of them each, in as many slots as happen to be free, and joins what
// it returns: a group of regressions that is alone would leave the other processors idle. Nothing that waits for another node may run in it.
func inParts[V any](ctx context.Context, e *Engine, nodes []*graph.Node, f func(nodes []*graph.Node) (map[graph.Hash]V, error)) (map[graph.Hash]V, error) {
	var parts []map[graph.Hash]V
	err := e.inSlot(ctx, func() error {
		more := e.takeSlots(len(nodes) - 1)
		parts = make([]map[graph.Hash]V, more+1)
		var g errgroup.Group
		for k := range more {
			g.Go(func() (err error) {
				defer func() { <-e.slots }()
				parts[k], err = f(everyNth(nodes, k, more+1))
				return err
			})
		}
		var err error
		parts[more], err = f(everyNth(nodes, more, more+1))
		return errors.Join(err, g.Wait())
	})
	all := map[graph.Hash]V{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all, err
}

// takeSlots takes as many slots as are free, at most some, and returns how many.
func (e *Engine) takeSlots(most int) int {
	for taken := range most {
		select {
		case e.slots <- struct{}{}:
		default:
			return taken
		}
	}
	return most
}

// everyNth returns each n-th node from the first on: neighbours, which are often alike in what they cost, go to different parts.
func everyNth(nodes []*graph.Node, first, n int) []*graph.Node {
	var out []*graph.Node
	for i := first; i < len(nodes); i += n {
		out = append(out, nodes[i])
	}
	return out
}

// evalAll evaluates nodes side by side and returns their results in order.
func (e *Engine) evalAll(ctx context.Context, nodes []*graph.Node) ([]*Result, error) {
	out := make([]*Result, len(nodes))
	g, ctx := errgroup.WithContext(ctx)
	for i, n := range nodes {
		g.Go(func() (err error) {
			out[i], err = e.Eval(ctx, n)
			return err
		})
	}
	return out, g.Wait()
}

// Counts returns what the engine has done so far.
func (e *Engine) Counts() Counts {
	return Counts{e.count.computed.Load(), e.count.loaded.Load(), e.count.legs.Load()}
}

// CacheStats returns what the hot cache has done so far.
func (e *Engine) CacheStats() cache.Stats { return e.cache.Stats() }
