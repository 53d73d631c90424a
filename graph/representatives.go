package graph

import (
	"slices"

	"github.com/tdlake/tdlake/config"
)

// Representatives returns some of the targets that between them need what all need, so that planning a sweep costs what its
// distinct nodes cost. Portfolios need the same of their inputs whatever their parameters, so those whose inputs all stand
// under other portfolios in the same roles are left out; all other targets stay.
func (p *Pipeline) Representatives(targets []*Node) []*Node {
	if p.config.FromDBSet && slices.ContainsFunc(p.config.FromDB, func(r config.Ref) bool {
		return len(targets) > 0 && (config.IsHashID(r.Name) || p.called(targets[0], r.Name))
	}) {
		return targets // some target may itself be read from the database
	}
	type use struct {
		role string
		node *Node
	}
	seen := map[use]bool{}
	var out []*Node
	for _, n := range targets {
		fresh := n.Kind.Name != KindLongShort
		for _, in := range n.Inputs {
			for _, m := range in.Nodes {
				if u := (use{in.Role, m}); !seen[u] {
					fresh, seen[u] = true, true
				}
			}
		}
		if fresh {
			out = append(out, n)
		}
	}
	return out
}
