package graph

import (
	"slices"
	"strings"
)

// incomplete says why a text cannot stand by itself in SQL; "" where it can: whatever it holds it also closes.
func incomplete(sql string) string {
	l := lex(sql)
	if l.open {
		return "opens what it does not close"
	}
	var brackets []byte
	for _, x := range l.out {
		c := sql[x.start]
		switch {
		case x.kind == lineComment || x.kind == blockComment:
			return "holds a comment"
		case x.kind == unsureText:
			return "holds a text that databases read differently"
		case x.kind != sign:
		case c == ';':
			return "ends a statement"
		case strings.IndexByte("([{", c) >= 0:
			brackets = append(brackets, c)
		case strings.IndexByte(")]}", c) >= 0:
			last := len(brackets) - 1
			if last < 0 || closing[brackets[last]] != c {
				return "closes what it does not open"
			}
			brackets = brackets[:last]
		}
	}
	if len(brackets) > 0 {
		return "opens what it does not close"
	}
	return ""
}

var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// oneItem reports whether a text is one thing in SQL: nothing, a name, a.qualified."name", a number, a text, an operator.
func oneItem(sql string) bool {
	s := strings.TrimSpace(sql)
	if l := lex(s).out; len(l) == 1 {
		return l[0].kind != sign
	}
	rest := strings.TrimPrefix(s, "-")
	pieces := lex(rest).out
	for i, x := range pieces {
		isPoint := x.kind == sign && rest[x.start] == '.'
		switch {
		case isPoint && i > 0 && i%2 == 1 && i+1 < len(pieces):
		case i%2 == 0 && (x.kind == word || x.kind == name):
		default:
			return false
		}
	}
	return rest == s || len(pieces) > 0 && '0' <= rest[0] && rest[0] <= '9'
}

// opens and closes are the words between which an expression stands by itself, as between brackets and commas.
var (
	opens = []string{"", "(", "[", ",", "select", "distinct", "where", "having", "by", "on", "when", "then", "else", "limit", "offset", "and", "or"}
	ends  = []string{"", ")", "]", ",", "from", "where", "group", "order", "having", "limit", "offset", "qualify", "when", "then", "else", "end", "asc", "desc", "as", "and", "or"}

	// clauses are the words that an expression holds inside of brackets alone.
	clauses = []string{"select", "from", "where", "group", "order", "having", "limit", "offset", "qualify", "union", "intersect", "except", "join", "on", "as", "by", "window", "using"}
)

// loose says what beside a reference would take a part of an expression to itself, or which of its words would end what it
// stands in; "" where nothing does.
func (t *sqlText) loose(s *sqlSlot, expression string) string {
	before, after := strings.ToLower(t.show(t.before(s.in))), strings.ToLower(t.show(t.after(s.in)))
	depth, joins := 0, false
	for _, x := range lex(expression).out {
		w := strings.ToLower(expression[x.start:x.end])
		switch {
		case x.kind == sign && closing[w[0]] != 0:
			depth++
		case x.kind == sign && strings.Contains(")]}", w):
			depth--
		case depth > 0 || x.kind != word:
		case slices.Contains(clauses, w):
			return "holds the word " + strings.ToUpper(w)
		case w == "and" || w == "or" || w == "not" || w == "between":
			joins = true
		}
	}
	if slices.Contains([]string{"and", "or"}, before) || slices.Contains([]string{"and", "or"}, after) {
		if joins {
			return "holds AND, OR or NOT beside another"
		}
	}
	if !slices.Contains(opens, before) || !slices.Contains(ends, after) {
		return "is more than a name, a number or an operator, beside one of these"
	}
	return ""
}
