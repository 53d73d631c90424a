package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxBytes is the largest config that is read.
const maxBytes = 4 << 20

// parseYAML returns the one document of text. Its problem is the first: past a fault of syntax nothing can be read.
func parseYAML(src *source, text []byte) (*yaml.Node, *Problem) {
	if p := unreadable(src, text); p != nil {
		return nil, p
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	err := safely(func() error { return decoder.Decode(&doc) })
	if errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		p := src.problem(Pos{1, 1}, "tdlake init writes a config to start from", "there is nothing in this file")
		return nil, &p
	}
	if err != nil {
		return nil, syntaxProblem(src, text, err)
	}
	err = safely(func() error { return decoder.Decode(&second) })
	if errors.Is(err, io.EOF) {
		return doc.Content[0], nil
	}
	if err != nil {
		return nil, syntaxProblem(src, text, err)
	}
	p := src.problem(Pos{max(second.Line, 1), 1}, "keep one document a file: remove what follows ---", "a second document begins here")
	return nil, &p
}

// safely turns a panic of the YAML reader into an error: its input is anybody's file.
func safely(decode func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return decode()
}

// unreadable reports text that is too long, not UTF-8, or holds control characters.
func unreadable(src *source, text []byte) *Problem {
	report := func(pos Pos, hint, format string, args ...any) *Problem {
		p := src.problem(pos, hint, format, args...)
		return &p
	}
	if len(text) > maxBytes {
		return report(Pos{}, "a universe can come from a table: {node: NAME, where: ...}", "the file has more than %d bytes: no more are read", maxBytes)
	}
	line, column := 1, 1
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return report(Pos{line, column}, "save the file as UTF-8", "not UTF-8 text: byte %#02x", rest[0])
		case unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' && r != '\u0085':
			return report(Pos{line, column}, "", "control character %U", r)
		case r == '\n':
			line, column = line+1, 0
		}
		rest, column = rest[size:], column+1
	}
	return nil
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// syntaxProblem places a fault of syntax. The reader names a line, but often the one where the enclosing block begins, so
// the fault is looked for in the file: it is on the line after the longest readable beginning.
func syntaxProblem(src *source, text []byte, err error) *Problem {
	m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	line, _ := strconv.Atoi(m[1])
	if found := brokenLine(src.lines); found > 0 {
		line = found
	}
	line = min(max(line, 1), len(src.lines))
	message, hint := explain(m[2], src.lines[line-1])
	p := src.problem(Pos{line, firstColumn(src.lines[line-1])}, hint, "%s", message)
	return &p
}

// maxSearch bounds the lines and bytes that brokenLine looks through, since each line costs a parse.
const maxSearch = 600

// brokenLine returns the line after the longest beginning of the lines that is YAML, or 0 where that is too much to find.
func brokenLine(lines []string) int {
	if len(lines) > maxSearch {
		return 0
	}
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	if size > 64*maxSearch {
		return 0
	}
	for n := len(lines) - 1; n > 0; n-- {
		var node yaml.Node
		if safely(func() error { return yaml.Unmarshal([]byte(strings.Join(lines[:n], "\n")+"\n"), &node) }) == nil {
			return n + 1
		}
	}
	return 1
}

// firstColumn is where a line's text begins; a tab in the indentation is taken for text.
func firstColumn(line string) int {
	for i, r := range []rune(line) {
		if r != ' ' {
			return i + 1
		}
	}
	return 1
}

// explain says in plain words what the YAML reader's message means on this line.
func explain(message, line string) (text, hint string) {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	switch {
	case strings.Contains(indent, "\t"):
		return "a tab in the indentation", "indent with spaces"
	case strings.Contains(line, "${") && strings.ContainsAny(line, "[{") && strings.HasPrefix(message, "did not find expected"):
		return "cannot be read as YAML: " + message, `inside [ ] and { } write "${name}" in quotes`
	case message == "mapping values are not allowed in this context":
		return "cannot be read as YAML: a second \": \" in one line, or a key indented too far", "put text that contains \": \" in quotes"
	case message == "did not find expected key":
		return "cannot be read as YAML: no key where one is expected", "keys of one mapping begin in the same column, and a list's items with \"- \""
	case message == "did not find expected ',' or ']'":
		return "cannot be read as YAML: a list that begins with [ is not closed, or lacks a comma", ""
	case message == "did not find expected ',' or '}'":
		return "cannot be read as YAML: a mapping that begins with { is not closed, or lacks a comma", ""
	case message == "found character that cannot start any token":
		return "cannot be read as YAML: text cannot begin with this character", "put it in quotes"
	case message == "found unexpected end of stream":
		return "cannot be read as YAML: a quote is not closed", ""
	case strings.HasPrefix(message, "unknown anchor"):
		return message, "an anchor (&name) must be written before the alias (*name) that uses it"
	}
	return "cannot be read as YAML: " + message, ""
}
