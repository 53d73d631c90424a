package postgres

import "strings"

// statement returns the first statement of a text, without the semicolon that ends it. The text is one that the server
// parsed as a single statement; all this has to know is what hides a semicolon. backslashes says that they escape in every string, which
// is standard_conforming_strings = off.
func statement(sql string, backslashes bool) string {
	for i := 0; i < len(sql); {
		if sql[i] == ';' {
			return sql[:i]
		}
		i += token(sql, i, backslashes)
	}
	return sql
}

// token returns the length of what begins at i and may hold a semicolon, or 1.
func token(sql string, i int, backslashes bool) int {
	rest := sql[i:]
	switch {
	case strings.HasPrefix(rest, "--"):
		return until(rest, 2, "\n")
	case strings.HasPrefix(rest, "/*"):
		return comment(rest)
	case rest[0] == '"':
		return until(rest, 1, `"`)
	case rest[0] == '\'':
		if backslashes || i > 0 && (sql[i-1] == 'E' || sql[i-1] == 'e') && (i == 1 || !wordByte(sql[i-2])) {
			return escaped(rest)
		}
		return until(rest, 1, "'") // a doubled quote reads as two strings, which comes to the same
	case rest[0] == '$' && (i == 0 || !wordByte(sql[i-1])):
		if end := strings.IndexByte(rest[1:], '$'); end >= 0 && tag(rest[1:end+1]) {
			return until(rest, end+2, rest[:end+2])
		}
	}
	return 1
}

// until returns the length up to and with the end mark, looking from a position.
func until(s string, from int, mark string) int {
	if k := strings.Index(s[from:], mark); k >= 0 {
		return from + k + len(mark)
	}
	return len(s)
}

// comment returns the length of a comment, in which others may be nested.
func comment(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// escaped returns the length of a string in which backslashes escape.
func escaped(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return len(s)
}

func tag(s string) bool {
	for i := range len(s) {
		if !wordByte(s[i]) || i == 0 && s[i] >= '0' && s[i] <= '9' {
			return false
		}
	}
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
