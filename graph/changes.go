package graph

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// storedSpec is a Spec as it is read back.
type storedSpec struct {
	ID      string                     `json:"local_hash_id"`
	Kind    string                     `json:"kind"`
	Version int                        `json:"kind_version"`
	Params  map[string]json.RawMessage `json:"parameters"`
	Inputs  []specInput                `json:"inputs"`
	Outside struct {
		Contents []string `json:"contents"`
	} `json:"outside"`
}

// Changes says what makes n another node than the one with a stored Spec, a line each: "source is ... there and ... here". It
// returns nil where they are no two states of one thing: other kinds, other functions, other roles.
func Changes(n *Node, stored json.RawMessage) []string {
	var there, here storedSpec
	if json.Unmarshal(rewritten(stored), &there) != nil || json.Unmarshal(rewritten(Spec(n)), &here) != nil {
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
		was, is := there.Params[s.Name], here.Params[s.Name]
		switch {
		case bytes.Equal(was, is):
		case s.Name == "packages" && there.Outside.Contents != nil && here.Outside.Contents != nil:
			changes = append(changes, packageChanges(there.Outside.Contents, here.Outside.Contents, "there", "here")...)
		default:
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

// rewritten writes JSON in one way, that of a database which has parsed it among them: keys sorted, no spaces, numbers as Go has
// them. What is no JSON is left as it is.
func rewritten(text json.RawMessage) json.RawMessage {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // a whole number and a float are not the same
	if d.Decode(&v) != nil {
		return text
	}
	var b bytes.Buffer
	if writeJSON(&b, rewrittenNumbers(v)) != nil {
		return text
	}
	return b.Bytes()
}

func rewrittenNumbers(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = rewrittenNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = rewrittenNumbers(v[k])
		}
	case json.Number:
		f, err := v.Float64()
		if err != nil || !strings.ContainsAny(v.String(), ".eE") {
			return v
		}
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return json.Number(text)
	}
	return v
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
				x, y := s.differ(orDefault(before[name]), orDefault(after[name]))
				changes = append(changes, fmt.Sprintf("%s.%s is %s there and %s here", s.Name, name, x, y))
			}
		}
		return changes
	}
	x, y := s.differ(orDefault(was), orDefault(is))
	return []string{fmt.Sprintf("%s is %s there and %s here", s.about(), x, y)}
}

// packageChanges says how two environments differ, a line a package: contents are Python's version and then name==version.
func packageChanges(a, b []string, nameA, nameB string) []string {
	place := func(name string) string {
		if name == "there" || name == "here" {
			return name
		}
		return "in " + name
	}
	was, is := versions(a), versions(b)
	names := append(sortedKeys(was), sortedKeys(is)...)
	slices.Sort(names)
	var changes []string
	for _, name := range slices.Compact(names) {
		if was[name] != is[name] {
			changes = append(changes, fmt.Sprintf("the environment's %s is %s %s and %s %s", name, cmp.Or(was[name], "missing"), place(nameA), cmp.Or(is[name], "missing"), place(nameB)))
		}
	}
	if changes == nil {
		changes = []string{"the environment's packages differ"}
	}
	return changes
}

func versions(contents []string) map[string]string {
	out := map[string]string{}
	for _, line := range contents {
		name, version, ok := strings.Cut(line, "==")
		if !ok {
			name, version, _ = strings.Cut(line, " ") // python 3.11, or name @ address
		}
		out[name] = version
	}
	return out
}

func orDefault(v json.RawMessage) string {
	if v == nil {
		return "not given"
	}
	return string(v)
}
