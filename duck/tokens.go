package duck

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word or sign of SQL. Comments and white space are left out.
type token struct {
	kind tokenKind
	text string // as written; of quoted names and strings what they hold
	at   int    // where it begins, in bytes
	end  int
}

type tokenKind uint8

const (
	word   tokenKind = iota + 1 // an unquoted name or keyword
	quoted                      // "a name"
	text                        // 'text', $$text$$
	number
	sign // one character
)

// is reports whether the token is this keyword, given in lower case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// sign reports whether the token is this character.
func (t token) sign(c string) bool { return t.kind == sign && t.text == c }

// name returns the token as a name, in lower case, or "".
func (t token) name() string {
	if t.kind == word || t.kind == quoted {
		return strings.ToLower(t.text)
	}
	return ""
}

// Mentions returns every name and keyword in a statement, as written, each once: what it may refer to. DuckDB compares
// names without regard to case.
func Mentions(sql string) ([]string, error) {
	tokens, err := tokenize(sql)
	var out []string
	for _, t := range tokens {
		if t.name() != "" && !slices.Contains(out, t.text) {
			out = append(out, t.text)
		}
	}
	return out, err
}

// ReadsFiles reports whether a statement may read files by their names, as far as its words tell: it calls a function that reads some, or
// has a text that ends as the name of one.
func ReadsFiles(sql string) bool {
	tokens, err := tokenize(sql)
	return err != nil || slices.ContainsFunc(tokens, func(t token) bool {
		name := strings.ToLower(t.text)
		if t.kind == text || t.kind == quoted {
			return slices.Contains([]string{".parquet", ".json", ".jsonl", ".csv"}, path.Ext(name))
		}
		return t.kind == word && (strings.HasPrefix(name, "read_") || strings.HasPrefix(name, "parquet_") || strings.HasSuffix(name, "_scan"))
	})
}

// tokenize takes SQL apart as DuckDB's lexer does. What it cannot read to its end (a string that isn't closed, a zero
// byte) is refused, so that the two cannot disagree about where a statement ends.
func tokenize(sql string) ([]token, error) {
	if !utf8.ValidString(sql) {
		return nil, &RefusedError{"the statement is not UTF-8", ""}
	}
	l := lexer{sql: sql}
	for l.at < len(sql) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return l.out, nil
}

type lexer struct {
	sql string
	at  int
	out []token
}

func (l *lexer) next() error {
	s, c := l.sql[l.at:], l.sql[l.at]
	switch {
	case c == 0:
		return &RefusedError{"the statement holds a zero byte", ""}
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		l.at++
	case strings.HasPrefix(s, "--"):
		end := strings.IndexAny(s, "\r\n")
		if end < 0 {
			end = len(s)
		}
		l.at += end
	case strings.HasPrefix(s, "/*"):
		return l.comment()
	case c == '\'':
		return l.until(text, "'", false)
	case c == '"':
		return l.until(quoted, `"`, false)
	case (c == 'e' || c == 'E') && strings.HasPrefix(s[1:], "'"):
		l.at++
		return l.until(text, "'", true)
	case c == '$' && dollarTag(s) != "":
		return l.dollar(dollarTag(s))
	case c >= utf8.RuneSelf && !letter(s):
		_, n := utf8.DecodeRuneInString(s) // white space for DuckDB, or nothing it knows
		l.at += n
	case wordStart(c):
		l.run(word, wordPart)
	case '0' <= c && c <= '9':
		l.run(number, func(c byte) bool { return wordPart(c) && c != '$' })
	default:
		l.push(sign, l.sql[l.at:l.at+1], l.at+1)
	}
	return nil
}

// letter reports whether s begins with a character that names are made of: ASCII, or a letter, mark or digit beyond it.
func letter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r < utf8.RuneSelf || unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number)
}

func wordStart(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

func wordPart(c byte) bool { return wordStart(c) || c == '$' || '0' <= c && c <= '9' }

func (l *lexer) push(kind tokenKind, text string, end int) {
	l.out = append(l.out, token{kind, text, l.at, end})
	l.at = end
}

func (l *lexer) run(kind tokenKind, in func(byte) bool) {
	end := l.at + 1
	for end < len(l.sql) && in(l.sql[end]) && (!utf8.RuneStart(l.sql[end]) || letter(l.sql[end:])) {
		end++
	}
	l.push(kind, l.sql[l.at:end], end)
}

// comment skips a comment in slashes and stars, which may hold others.
func (l *lexer) comment() error {
	depth := 0
	for i := l.at; i < len(l.sql); i++ {
		switch {
		case strings.HasPrefix(l.sql[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(l.sql[i:], "*/"):
			depth--
			i++
		}
		if depth == 0 {
			l.at = i + 1
			return nil
		}
	}
	return &RefusedError{"a comment is not closed", "end it with */"}
}

// until reads what stands between quotes. A doubled quote stands for one, and with escapes so does one after a backslash.
func (l *lexer) until(kind tokenKind, quote string, escapes bool) error {
	var b strings.Builder
	for i := l.at + 1; i < len(l.sql); i++ {
		switch {
		case escapes && l.sql[i] == '\\' && i+1 < len(l.sql):
			i++
			b.WriteByte(l.sql[i])
		case !strings.HasPrefix(l.sql[i:], quote):
			b.WriteByte(l.sql[i])
		case strings.HasPrefix(l.sql[i+1:], quote):
			b.WriteString(quote)
			i++
		default:
			l.push(kind, b.String(), i+1)
			return nil
		}
	}
	return &RefusedError{"a " + quote + " is not closed", ""}
}

// dollarTag returns the $tag$ that s begins with, or "".
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '$':
			return s[:i+1]
		case !wordPart(s[i]) || i == 1 && !wordStart(s[i]):
			return ""
		}
	}
	return ""
}

func (l *lexer) dollar(tag string) error {
	from := l.at + len(tag)
	n := strings.Index(l.sql[from:], tag)
	if n < 0 {
		return &RefusedError{"a " + tag + " is not closed", ""}
	}
	l.push(text, l.sql[from:from+n], from+n+len(tag))
	return nil
}
