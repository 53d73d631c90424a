// Package graph knows what nodes are: the kinds, their parameters and inputs, what makes two nodes the same one, and how
// much history each needs. It turns a config into nodes and never looks at data.
//
// A [Pipeline] is a config whose node bodies were checked against the table of [Kinds] (kinds.go), all faults reported at
// once. Resolving a name at given parameter values gives [Node]s, one for each element of its foreach, with their inputs
// resolved likewise; equal nodes are the same pointer. A node is known by its hash: see hash.go for what counts and what
// does not.
//
// In a body, ${name} stands for a parameter, or for one of the node's own foreach names. Where it is the whole text, the
// value keeps its type; inside a longer text it is written out, and a number or truth value that is written otherwise than
// it would arrive (000700, TRUE, 1E5) is a fault. In SQL (query, where) what a reference stands in is settled before its value
// is known, and no value changes it (sqltext.go): between quotes the value is that text, whatever it holds; outside of quotes
// it is a number, a name, an operator, a list, or an expression where nothing beside it binds to a part of it. Anything else is
// refused. In other texts a list cannot stand, and no reference can name a node or a kind.
//
// A foreach makes one node an element of its lists, the last list fastest; an element equals the same node written by
// hand, and two equal elements are a fault. A single value serves where a list is meant, and a binding of a single value to
// a parameter whose default is a list means a list of one. Where a role takes one node, a foreach serves only if it has one
// element; the legs of a long_short_portfolio take all.
//
// Nodes of kinds python and command depend on files and environments too. What identifies these is asked of an [Outside],
// which is passed in; without such nodes nobody is asked.
//
// [Ranges] walks from targets to tables and says from when each node is needed, counting lookbacks on the time grid of
// the data through the interface [Grid].
package graph
