package expression

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is what is wrong with a formula, and where.
type Fault struct {
	At      int // byte in the text
	Message string
	Hint    string
}

func (f *Fault) Error() string { return f.Message }

func faultf(at int, hint, format string, args ...any) *Fault {
	return &Fault{At: at, Message: fmt.Sprintf(format, args...), Hint: hint}
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenNumber           // value holds it
	tokenText             // 'text', quotes removed
	tokenName             // a name, or "any text" in double quotes
	tokenWord             // and, or, not, in, true, false
	tokenMark             // an operator or bracket
)

type token struct {
	kind   tokenKind
	text   string
	number float64
	at     int
}

var words = []string{"and", "or", "not", "in", "true", "false"}

// marks are the operators; those that begin with another one come first.
var marks = []string{"==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", ".", "="}

// split cuts a text into tokens, the last of them tokenEnd.
func split(text string) ([]token, *Fault) {
	var out []token
	for at := 0; at < len(text); {
		if strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
			continue
		}
		t, end, f := next(text, at)
		if f != nil {
			return nil, f
		}
		out = append(out, t)
		at = end
	}
	return append(out, token{kind: tokenEnd, at: len(text)}), nil
}

// next reads the token at a place and returns where it ends.
func next(text string, at int) (token, int, *Fault) {
	c := text[at]
	switch {
	case c == '\'' || c == '"':
		return quoted(text, at)
	case isDigit(c) || c == '.' && at+1 < len(text) && isDigit(text[at+1]):
		return number(text, at)
	case isLetter(c):
		end := at
		for end < len(text) && (isLetter(text[end]) || isDigit(text[end])) {
			end++
		}
		t := token{kind: tokenName, text: text[at:end], at: at}
		for _, w := range words {
			if t.text == w {
				t.kind = tokenWord
			}
		}
		return t, end, nil
	}
	for _, m := range marks {
		if strings.HasPrefix(text[at:], m) {
			return token{kind: tokenMark, text: m, at: at}, at + len(m), nil
		}
	}
	return token{}, 0, faultf(at, hintFor(c), "%q means nothing in an expression", string([]rune(text[at:])[:1]))
}

// hintFor proposes what was meant by a character of other languages.
func hintFor(c byte) string {
	switch c {
	case '&':
		return "write and"
	case '|':
		return "write or"
	case '!':
		return "write not, or !="
	case '%':
		return "there is no remainder; write a percentage as a share, 0.1"
	}
	return ""
}

// quoted reads text in single quotes, or a name in double ones; a doubled quote stands for itself.
func quoted(text string, at int) (token, int, *Fault) {
	quote := text[at]
	var b strings.Builder
	for i := at + 1; i < len(text); i++ {
		if text[i] != quote {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		t := token{kind: tokenText, text: b.String(), at: at}
		if quote == '"' {
			t.kind = tokenName
		}
		return t, i + 1, nil
	}
	return token{}, 0, faultf(at, "", "the quote is never closed")
}

func number(text string, at int) (token, int, *Fault) {
	end := at
	for end < len(text) && (isDigit(text[end]) || text[end] == '.') {
		end++
	}
	if end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		exponent := end + 1
		if exponent < len(text) && (text[exponent] == '+' || text[exponent] == '-') {
			exponent++
		}
		for digits := exponent; digits < len(text) && isDigit(text[digits]); digits++ {
			end = digits + 1
		}
	}
	v, err := strconv.ParseFloat(text[at:end], 64)
	if err != nil || end < len(text) && isLetter(text[end]) {
		return token{}, 0, faultf(at, "", "%q is no number", text[at:min(end+1, len(text))])
	}
	return token{kind: tokenNumber, text: text[at:end], number: v, at: at}, end, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isLetter takes every byte of a character beyond ASCII for a letter.
func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}
