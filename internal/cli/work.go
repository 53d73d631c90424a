package cli

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/compute/python"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/sweeps"
)

// work is an engine over a lake that has all that some targets need.
type work struct {
	*project
	engine *compute.Engine
	pool   *python.Pool
	needs  needs
}

// prepare takes what is missing of the snapshot and plans the targets. Close the work after use.
func (p *project) prepare(ctx context.Context, targets []*graph.Node) (*work, error) {
	n, err := p.needs(targets)
	if err != nil {
		return nil, err
	}
	if err := p.fetch(ctx, n); err != nil {
		return nil, err
	}
	p.warnShort()
	return p.newWork(ctx, n, nil)
}

// newWork plans targets whose snapshot is complete. The legs of portfolios are kept in legs, if there are any.
func (p *project) newWork(ctx context.Context, n needs, legs *sweeps.Legs) (*work, error) {
	keep, err := p.pinned()
	if err != nil {
		return nil, err
	}
	pool := p.newPool()
	p.collectLess()
	inputs, err := newLakeInputs(p.lake)
	if err != nil {
		return nil, err
	}
	options := compute.Options{Jobs: p.threads(), Memory: p.budget().engine, Keep: keep, Warn: p.warnOnce, Log: p.nodeLog(), External: pool}
	if legs != nil {
		options.Legs = legs
	}
	engine, err := compute.New(inputs, p.config.Start, p.config.End, p.lake.Grid(), options)
	if err != nil {
		return nil, err
	}
	w := &work{project: p, engine: engine, pool: pool, needs: n}
	if err := engine.Plan(ctx, n.targets, n.cut); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// collectLess makes collections of garbage fewer and larger, until --memory is near: what planning and evaluating throw away is short-lived. A
// snapshot, which streams, keeps the usual pace and so a small heap.
func (p *project) collectLess() {
	debug.SetGCPercent(fewerCollections)
	debug.SetMemoryLimit(p.budget().engine + p.budget().engine/4)
}

// Percent by which the heap grows from one collection to the next.
const usualCollections, fewerCollections = 100, 400

// note puts down what the engine did, for --stats.
func (w *work) note() {
	counts, hits := w.engine.Counts(), w.engine.CacheStats()
	w.fact("nodes", "%s computed, %s loaded", thousands(int(counts.Computed)), thousands(int(counts.Loaded)))
	if counts.Legs > 0 {
		w.fact("legs", "%s kept by sweeps before", thousands(int(counts.Legs)))
	}
	w.fact("hot cache", "%s hits, %s misses, %s waited for another", thousands(int(hits.Hits)), thousands(int(hits.Misses)), thousands(int(hits.Joined)))
}

func (w *work) close() error {
	w.engine.Close()
	return w.pool.Close()
}

// rows evaluates a node and returns its rows within the date range.
func (w *work) rows(ctx context.Context, n *graph.Node) (*frame.Frame, error) {
	return w.engine.Output(ctx, n)
}

// store keeps the rows of the nodes that say store: true, and of those named where keep is set.
func (w *work) store(ctx context.Context, named []*graph.Node, keep bool) error {
	var nodes []*graph.Node
	graph.Walk(w.needs.targets, w.needs.cut, func(n *graph.Node) {
		if w.pipeline.Stores(n) || keep && slices.Contains(named, n) {
			nodes = append(nodes, n)
		}
	})
	for _, n := range nodes {
		if err := w.storeOne(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// storeOne keeps a computed node's rows within the date range, unless they are there.
func (w *work) storeOne(ctx context.Context, n *graph.Node) error {
	if n.Kind.Name == graph.KindTable || w.needs.cut[n.Hash] || isStored(w.lake, n, w.lake.Range()) {
		return nil
	}
	f, warnings, err := w.engine.Rows(ctx, n)
	if err != nil {
		return err
	}
	alone, err := w.project.needs([]*graph.Node{n})
	if err != nil {
		return err
	}
	inputs, err := w.digests(ctx, alone)
	if err != nil {
		return err
	}
	_, err = w.lake.Write(ctx, n, w.lake.Range(), inputs, f, warnings...)
	return err
}

// digests names the stored files that nodes are computed from, those of the database's nodes alone: what lies between is computed from
// them.
func (w *work) digests(ctx context.Context, n needs) ([]lake.Digest, error) {
	ranges, err := graph.Ranges(ctx, n.targets, n.cut, w.config.Start, w.config.End, w.engine.Grid())
	if err != nil {
		return nil, err
	}
	var all []lake.Digest
	for _, node := range n.fromDB {
		r := ranges[node.Hash]
		files, err := w.lake.Digests(node.ID(), lake.Span{Start: r.From, End: w.config.End}, r.AsOf)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return all, nil
}
