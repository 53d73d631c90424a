// Package graph knows what nodes are: the kinds, their parameters and inputs, what makes two nodes the same one, and how
// much history each needs. It turns a config into nodes and never looks at data.
//
// A [Pipeline] is a config whose node bodies were checked against the table of [Kinds]. Resolving a name at given
// parameter values gives [Node]s, one for each element of its foreach, with their inputs resolved likewise; equal nodes
// are the same pointer. A node is known by its hash: see hash.go for what counts and what does not.
//
// [Ranges] walks from targets to tables and says from when each node is needed, counting lookbacks on the time grid of
// the data through the interface [Grid].
package graph
