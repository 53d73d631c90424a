package postgres

import (
	"fmt"
	"slices"

	relations "github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/frame"
)

// reshape reads times without a zone where the node says that they are, and makes rows of a wide table's columns. No index serves then.
func (v *View) reshape(r *relation, attrs []attribute) ([]attribute, error) {
	if r.table.Timezone != "" {
		v.zone(r, attrs)
	}
	if r.table.WideName == "" {
		return attrs, nil
	}
	return v.lengthen(r, attrs)
}

func (v *View) zone(r *relation, attrs []attribute) {
	if !slices.ContainsFunc(attrs, func(a attribute) bool { return a.base == oidTimestamp }) {
		return
	}
	values := make([]string, len(attrs))
	for i := range attrs {
		a := &attrs[i]
		name := identifier(a.name)
		values[i] = name
		if a.base == oidTimestamp {
			values[i] = fmt.Sprintf("(%s::timestamp at time zone %s) as %s", name, literal(r.table.Timezone), name)
			a.oid, a.base, a.written = oidTimestampTZ, oidTimestampTZ, "timestamp with time zone"
		}
	}
	r.from = fmt.Sprintf("(select %s from %s as f)", join(values), r.from)
	r.oid, r.mayIndex = 0, false
}

// lengthen names the key's columns as the node does: a rename is for them, or for what becomes rows.
func (v *View) lengthen(r *relation, attrs []attribute) ([]attribute, error) {
	byName, err := v.renamed(r, attrs)
	if err != nil {
		return nil, err
	}
	var keys, rows []string
	var out []attribute
	value := attribute{name: r.table.WideValue, oid: oidInt8, base: oidInt8, written: "bigint", notNull: true}
	for _, a := range byName {
		name := identifier(a.name)
		c, ok := newColumn(a.attribute, a.as)
		switch {
		case slices.Contains(r.table.Key, a.as):
			keys = append(keys, "f."+name+" as "+identifier(a.as))
			a.name = a.as
			out = append(out, a.attribute)
			continue
		case len(r.table.Identifiers) > 0 && r.table.WideName == frame.UniqueIdentifier && !slices.Contains(r.table.Identifiers, a.as):
			continue
		case !ok || c.field.Type != frame.Float64 && c.field.Type != frame.Int64:
			return nil, v.data("make it a number, put it into the key, or leave it out with a query", "%s: column %q is %s, and the columns of a wide table are numbers", r.label, a.name, a.written)
		case c.field.Type == frame.Float64:
			value.oid, value.base, value.written = oidFloat8, oidFloat8, "double precision"
		}
		rows = append(rows, "("+literal(a.as)+", f."+name)
	}
	if slices.ContainsFunc(out, func(a attribute) bool { return a.name == r.table.WideName }) {
		return nil, v.data("wide: {name: ANOTHER, value: ...}", "%s: there is a column %q already, which wide is to make", r.label, r.table.WideName)
	}
	for i := range rows {
		rows[i] += "::" + value.written + ")"
	}
	if len(rows) == 0 {
		rows = []string{"(null, null::" + value.written + ")"}
	}
	some := "w.v is not null"
	if value.oid == oidFloat8 {
		some += " and w.v <> 'NaN'"
	}
	r.from = fmt.Sprintf("(select %s from %s as f cross join lateral (values %s) as w(n, v) where %s)",
		join(append(keys, "w.n::text as "+identifier(r.table.WideName), "w.v as "+identifier(r.table.WideValue))), r.from, join(rows), some)
	r.oid, r.mayIndex, r.table.Rename = 0, false, nil
	return append(out, attribute{name: r.table.WideName, oid: oidText, base: oidText, written: "text", stringy: true, notNull: true}, value), nil
}

// sayNaive warns of times that are taken as UTC because nothing says where they are.
func (v *View) sayNaive(r *relation, f *frame.Frame) {
	if r.table.Timezone != "" || r.naiveSaid {
		return
	}
	for i, c := range r.cols {
		if c.base != oidTimestamp || c.field.Type != frame.Timestamp {
			continue
		}
		if text := relations.Naive(c.name, f, i); text != "" {
			r.naiveSaid = true
			v.warn("%s: %s", r.label, text)
			return
		}
	}
}
