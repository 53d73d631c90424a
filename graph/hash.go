package graph

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// What makes two nodes the same one.
//
// A node's Hash is SHA-256 over the format's version, the kind and its version, the typed parameters that are not at
// their default (sorted by name), and the inputs: roles in the order of the kind, for each the number of nodes and their
// hashes in order. Everything of variable length is preceded by its length, every value by a letter for its type, so no
// two nodes have one encoding. Parameters are encoded as typed: 1 and 1.0 are one number where the parameter is a float.
// The order of a list counts, except where a kind calls it a set. The inputs of sql, python and command nodes keep the order
// they are written in, since the first gives the time grid.
//
// What a node needs from outside the config, a function's file, an environment's packages, a program, counts by what is in
// it, not by where it is: the parameters that lead there are left out, and inner ones, which [Outside] answers for, are in.
//
// Names of nodes, places, comments, store, foreach and ${} leave no trace: an element of a foreach equals the same node
// written by hand.
//
// The Table hash is made likewise, with two differences: parameters in ignore_local_kwargs are left out, and inputs count
// with their Table hashes. So a pipeline over 2 identifiers and one over 500, which differ only in an ignored parameter of
// a table at the bottom, update the same tables all the way up. Where nothing is ignored both hashes are equal.

// formatVersion changes every hash; it goes up when the encoding does.
const formatVersion = 1

type encoder []byte

func (e *encoder) count(n int) { *e = binary.BigEndian.AppendUint64(*e, uint64(n)) }

func (e *encoder) text(s string) {
	e.count(len(s))
	*e = append(*e, s...)
}

// value writes a typed value, or one of a list of YAML's.
func (e *encoder) value(v any) {
	switch x := v.(type) {
	case nil:
		*e = append(*e, 'n')
	case string:
		*e = append(*e, 's')
		e.text(x)
	case int64:
		*e = append(*e, 'i')
		*e = binary.BigEndian.AppendUint64(*e, uint64(x))
	case float64:
		*e = append(*e, 'f')
		*e = binary.BigEndian.AppendUint64(*e, math.Float64bits(x))
	case bool:
		*e = append(*e, 'b', map[bool]byte{true: 1}[x])
	case []string:
		*e = append(*e, 'l')
		e.count(len(x))
		for _, s := range x {
			e.value(s)
		}
	case []any:
		*e = append(*e, 'l')
		e.count(len(x))
		for _, item := range x {
			e.value(item)
		}
	case Free:
		e.value(map[string]any(x))
	case map[string]any:
		*e = append(*e, 'm')
		e.count(len(x))
		for _, k := range sortedKeys(x) {
			e.text(k)
			e.value(x[k])
		}
	case map[string]string:
		*e = append(*e, 'm')
		e.count(len(x))
		for _, k := range sortedKeys(x) {
			e.text(k)
			e.value(x[k])
		}
	}
}

// head writes what comes before the parameters.
func (e *encoder) head(k *Kind) {
	e.text("tdlake node")
	e.count(formatVersion)
	e.text(k.Name)
	e.count(k.Version)
}

// params writes the parameters that count, sorted by name. skip leaves out more; nil leaves out none.
func (e *encoder) params(p Params, skip []bool) {
	type named struct {
		name  string
		value any
	}
	var counting []named
	for i := range p.kind.Params {
		if !p.isDefault(i) && (skip == nil || !skip[i]) {
			counting = append(counting, named{p.kind.Params[i].Name, p.values[i]})
		}
	}
	slices.SortFunc(counting, func(a, b named) int { return strings.Compare(a.name, b.name) })
	e.count(len(counting))
	for _, n := range counting {
		e.text(n.name)
		e.value(n.value)
	}
}

// inputs writes the inputs by their hashes.
func (e *encoder) inputs(inputs []Input, hash func(*Node) *Hash) {
	e.count(len(inputs))
	for _, in := range inputs {
		e.input(in, hash)
	}
}

func (e *encoder) input(in Input, hash func(*Node) *Hash) {
	e.text(in.Role)
	e.count(len(in.Nodes))
	for _, n := range in.Nodes {
		*e = append(*e, hash(n)[:]...)
	}
}

func (e *encoder) sum() Hash { return sha256.Sum256(*e) }

func hashOf(n *Node) *Hash      { return &n.Hash }
func tableHashOf(n *Node) *Hash { return &n.Table }
