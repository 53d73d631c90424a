package graph

import (
	"slices"
	"strings"
	"unicode"
)

// harmless are the words of SQL that name no column. Where a table's columns are not known, any other word may be one.
var harmless = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "is": true, "null": true, "like": true, "ilike": true,
	"between": true, "true": true, "false": true, "lower": true, "upper": true,
}

// words returns the identifiers and keywords of a SQL condition in lower case, and * where it stands; text in single
// quotes and comments are passed over, double quotes taken off.
func words(sql string) []string {
	var found []string
	for sql != "" {
		switch r := rune(sql[0]); {
		case r == '\'':
			sql = afterQuote(sql, '\'')
		case r == '"':
			rest := afterQuote(sql, '"')
			found = append(found, strings.ToLower(strings.Trim(sql[:len(sql)-len(rest)], `"`)))
			sql = rest
		case strings.HasPrefix(sql, "--"):
			_, sql, _ = strings.Cut(sql, "\n")
		case strings.HasPrefix(sql, "/*"):
			_, sql, _ = strings.Cut(sql[2:], "*/")
		case r == '*':
			found = append(found, "*")
			sql = sql[1:]
		case r == '_' || r >= 0x80 || unicode.IsLetter(r):
			n := strings.IndexFunc(sql, func(r rune) bool { return r < 0x80 && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			if n < 0 {
				n = len(sql)
			}
			found = append(found, strings.ToLower(sql[:n]))
			sql = sql[n:]
		default:
			sql = sql[1:]
		}
	}
	return found
}

// afterQuote returns what follows a quoted text; a doubled quote begins another text right behind, which is as good.
func afterQuote(sql string, quote byte) string {
	if end := strings.IndexByte(sql[1:], quote); end >= 0 {
		return sql[end+2:]
	}
	return ""
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
