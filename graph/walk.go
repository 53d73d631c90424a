package graph

import (
	"slices"

	"github.com/tdlake/tdlake/config"
)

// Walk visits each distinct node of the targets' DAGs once, inputs before what reads them, in an order that depends on the
// targets alone. A node in cut is visited, what is above it is not (unless something else needs it).
func Walk(targets []*Node, cut map[Hash]bool, visit func(*Node)) {
	seen := make(map[*Node]bool, len(targets))
	var walk func(n *Node)
	walk = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if !cut[n.Hash] {
			for _, in := range n.Inputs {
				for _, from := range in.Nodes {
					walk(from)
				}
			}
		}
		visit(n)
	}
	for _, t := range targets {
		walk(t)
	}
}

// FromDB returns the nodes of the targets' DAGs that are read from the database, in Walk's order: those that
// nodes_to_get_from_db names, which cut the DAG above them, or every table where it isn't given. A table that is needed
// and not named is an error (config.Problems).
func (p *Pipeline) FromDB(targets []*Node) ([]*Node, error) {
	cut := map[Hash]bool{}
	if p.config.FromDBSet {
		Walk(targets, nil, func(n *Node) {
			if slices.ContainsFunc(p.config.FromDB, func(r config.Ref) bool { return p.called(n, r.Name) }) {
				cut[n.Hash] = true
			}
		})
	}
	var nodes []*Node
	var problems config.Problems
	Walk(targets, cut, func(n *Node) {
		switch {
		case cut[n.Hash] || n.Kind.Name == KindTable && !p.config.FromDBSet:
			nodes = append(nodes, n)
		case n.Kind.Name == KindTable:
			problems = append(problems, p.config.Problem(p.config.FromDBPos, "add "+n.Name+", or leave the key out to read every table",
				"nodes_to_get_from_db does not name the table %s, which is needed", n.Name))
		}
	})
	return nodes, problems.Err()
}
