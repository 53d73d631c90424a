package graph

import (
	"slices"
	"strings"
)

// harmless are the words of SQL that name no column. Where a table's columns are not known, any other word may be one.
var harmless = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "is": true, "null": true, "like": true, "ilike": true,
	"between": true, "true": true, "false": true, "lower": true, "upper": true,
}

// words returns the identifiers and keywords of a SQL condition in lower case, and * where it stands; numbers, text in
// single quotes and comments are passed over, double quotes taken off.
func words(sql string) []string {
	var found []string
	for _, l := range lex(sql).out {
		s := sql[l.start:l.end]
		switch {
		case l.kind == word && (s[0] < '0' || s[0] > '9'):
			found = append(found, strings.ToLower(s))
		case l.kind == name:
			s = strings.TrimSuffix(s[1:], `"`)
			found = append(found, strings.ToLower(strings.ReplaceAll(s, `""`, `"`)))
		case l.kind == unsureText: // U&"a name" too, written otherwise than it reads
			found = append(found, "*")
		case l.kind == operator && strings.Contains(s, "*"):
			found = append(found, "*")
		}
	}
	return found
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
