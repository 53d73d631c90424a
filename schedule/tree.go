package schedule

import (
	"context"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// Tree is what is to be kept up to date.
type Tree struct {
	Targets []*graph.Node
	Nodes   []*graph.Node       // derived nodes of the targets' DAGs, inputs first
	Cut     map[graph.Hash]bool // derived nodes that others keep, whose tables are read
	Start   int64               // datalake_start, microseconds since the epoch
	Alone   bool                // the targets alone: their inputs are taken as they are
}

// NewTree finds what the targets need.
func NewTree(targets []*graph.Node, cut map[graph.Hash]bool, start int64, alone bool) *Tree {
	t := &Tree{Targets: targets, Cut: cut, Start: start, Alone: alone}
	wanted := map[graph.Hash]bool{}
	for _, n := range targets {
		wanted[n.Hash] = true
	}
	graph.Walk(targets, cut, func(n *graph.Node) {
		if derived(n) && !cut[n.Hash] && (!alone || wanted[n.Hash]) {
			t.Nodes = append(t.Nodes, n)
		}
	})
	return t
}

// derived reports whether a node is computed, and has a table of tdlake's.
func derived(n *graph.Node) bool { return n.Kind.Name != graph.KindTable }

// inputsOf returns the distinct nodes that a node reads, in order.
func inputsOf(n *graph.Node) []*graph.Node {
	var all []*graph.Node
	seen := map[graph.Hash]bool{}
	for _, in := range n.Inputs {
		for _, node := range in.Nodes {
			if !seen[node.Hash] {
				seen[node.Hash] = true
				all = append(all, node)
			}
		}
	}
	return all
}

// process describes a node as a writer of rows.
func process(n *graph.Node, start int64) database.Process {
	p := database.Process{
		ID: n.ID(), Table: n.TableID(), Name: n.Name, Kind: n.Kind.Name, Version: n.Kind.Version, Spec: graph.Spec(n),
		Shared: n.Shared, Key: n.Key(), Start: start,
	}
	for _, in := range inputsOf(n) {
		p.Inputs = append(p.Inputs, in.ID())
	}
	return p
}

// processes are all whose tables are written or read.
func (t *Tree) processes() []database.Process {
	var all []database.Process
	for _, n := range t.Nodes {
		all = append(all, process(n, t.Start))
	}
	return all
}

// related are the ids of all derived nodes whose progress matters.
func (t *Tree) related() []string {
	var ids []string
	graph.Walk(t.Targets, t.Cut, func(n *graph.Node) {
		if derived(n) {
			ids = append(ids, n.ID())
		}
	})
	return ids
}

// tables are those of the database's users that are read. tdlake's own are written row by row, and need not be held.
func (t *Tree) tables() (all []graph.Table) {
	graph.Walk(t.Targets, t.Cut, func(n *graph.Node) {
		if !derived(n) {
			all = append(all, n.Source())
		}
	})
	return all
}

// starts says from when each node's rows are kept: its readers look back that far.
func (t *Tree) starts(ctx context.Context, g graph.Grid) (map[graph.Hash]int64, error) {
	ranges, err := graph.Ranges(ctx, t.Targets, t.Cut, t.Start, farFuture, g)
	if err != nil {
		return nil, err
	}
	starts := map[graph.Hash]int64{}
	graph.Walk(t.Targets, t.Cut, func(n *graph.Node) {
		starts[n.Hash] = ranges[n.Hash].From
		if graph.FromStart(n) {
			starts[n.Hash] = t.Start // it accumulates from there, and has no rows before
		}
	})
	return starts, nil
}
