package duck

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
)

// IsEquality reports whether a condition is as plain as etf = 'XLF': one column, one text. Most universes are chosen so, and opening a
// database for it would take longer than a day's regressions.
func IsEquality(where string) bool {
	_, _, ok := equality(where)
	return ok
}

// FilterEqual is what [DB.Filter] answers, without a database: ok is false where the condition is no equality, or the column no text.
func FilterEqual(f *frame.Frame, where string) (kept *frame.Frame, ok bool) {
	name, value, ok := equality(where)
	if !ok {
		return nil, false
	}
	i := slices.IndexFunc(f.Schema().Fields, func(c frame.Field) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return nil, false
	}
	column, ok := f.Column(i).(*array.String)
	if !ok {
		return nil, false
	}
	keep := make([]bool, f.Rows())
	for r := range keep {
		keep[r] = column.IsValid(r) && column.Value(r) == value
	}
	kept, err := pick(f, keep)
	return kept, err == nil
}

// Equality takes a condition apart that is as plain as etf = 'XLF'; ok is false for others.
func Equality(where string) (column, value string, ok bool) { return equality(where) }

// equality takes a condition apart. A word that DuckDB reserves, or takes for the clock, is none of a column; an escape string (E'...') or $$...$$
// is left to DuckDB.
func equality(where string) (column, value string, ok bool) {
	t, err := tokenize(where)
	if err != nil || len(t) != 3 || t[0].name() == "" || !t[1].sign("=") || t[2].kind != text || !plainText(where, t[2]) {
		return "", "", false
	}
	if t[0].kind == word && (slices.Contains(clocks, t[0].name()) || reserved()[t[0].name()]) {
		return "", "", false
	}
	return t[0].text, t[2].text, true
}

// plainText reports whether a text is written as 'text'. A token begins at its quote, also where E stands before it.
func plainText(sql string, t token) bool {
	return sql[t.at] == '\'' && !strings.HasSuffix(strings.ToLower(sql[:t.at]), "e")
}
