package graph

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexeme is a piece of SQL text: text[start:end]. Every byte belongs to one.
type lexeme struct {
	kind       lexemeKind
	start, end int
}

type lexemeKind uint8

const (
	blank        lexemeKind = iota // one character of white space
	lineComment                    // -- up to the line's end
	blockComment                   // /* */, which may stand in one another
	word                           // a name, a keyword or a number without its point
	text                           // 'text', in which '' is a quote
	escapedText                    // E'text', in which a backslash escapes too
	unsureText                     // U&'text', and what continues an escaped text: databases differ
	name                           // "name"
	dollarText                     // $tag$text$tag$
	operator                       // one operator
	sign                           // one of ( ) [ ] { } , ; . :
)

// lexer takes SQL apart as PostgreSQL and DuckDB do.
type lexer struct {
	sql     string
	at      int
	out     []lexeme
	escaped int  // 1 + the last escaped text, where blanks alone follow it
	open    bool // something is not closed
}

func lex(sql string) *lexer {
	l := &lexer{sql: sql}
	for l.at < len(sql) {
		start := l.at
		kind := l.next()
		l.out = append(l.out, lexeme{kind, start, l.at})
		if kind > blockComment {
			l.escaped = 0
		}
		if kind == escapedText || kind == unsureText {
			l.escaped = len(l.out)
		}
	}
	return l
}

func (l *lexer) next() lexemeKind {
	s := l.sql[l.at:]
	switch c := s[0]; {
	case strings.HasPrefix(s, "--"):
		l.to(strings.IndexAny(s, "\r\n"), 0)
		return lineComment
	case strings.HasPrefix(s, "/*"):
		l.comment()
		return blockComment
	case c == '\'':
		kind := text
		if l.escaped > 0 {
			kind = unsureText
		}
		l.quoted(1, '\'', l.escaped > 0)
		return kind
	case c == '"':
		l.quoted(1, '"', false)
		return name
	case (c == 'e' || c == 'E') && strings.HasPrefix(s[1:], "'"):
		l.quoted(2, '\'', true)
		return escapedText
	case (c == 'u' || c == 'U') && (strings.HasPrefix(s[1:], "&'") || strings.HasPrefix(s[1:], `&"`)):
		l.quoted(3, s[2], false)
		return unsureText
	case c == '$' && dollarTag(s) != "":
		tag := dollarTag(s)
		l.at += len(tag)
		l.to(strings.Index(l.sql[l.at:], tag), len(tag))
		return dollarText
	case inWord(s):
		l.at += wordLength(s)
		return word
	case strings.IndexByte("+-*/<>=~!@#%^&|`?", c) >= 0:
		l.at += operatorLength(s)
		return operator
	case strings.IndexByte("()[]{},;.:", c) >= 0:
		l.at++
		return sign
	}
	_, n := utf8.DecodeRuneInString(s)
	l.at += n
	return blank
}

// to moves on to a place n bytes ahead and past what is there; to the end where the place is not there.
func (l *lexer) to(n, past int) {
	if n < 0 {
		l.open = l.open || past > 0
		l.at = len(l.sql)
		return
	}
	l.at += n + past
}

func (l *lexer) comment() {
	depth := 0
	for l.at < len(l.sql) {
		switch s := l.sql[l.at:]; {
		case strings.HasPrefix(s, "/*"):
			depth++
			l.at += 2
		case strings.HasPrefix(s, "*/"):
			depth--
			l.at += 2
		default:
			l.at++
		}
		if depth == 0 {
			return
		}
	}
	l.open = true
}

// quoted moves past a text whose content begins after a prefix. A doubled quote is part of it.
func (l *lexer) quoted(prefix int, quote byte, escapes bool) {
	for l.at += prefix; l.at < len(l.sql); l.at++ {
		switch c := l.sql[l.at]; {
		case escapes && c == '\\':
			l.at++
		case c != quote:
		case l.at+1 < len(l.sql) && l.sql[l.at+1] == quote:
			l.at++
		default:
			l.at++
			return
		}
	}
	l.at, l.open = len(l.sql), true
}

// inWord reports whether s begins with a character of names and numbers: beyond ASCII a letter, a mark or a digit.
func inWord(s string) bool {
	c := s[0]
	if c >= utf8.RuneSelf {
		r, _ := utf8.DecodeRuneInString(s)
		return unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number)
	}
	return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func wordLength(s string) int {
	n := 0
	for n < len(s) && inWord(s[n:]) {
		_, size := utf8.DecodeRuneInString(s[n:])
		n += size
	}
	return n
}

// operatorLength is how much of s is one operator: as in PostgreSQL it ends where a comment begins, and with + or - only
// where it holds a character that makes it none of SQL's own.
func operatorLength(s string) int {
	n := 1
	for n < len(s) && strings.IndexByte("+-*/<>=~!@#%^&|`?", s[n]) >= 0 &&
		!strings.HasPrefix(s[n:], "--") && !strings.HasPrefix(s[n:], "/*") {
		n++
	}
	for n > 1 && (s[n-1] == '+' || s[n-1] == '-') && !strings.ContainsAny(s[:n], "~!@#%^&|`?") {
		n--
	}
	return n
}

// dollarTag returns the $tag$ that s begins with, or "".
func dollarTag(s string) string {
	for i := 1; i < len(s); {
		switch {
		case s[i] == '$':
			return s[:i+1]
		case !inWord(s[i:]) || i == 1 && '0' <= s[i] && s[i] <= '9':
			return ""
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return ""
}
