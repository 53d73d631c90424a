package graph

import (
	"slices"
	"strings"
)

// tableOf returns where a table node's rows are.
func tableOf(n *Node) Table {
	rename, _ := n.Params.Value("rename").(map[string]string)
	wide, _ := n.Params.Value("wide").(map[string]string)
	return Table{
		Name:        n.Params.String("table"),
		Query:       n.Params.String("query"),
		Rename:      rename,
		Identifiers: n.Params.Strings("identifiers"),
		Key:         n.Key(),
		Columns:     n.Params.Strings("columns"),
		WideName:    wide["name"],
		WideValue:   wide["value"],
		Timezone:    n.Params.String("timezone"),
	}
}

// normaliseTable takes the key's names out of columns, where they mean nothing: the key is always there.
func normaliseTable(p Params) {
	for i := range p.kind.Params {
		if columns, ok := p.values[i].([]string); ok && p.kind.Params[i].Name == "columns" {
			key := p.Strings("key")
			p.values[i] = slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return slices.Contains(key, c) })
		}
	}
}

// maxPrefix leaves room for _ and 32 digits in the 63 bytes of a PostgreSQL name.
const maxPrefix = 63 - 33

// prefixOf returns what a node's ids begin with: the table's name for a table, else the kind. It says no more than that;
// the hash alone identifies.
func prefixOf(p Params) string {
	if p.kind.Name != KindTable {
		return p.kind.Name
	}
	if p.Has("query") {
		return "query"
	}
	return sanitise(p.String("table"))
}

// sanitise keeps lower-case letters, digits and underscores of a table's name. A folder must not begin with _, and a SQL
// name not with a digit.
func sanitise(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			r = '_'
		}
		b.WriteRune(r)
	}
	s := strings.Trim(b.String(), "_")
	if s == "" || s[0] <= '9' {
		s = strings.TrimRight("table_"+s, "_")
	}
	if len(s) > maxPrefix {
		s = strings.TrimRight(s[:maxPrefix], "_")
	}
	return s
}
