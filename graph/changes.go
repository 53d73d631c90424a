package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// storedSpec is a Spec as it is read back.
type storedSpec struct {
	ID      string                     `json:"local_hash_id"`
	Kind    string                     `json:"kind"`
	Version int                        `json:"kind_version"`
	Params  map[string]json.RawMessage `json:"parameters"`
	Inputs  []specInput                `json:"inputs"`
}

// Changes says what makes n another node than the one with a stored Spec, a line each: "source is ... there and ... here". It
// returns nil where they are no two states of one thing: other kinds, other functions, other roles.
func Changes(n *Node, stored json.RawMessage) []string {
	var there, here storedSpec
	if json.Unmarshal(stored, &there) != nil || json.Unmarshal(Spec(n), &here) != nil {
		return nil
	}
	if there.Kind != here.Kind || !bytes.Equal(there.Params["name"], here.Params["name"]) || !slices.EqualFunc(there.Inputs, here.Inputs,
		func(a, b specInput) bool { return a.Role == b.Role }) {
		return nil
	}
	var changes []string
	if there.Version != here.Version {
		changes = append(changes, fmt.Sprintf("kind %s has version %d there and %d here", here.Kind, there.Version, here.Version))
	}
	for i := range n.Kind.Params {
		s := &n.Kind.Params[i]
		if was, is := there.Params[s.Name], here.Params[s.Name]; !bytes.Equal(was, is) {
			changes = append(changes, s.change(was, is)...)
		}
	}
	for i, in := range here.Inputs {
		if !slices.Equal(there.Inputs[i].Nodes, in.Nodes) {
			changes = append(changes, fmt.Sprintf("the input %s is %v there and %v here", in.Role, there.Inputs[i].Nodes, in.Nodes))
		}
	}
	return changes
}

// change describes a parameter that differs; of a mapping, each name that does.
func (s *ParamSpec) change(was, is json.RawMessage) []string {
	var before, after map[string]json.RawMessage
	if s.Type == FreeMap && (was == nil || json.Unmarshal(was, &before) == nil) && (is == nil || json.Unmarshal(is, &after) == nil) {
		names := sortedKeys(before)
		names = append(names, sortedKeys(after)...)
		slices.Sort(names)
		var changes []string
		for _, name := range slices.Compact(names) {
			if !bytes.Equal(before[name], after[name]) {
				changes = append(changes, fmt.Sprintf("%s.%s is %s there and %s here", s.Name, name, cut(orDefault(before[name])), cut(orDefault(after[name]))))
			}
		}
		return changes
	}
	return []string{fmt.Sprintf("%s is %s there and %s here", s.about(), s.short(orDefault(was)), s.short(orDefault(is)))}
}

func orDefault(v json.RawMessage) string {
	if v == nil {
		return "not given"
	}
	return string(v)
}
