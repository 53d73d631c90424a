package postgres

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
)

// choose picks the columns of the node among the attributes, and sets cols and schema.
func (v *View) choose(r *relation, attrs []attribute) error {
	byName, err := v.renamed(r, attrs)
	if err != nil {
		return err
	}
	names := slices.Clone(r.table.Key)
	wanted := r.table.Columns
	if wanted == nil {
		for _, a := range byName {
			wanted = append(wanted, a.as)
		}
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for i, name := range names {
		c, err := v.column(r, byName, name, i < len(r.table.Key))
		if err != nil {
			return err
		}
		r.cols = append(r.cols, c)
		r.schema.Fields = append(r.schema.Fields, c.field)
	}
	r.schema.Key = len(r.table.Key)
	if len(r.table.Identifiers) > 0 {
		id, err := v.column(r, byName, frame.UniqueIdentifier, true)
		if err != nil {
			return err
		}
		r.id = &id
	}
	return r.schema.Check()
}

// named is an attribute under its name in the node.
type named struct {
	attribute
	as string
}

func (v *View) renamed(r *relation, attrs []attribute) ([]named, error) {
	var out []named
	var known []string
	seen := map[string]bool{}
	for _, a := range attrs {
		as, ok := r.table.Rename[a.name]
		if !ok {
			as = a.name
		}
		if seen[as] {
			return nil, v.data("rename one of them to another name", "%s: two columns are named %q", r.label, as)
		}
		seen[as] = true
		out = append(out, named{a, as})
		known = append(known, a.name)
	}
	for _, from := range slices.Sorted(maps.Keys(r.table.Rename)) {
		if !slices.Contains(known, from) {
			return nil, v.missing(r, database.Among("column", from, known), "%s has no column %q to rename", r.label, from)
		}
	}
	return out, nil
}

// column finds one column of the node.
func (v *View) column(r *relation, attrs []named, name string, key bool) (column, error) {
	i := slices.IndexFunc(attrs, func(a named) bool { return a.as == name })
	if i < 0 {
		return column{}, v.noColumn(r, attrs, name, key)
	}
	a := attrs[i].attribute
	c, ok := newColumn(a, name)
	if !ok {
		return column{}, v.data(castHint(r, a), "%s: column %q is %s, which a node cannot hold", r.label, a.name, a.written)
	}
	wrong := func(cast, what string) error {
		return v.data(fmt.Sprintf("make it one in a query: select %s::%s as %s, ...", identifier(a.name), cast, name),
			"%s: column %q is in the key and is %s, not %s", r.label, a.name, a.written, what)
	}
	switch {
	case name == frame.TimeIndex && c.field.Type != frame.Timestamp:
		return column{}, wrong("timestamptz", "a time")
	case name == frame.UniqueIdentifier && c.field.Type != frame.String:
		return column{}, wrong("text", "text")
	case key && c.field.Type == frame.Float64:
		return column{}, wrong("bigint", "text, a whole number, a date or a timestamp")
	}
	if c.enc == asNumeric {
		v.warn("%s: column %q: %s is stored as float", r.label, c.name, c.written)
	}
	return c, nil
}

// noColumn is the error about a column that isn't there.
func (v *View) noColumn(r *relation, attrs []named, name string, key bool) error {
	known := make([]string, len(attrs))
	for i, a := range attrs {
		known[i] = a.as
	}
	hint, part := database.Among("column", name, known), ""
	if key {
		part = ", which is in the key"
		hint += "; rename: {" + guess(name, known) + ": " + name + "} gives a column this name"
	}
	return v.missing(r, hint, "%s has no column %q%s", r.label, name, part)
}

func castHint(r *relation, a attribute) string {
	number := "float8"
	if a.written == "money" {
		number = "numeric"
	}
	hint := fmt.Sprintf("cast it in a query: select %s::text ... or ::%s", identifier(a.name), number)
	if r.table.Columns == nil {
		hint += "; or list the columns that are needed under columns"
	}
	return hint
}

// guess is the column that a key's column is probably meant to come from.
func guess(name string, known []string) string {
	likely := []string{"ticker", "symbol", "asset", "identifier", "id", "name"}
	if name == frame.TimeIndex {
		likely = []string{"time", "date", "timestamp", "datetime", "ts", "day"}
	}
	for _, l := range likely {
		if slices.Contains(known, l) {
			return l
		}
	}
	return "COLUMN"
}
