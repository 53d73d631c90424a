package graph

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// sqlText is a SQL text with references in it, taken apart once: what each reference stands in is settled before any value
// is known, and no value may change it.
type sqlText struct {
	lexemes []lexeme
	text    string // a p in place of every reference
	slots   []sqlSlot
}

// sqlSlot is where a reference stands.
type sqlSlot struct {
	at    int // in text
	in    int // of lexemes
	alone bool
}

// hole is what lexes as part of whatever it stands in.
const hole = "p"

func newSQLText(parts []expr) *sqlText {
	t := &sqlText{}
	var b strings.Builder
	for i := range parts {
		if parts[i].form == constant {
			b.WriteString(parts[i].value.(string))
			continue
		}
		t.slots = append(t.slots, sqlSlot{at: b.Len()})
		b.WriteString(hole)
	}
	t.text = b.String()
	t.lexemes = lex(t.text).out
	for i := range t.slots {
		s := &t.slots[i]
		s.in = slices.IndexFunc(t.lexemes, func(l lexeme) bool { return s.at < l.end })
		l := t.lexemes[s.in]
		s.alone = l.kind == word && l.end-l.start == len(hole)
	}
	return t
}

// fill puts values into the text: values[i] where the i-th reference stands. The fault is that of the reference at.
func (t *sqlText) fill(values []any, written []*config.Value) (sql string, at int, f *fault) {
	var b strings.Builder
	last := 0
	lengths := make([]int, len(values))
	for i := range t.slots {
		b.WriteString(t.text[last:t.slots[i].at])
		last = t.slots[i].at + len(hole)
		value, f := t.put(&t.slots[i], values[i], written[i])
		if f != nil {
			return "", i, f
		}
		if lengths[i] = len(value); len(value) > 1 && value[0] == '-' && bindsMinus(b.String()) {
			value = "(" + value + ")"
			lengths[i] = len(value)
		}
		b.WriteString(value)
	}
	b.WriteString(t.text[last:])
	if at := t.changed(b.String(), lengths); at >= 0 {
		return "", at, faultf("put spaces or brackets around it", "cannot hold ${} here: %s would run together with what is beside it", describe(values[at]))
	}
	return b.String(), 0, nil
}

// bindsMinus reports whether a - right behind this SQL would be taken for part of another sign: of a comment, or an operator.
func bindsMinus(sql string) bool {
	return sql != "" && strings.IndexByte("-~!@#%^&|`?", sql[len(sql)-1]) >= 0
}

