package graph

import (
	"encoding/hex"

	"github.com/tdlake/tdlake/frame"
)

// Hash is a SHA-256 identity, all of it. The first 128 bits are shown.
type Hash [32]byte

// Hex returns the 32 hexadecimal digits that are shown of a hash.
func (h Hash) Hex() string { return hex.EncodeToString(h[:16]) }

// Node is one time series: a kind, parameters and inputs, all resolved. Nodes are immutable and interned: within a
// Pipeline, two nodes with one Hash are one pointer. Where nodes of several names are equal, Name, Elem and Store are those
// of the name that was resolved first.
type Node struct {
	Name   string    // its name in the config; not part of its identity
	Kind   *Kind     // what it computes
	Params Params    // typed, defaults filled in
	Inputs []Input   // in the order of Kind.Inputs
	Elem   []Setting // for an element of a foreach: its parameters, in the order written; see Pipeline.Elements
	Store  bool      // store: true under this name; see Pipeline.Stores. Not part of its identity
	Hash   Hash      // local_hash_id's
	Table  Hash      // the table hash: without the parameters in ignore_local_kwargs
	Shared bool      // ignore_local_kwargs stands here or above: other nodes may have this table hash

	prefix string
}

// ID returns the local_hash_id: prefix_hex.
func (n *Node) ID() string { return n.prefix + "_" + n.Hash.Hex() }

// TableID returns the name of the node's table in a database: prefix_hex of the table hash.
func (n *Node) TableID() string { return n.prefix + "_" + n.Table.Hex() }

// Input is what a node reads under one role: one node, or every element of a foreach.
type Input struct {
	Role  string
	Nodes []*Node
}

// In returns the nodes under a role, nil where the role is absent.
func (n *Node) In(role string) []*Node {
	for _, in := range n.Inputs {
		if in.Role == role {
			return in.Nodes
		}
	}
	return nil
}

// Setting is a parameter and its value: int64, float64, string, bool or []any of these.
type Setting struct {
	Name  string
	Value any
}

// Table says how a node's rows are found in a database.
type Table struct {
	Name        string            // the table; empty where Query is set
	Query       string            // a SELECT instead of a table
	Rename      map[string]string // column in the database -> name in the node
	Identifiers []string          // only these; empty means all
	Key         []string          // names after Rename; Key[0] is time_index
	Columns     []string          // value columns besides the key, after Rename; nil means every column
	WideName    string            // a wide table's columns become rows: the column that has their names, "" where it is long
	WideValue   string            // the column that has their values
	Timezone    string            // where times without a zone are; "": UTC, with a warning
	Process     string            // where several fill the table, the local_hash_id of the one whose rows are meant; "": all rows
}

// Source returns where the node's rows are in a database: a table node's own table, else the table named by its table
// hash, with the kind's key and every column; of a table that others may fill too, its own rows.
func (n *Node) Source() Table {
	if n.Kind.Name == KindTable {
		return tableOf(n)
	}
	return Table{Name: n.TableID(), Key: n.Key(), Process: n.ID()}
}

// Environment returns the name of the environment that the node is computed in, "" where it needs none. Like Store it is
// that of the name the node was first resolved by.
func (n *Node) Environment() string { return n.Params.String("environment") }

// Key returns the columns of the node's key.
func (n *Node) Key() []string {
	if n.Kind.Key != nil {
		return n.Kind.Key
	}
	if key := n.Params.Strings("key"); len(key) > 0 {
		return key
	}
	return []string{frame.TimeIndex, frame.UniqueIdentifier}
}
