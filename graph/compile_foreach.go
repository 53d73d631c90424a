package graph

import (
	"slices"

	"github.com/tdlake/tdlake/config"
)

// foreach reads the loops. Their own values refer to parameters, never to one another.
func (c *compiler) foreach(t *template, v config.Value) {
	const example = "foreach: {in_window: [60, 120]}"
	switch {
	case v.Kind == 0:
		return
	case v.Kind != config.Map:
		c.add(v.Pos, example, "foreach must be a mapping of parameters to lists, not %s", v.Describe())
		return
	case len(v.Map) == 0:
		c.add(v.Pos, example, "foreach is empty")
		return
	}
	var names []string
	for _, s := range t.kind.Params {
		if !s.Inner {
			names = append(names, s.Name)
		}
	}
	var loops []loop
	for _, e := range v.Map {
		spec := slices.IndexFunc(t.kind.Params, func(s ParamSpec) bool { return s.Name == e.Key && !s.Inner })
		if spec < 0 {
			c.add(e.KeyPos, config.Suggest(e.Key, names), "foreach: %q is no parameter of kind %s", cut(e.Key), t.kind.Name)
			continue
		}
		if e.Value.IsNull() {
			c.add(e.Value.Pos, "", "foreach: %s has no values", e.Key)
			continue
		}
		if x, ok := c.expression(e.Value, t.kind.Params[spec].Type, c.global); ok {
			loops = append(loops, loop{spec, x})
		}
	}
	t.loops = loops
}
