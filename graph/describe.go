package graph

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/tdlake/tdlake/frame"
)

// spec is a node's identity in clear, as manifests show it.
type spec struct {
	ID      string         `json:"local_hash_id"`
	Hash    string         `json:"sha256"`
	Kind    string         `json:"kind"`
	Version int            `json:"kind_version"`
	Params  map[string]any `json:"parameters"`
	Inputs  []specInput    `json:"inputs"`
	Outside map[string]any `json:"outside,omitempty"` // no part of the identity: what digests among the parameters are of
}

type specInput struct {
	Role  string   `json:"role"`
	Nodes []string `json:"nodes"`
}

// Spec returns what identifies a node as canonical JSON, for manifests: its kind, the parameters that are not at their
// default, and the ids of its inputs. Equal nodes have equal bytes, whatever they are called.
func Spec(n *Node) json.RawMessage {
	s := spec{
		ID: n.ID(), Hash: hex.EncodeToString(n.Hash[:]), Kind: n.Kind.Name, Version: n.Kind.Version,
		Params: map[string]any{}, Inputs: []specInput{},
	}
	for i, v := range n.Params.values {
		if !n.Params.isDefault(i) {
			s.Params[n.Kind.Params[i].Name] = v
		}
		if p := &n.Kind.Params[i]; p.Outside && p.Inner && v != nil {
			s.Outside = map[string]any{p.Name: v}
		}
	}
	for _, in := range n.Inputs {
		ids := make([]string, len(in.Nodes))
		for i, node := range in.Nodes {
			ids[i] = node.ID()
		}
		s.Inputs = append(s.Inputs, specInput{in.Role, ids})
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(fmt.Sprintf("graph: the spec of %s: %v", n.ID(), err)) // only strings, finite numbers, lists and maps of them
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}

// SpecTable returns the table that a node of the kind table reads, of what Spec wrote of it; ok is false for other kinds, and for tables
// with options that a Table of today's does not hold.
func SpecTable(text json.RawMessage) (t Table, ok bool) {
	var s struct {
		Kind   string          `json:"kind"`
		Params json.RawMessage `json:"parameters"`
	}
	if err := json.Unmarshal(text, &s); err != nil || s.Kind != KindTable {
		return Table{}, false
	}
	d := json.NewDecoder(bytes.NewReader(s.Params))
	d.DisallowUnknownFields()
	var p struct {
		Table, Query              string
		Rename, Wide              map[string]string
		Timezone                  string
		Identifiers, Key, Columns []string
	}
	if err := d.Decode(&p); err != nil {
		return Table{}, false
	}
	t = Table{Name: p.Table, Query: p.Query, Rename: p.Rename, Identifiers: p.Identifiers, Key: p.Key, Columns: p.Columns,
		WideName: p.Wide["name"], WideValue: p.Wide["value"], Timezone: p.Timezone}
	if len(t.Key) == 0 {
		t.Key = []string{frame.TimeIndex, frame.UniqueIdentifier}
	}
	return t, true
}

// Difference names the first thing that makes a and b two nodes, as in "lasso_alpha is 1e-05 in A and 0.0001 in B", or
// says that they are the same. Where an input differs it goes on to what differs there.
func Difference(a, b *Node) string {
	return difference(a, b, "", a.ID(), b.ID())
}

func difference(a, b *Node, path, nameA, nameB string) string {
	at := func(what string) string { return path + what }
	if a.Hash == b.Hash {
		return at("the same node")
	}
	if a.Kind != b.Kind {
		return at(fmt.Sprintf("kind is %s in %s and %s in %s", a.Kind.Name, nameA, b.Kind.Name, nameB))
	}
	for i, s := range a.Kind.Params {
		va, vb := a.Params.values[i], b.Params.values[i]
		if s.Outside || reflect.DeepEqual(va, vb) {
			continue
		}
		if s.Name == "packages" && a.Params.Has("contents") && b.Params.Has("contents") {
			return at(packageChanges(a.Params.Strings("contents"), b.Params.Strings("contents"), nameA, nameB)[0])
		}
		x, y := s.differ(showValue(va), showValue(vb))
		return at(fmt.Sprintf("%s is %s in %s and %s in %s", s.about(), x, nameA, y, nameB))
	}
	for i := range max(len(a.Inputs), len(b.Inputs)) {
		if i >= len(a.Inputs) || i >= len(b.Inputs) || a.Inputs[i].Role != b.Inputs[i].Role {
			return at(fmt.Sprintf("the inputs are %s in %s and %s in %s", roles(a), nameA, roles(b), nameB))
		}
		x, y := a.Inputs[i].Nodes, b.Inputs[i].Nodes
		for j := range min(len(x), len(y)) {
			if x[j].Hash != y[j].Hash && len(x) == len(y) {
				return difference(x[j], y[j], path+a.Inputs[i].Role+": ", nameA, nameB)
			}
		}
		if len(x) != len(y) {
			return at(fmt.Sprintf("%s has %d nodes in %s and %d in %s", a.Inputs[i].Role, len(x), nameA, len(y), nameB))
		}
	}
	return at("the encoding differs") // not reached: the hash is made of what is compared above
}

func roles(n *Node) string {
	names := make([]string, len(n.Inputs))
	for i, in := range n.Inputs {
		names[i] = in.Role
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// showValue writes a typed value for people.
func showValue(v any) string {
	switch x := v.(type) {
	case nil:
		return "not given"
	case string:
		return strconv.Quote(x)
	case []string:
		return showValue(untyped(x))
	case []any:
		parts := make([]string, len(x))
		for i, item := range x {
			parts[i] = showValue(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Free:
		return showValue(map[string]any(x))
	case map[string]any:
		parts := make([]string, 0, len(x))
		for _, k := range sortedKeys(x) {
			parts = append(parts, k+": "+showValue(x[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case map[string]string:
		parts := make([]string, 0, len(x))
		for _, k := range sortedKeys(x) {
			parts = append(parts, k+": "+x[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return show(v)
}
