package graph

import (
	"fmt"

	"github.com/tdlake/tdlake/config"
)

// The roles of a portfolio say what the numbers are that they take. Kinds whose output is known to be something else are refused where the config is
// checked: a portfolio of returns held as weights, or of logarithms earned as returns, has rows like any other, and all of them are wrong.

// earned refuses nodes that are no simple returns from one row to the next.
func earned(n *Node) *unsuited {
	of := origin(n)
	switch {
	case of.Kind.Name == KindLasso:
		return &unsuited{node: n, message: "holds weights, not returns", hint: "name the node of returns that the weights earn"}
	case of.Kind.Name != KindReturns:
		return nil
	case of.Params.String("method") != "simple":
		return &unsuited{of, "method", "a portfolio earns simple returns, and these are logarithms",
			"method: simple, or leave the line out; what needs logarithms can read a second node of returns"}
	case of.Params.Int("periods") > 1:
		return &unsuited{of, "periods", fmt.Sprintf("a portfolio earns the return of one row at a time, and each of these is over %d", of.Params.Int("periods")),
			"periods: 1, or leave the line out; what needs longer returns can read a second node of returns"}
	}
	return nil
}

// held refuses nodes that are no weights.
func held(n *Node) *unsuited {
	if origin(n).Kind.Name == KindReturns {
		return &unsuited{node: n, message: "holds returns, not weights", hint: "name a node of weights: of kind lasso, or one of your own with a column weight"}
	}
	return nil
}

// origin is the node whose values a node has, at other times perhaps.
func origin(n *Node) *Node {
	for n.Kind.Name == KindLag || n.Kind.Name == KindInterpolate {
		n = n.In("input")[0]
	}
	return n
}

// unsuited says why a node cannot serve under a role.
type unsuited struct {
	node          *Node
	param         string // the parameter at fault; "": the node itself
	message, hint string
}

// suits checks the nodes of one name against what the numbers of a role mean.
func (p *Pipeline) suits(s *source, j int, nodes []*Node) *config.Problem {
	if s.spec.refuse == nil {
		return nil
	}
	for _, n := range nodes {
		if u := s.spec.refuse(n); u != nil {
			return p.unsuitedProblem(s, j, u)
		}
	}
	return nil
}

// unsuitedProblem gives it its place: the line to change.
func (p *Pipeline) unsuitedProblem(s *source, j int, u *unsuited) *config.Problem {
	name := s.nodes[j].Name
	if u.param == "" {
		problem := p.config.Problem(s.nodes[j].Pos, u.hint, "%s: the node %s %s", s.role, name, u.message)
		return &problem
	}
	pos := s.nodes[j].Pos
	if x := p.written(u.node, u.param); x != nil {
		pos = p.place(x)
	}
	problem := p.config.Problem(pos, u.hint, "%s of the node %s, which is read as %s of a portfolio: %s", u.param, u.node.Name, s.role, u.message)
	return &problem
}

// written returns what stands in a node's body for a parameter, nil where nothing does.
func (p *Pipeline) written(n *Node, param string) *expr {
	t := p.byName[n.Name]
	if t == nil {
		return nil
	}
	for i := range t.slots {
		if t.kind.Params[t.slots[i].spec].Name == param {
			return &t.slots[i].expr
		}
	}
	for i := range t.loops {
		if t.kind.Params[t.loops[i].spec].Name == param {
			return &t.loops[i].expr
		}
	}
	return nil
}