// put writes a value for the place where its reference stands.
func (t *sqlText) put(s *sqlSlot, v any, written *config.Value) (string, *fault) {
	kind := t.lexemes[s.in].kind
	if list, isList := v.([]any); isList {
		if !s.alone {
			return "", faultf("a list stands by itself in SQL: in ${}", "holds the list ${} inside a text")
		}
		return t.list(s, list, written)
	}
	if kind == lineComment || kind == blockComment {
		return comment(kind, v)
	}
	if s.alone && !t.besidePoint(s) {
		return t.bare(s, v, written)
	}
	plain, f := plainText(v, written)
	if f != nil {
		return "", f
	}
	switch {
	case kind == text:
		return strings.ReplaceAll(plain, "'", "''"), nil
	case kind == escapedText:
		return strings.NewReplacer("'", "''", `\`, `\\`).Replace(plain), nil
	case kind == name:
		return strings.ReplaceAll(plain, `"`, `""`), nil
	case kind == dollarText && !strings.Contains(plain, "$") && t.within(s):
		return plain, nil
	case kind == word && plain != "" && wordLength(plain) == len(plain):
		return plain, nil
	case kind == word && s.alone && isText(v):
		return t.bare(s, v, written)
	case kind == word:
		return "", faultf("", "cannot hold ${} here: %s is no part of a name or number", describe(v))
	}
	return "", faultf("write the text in single quotes", "cannot hold ${} here: databases differ in how they read such a text")
}

func isText(v any) bool { _, ok := v.(string); return ok }

// within reports whether a reference stands between the tags of its text, not in one.
func (t *sqlText) within(s *sqlSlot) bool {
	l := t.lexemes[s.in]
	tag := len(dollarTag(t.text[l.start:]))
	return s.at >= l.start+tag && s.at < l.end-tag
}

// besidePoint reports whether a reference stands beside a point: of a qualified name, or a number's.
func (t *sqlText) besidePoint(s *sqlSlot) bool {
	is := func(i int) bool {
		return i >= 0 && i < len(t.lexemes) && t.text[t.lexemes[i].start] == '.'
	}
	return is(s.in-1) || is(s.in+1)
}

// comment writes a value that nobody reads, but that must not end the comment.
func comment(kind lexemeKind, v any) (string, *fault) {
	shown := show(v)
	if kind == lineComment && strings.ContainsAny(shown, "\r\n") || kind == blockComment && strings.ContainsAny(shown, "*/") {
		return "", faultf("leave the reference out of the comment", "cannot hold ${} in a comment: %s would end it", describe(v))
	}
	return shown, nil
}

// bare writes a value where SQL reads it: a number or a truth value, a name, or an expression where nothing beside it can
// take a part of it.
func (t *sqlText) bare(s *sqlSlot, v any, written *config.Value) (string, *fault) {
	shown := show(v)
	if !isText(v) {
		if written != nil && leadingZeros.MatchString(written.Text) {
			return "", unlike(v, written)
		}
		return shown, nil
	}
	why := incomplete(shown)
	if why == "" && !oneItem(shown) {
		why = t.loose(s, shown)
	}
	if why != "" {
		return "", faultf("for a text write '${}', in single quotes; for an expression (${}), in brackets", "cannot hold ${} outside of quotes: %s %s", describe(v), why)
	}
	return shown, nil
}

// codes are numbers that a program would not take for such, or for others: 000700, +5, 0x1A, 12E3. leadingZeros are those that look like numbers to nobody.
var (
	codes        = regexp.MustCompile(`^(\+.*|0[xo].*|[0-9]+E[0-9]+|-?0[0-9].*)$`)
	leadingZeros = regexp.MustCompile(`^[-+]?0[0-9]`)
)

// changed returns the first reference whose value makes the filled text read otherwise than its parts do, or -1.
func (t *sqlText) changed(sql string, lengths []int) int {
	got, shift, next := lex(sql).out, 0, 0
	slot := 0
	for i, want := range t.lexemes {
		start := want.start + shift
		first := slot
		for slot < len(t.slots) && t.slots[slot].in == i {
			shift += lengths[slot] - len(hole)
			slot++
		}
		end := want.end + shift
		alone := slot > first && t.slots[first].alone
		if start == end && alone {
			continue
		}
		if next >= len(got) || got[next].start != start {
			return min(first, len(t.slots)-1)
		}
		if alone {
			for next < len(got) && got[next].end < end {
				next++
			}
		}
		if next >= len(got) || got[next].end != end || !alone && got[next].kind != want.kind {
			return min(first, len(t.slots)-1)
		}
		next++
	}
	return -1
}

// list writes a list: after IN as SQL's own, elsewhere as an array, which PostgreSQL and DuckDB read alike.
func (t *sqlText) list(s *sqlSlot, list []any, written *config.Value) (string, *fault) {
	if len(list) == 0 {
		return "", faultf("", "holds an empty list")
	}
	items := make([]string, len(list))
	for i, v := range list {
		if isText(v) != isText(list[0]) || isBool(v) != isBool(list[0]) {
			return "", faultf("put every item in quotes, or none", "holds the list ${}, whose items are not of one type: %s and %s", describe(list[0]), describe(v))
		}
		if items[i] = show(v); isText(v) {
			items[i] = "'" + strings.ReplaceAll(items[i], "'", "''") + "'"
		} else if written != nil && i < len(written.List) && leadingZeros.MatchString(written.List[i].Text) {
			return "", unlike(v, &written.List[i])
		}
	}
	joined := strings.Join(items, ", ")
	before, after := t.before(s.in), t.after(s.in)
	switch {
	case strings.EqualFold(t.show(before), "in"):
		return "(" + joined + ")", nil
	case t.show(before) == "(" && t.show(after) == ")" && strings.EqualFold(t.show(t.before(before)), "in"):
		return joined, nil
	}
	return "array[" + joined + "]", nil
}

func isBool(v any) bool { _, ok := v.(bool); return ok }

// before and after return the next lexeme that counts, -1 where there is none.
func (t *sqlText) before(i int) int {
	for i--; i >= 0 && t.lexemes[i].kind <= blockComment; i-- {
	}
	return i
}

func (t *sqlText) after(i int) int {
	for i++; i < len(t.lexemes); i++ {
		if t.lexemes[i].kind > blockComment {
			return i
		}
	}
	return -1
}

func (t *sqlText) show(i int) string {
	if i < 0 {
		return ""
	}
	return t.text[t.lexemes[i].start:t.lexemes[i].end]
}
