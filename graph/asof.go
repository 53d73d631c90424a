package graph

import (
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/config"
)

// AsOf says that an input of a sql, python or command node is read as of a time, too: with rows from before those that it has by the node's lookback.
type AsOf struct {
	Whole  bool  // all rows of the latest date; else the last row of each combination of the key without time_index
	MaxAge int64 // rows older than this are left out, microseconds; 0: none are
}

// AsOf returns how an input is read as of a time, nil where it isn't.
func (n *Node) AsOf(role string) *AsOf {
	all, _ := n.Params.Value("as_of").(Free)
	m, ok := all[role].(map[string]any)
	if !ok {
		return nil
	}
	a := &AsOf{Whole: m["as_of"] == "whole"}
	if age, ok := m["max_age"].(string); ok {
		d, _ := ParseDuration(age) // it was parsed before
		a.MaxAge = d.Elapsed()
	}
	return a
}

// asOfParam holds what inputs say beside their node.
var asOfParam = ParamSpec{Name: "as_of", Type: AsOfs, Inner: true, Doc: "which inputs are read as of a time; written as inputs.NAME.as_of and max_age"}

const asOfHint = "inputs: {f: {node: filings, as_of: each, max_age: 90d}}"

// namedInputs reads inputs: {p: prices, f: {node: filings, as_of: each, max_age: 90d}}.
func (c *compiler) namedInputs(t *template, e config.Entry, in *InputSpec) {
	if e.Value.Kind != config.Map || len(e.Value.Map) == 0 {
		c.add(e.Value.Pos, "inputs: {p: prices}", "%s must be a mapping of names in the query to nodes, not %s", e.Key, e.Value.Describe())
		return
	}
	asOf := config.Value{Pos: e.Value.Pos, Kind: config.Map}
	for _, m := range e.Value.Map {
		if m.Value.Kind == config.Map {
			node, with := c.asOf(m)
			if m.Value = node; node.Kind == 0 {
				continue
			}
			asOf.Map = append(asOf.Map, with)
		}
		if nodes := c.nodeNames(m, false); nodes != nil {
			t.inputs = append(t.inputs, source{role: m.Key, spec: in, nodes: nodes})
		}
	}
	if len(asOf.Map) == 0 {
		return
	}
	spec := slices.IndexFunc(t.kind.Params, func(s ParamSpec) bool { return s.Name == asOfParam.Name })
	if spec < 0 {
		c.add(asOf.Map[0].KeyPos, "a sql node joins as of a time: "+asOfHint, "inputs of kind %s are not read as of a time", t.kind.Name)
		return
	}
	c.parameter(t, config.Entry{Key: e.Key, KeyPos: e.KeyPos, Value: asOf}, spec)
}

// asOf takes {node: filings, as_of: each, max_age: 90d} apart. The node's kind is 0 where something is wrong, which was reported.
func (c *compiler) asOf(m config.Entry) (node config.Value, with config.Entry) {
	with = config.Entry{Key: m.Key, KeyPos: m.KeyPos, Value: config.Value{Pos: m.Value.Pos, Kind: config.Map}}
	known := []string{"node", "as_of", "max_age"}
	before := len(c.problems)
	for _, o := range m.Value.Map {
		switch {
		case o.Key == "where":
			c.add(o.KeyPos, "write the condition into the query", "%s takes no where", m.Key)
		case !slices.Contains(known, o.Key):
			c.add(o.KeyPos, config.Suggest(o.Key, known), "unknown key %q in %s", cut(o.Key), m.Key)
		case o.Key == "node":
			node = o.Value
		default:
			with.Value.Map = append(with.Value.Map, o)
		}
	}
	_, has := with.Value.Get("as_of")
	switch _, named := m.Value.Get("node"); {
	case !named:
		c.add(m.Value.Pos, asOfHint, "%s names no node", m.Key)
	case !has:
		c.add(m.Value.Pos, asOfHint, "%s does not say as_of: each, or whole", m.Key)
	}
	if len(c.problems) > before {
		node = config.Value{}
	}
	return node, with
}

// asOfs types what inputs say.
func (s *ParamSpec) asOfs(v any) (any, *fault) {
	all, ok := v.(map[string]any)
	if !ok {
		return nil, s.wrong(v)
	}
	out := Free{}
	for _, role := range sortedKeys(all) {
		m, ok := all[role].(map[string]any)
		if !ok {
			return nil, s.wrong(v)
		}
		typed := map[string]any{}
		for _, as := range []ParamSpec{{Name: "as_of", Type: Enum, Enum: []string{"each", "whole"}}, {Name: "max_age", Type: Span}} {
			if m[as.Name] == nil {
				continue
			}
			x, f := as.convert(m[as.Name])
			if f != nil {
				f.message = fmt.Sprintf("%s: %s %s", role, as.Name, f.message)
				return nil, f
			}
			typed[as.Name] = x
		}
		out[role] = typed
	}
	return out, nil
}
