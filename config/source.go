package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// commandLine is the file name of problems in overrides.
const commandLine = "command line"

// source is what positions point into: the file's lines and the overrides.
type source struct {
	file      string
	lines     []string
	overrides []Override
}

// breaks turns all that YAML 1.1's scanner takes for the end of a line into one; its line numbers count every one.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func newSource(file string, text []byte, overrides []Override) *source {
	s := &source{file: file, overrides: overrides}
	if len(text) <= maxBytes {
		s.lines = strings.Split(breaks.Replace(string(text)), "\n")
	}
	return s
}

// secrets match passwords in addresses, which must not be shown even where their line is at fault.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`://[^\s/:@]*:(\S+)@`),
	regexp.MustCompile(`(?i)\bpassword=([^\s&"']+)`),
}

// redact puts stars in place of passwords, one a character, so that carets still meet what they point at. A ${NAME} is no
// secret.
func redact(line string) string {
	for _, secret := range secrets {
		for _, m := range secret.FindAllStringSubmatchIndex(line, -1) {
			if text := line[m[2]:m[3]]; !variables.MatchString(text) {
				line = line[:m[2]] + stars(text) + line[m[3]:]
			}
		}
	}
	return line
}

func stars(text string) string { return strings.Repeat("*", len(text)) }

// line returns the text that a position points into, as it is written.
func (s *source) line(pos Pos) string {
	switch {
	case pos.Line > 0 && pos.Line <= len(s.lines):
		return s.lines[pos.Line-1]
	case pos.Line < 0 && -pos.Line <= len(s.overrides):
		o := s.overrides[-pos.Line-1]
		if o.End {
			return endFlag + o.Text
		}
		return o.Name + "=" + o.Text
	}
	return ""
}

func (s *source) problem(pos Pos, hint, format string, args ...any) Problem {
	p := Problem{File: s.file, Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint, Source: redact(s.line(pos))}
	if pos.Line < 0 {
		p.File = commandLine
	}
	return p
}

// within returns the place of text on pos's line, at or after pos; pos itself where it isn't found.
func (s *source) within(pos Pos, text string) Pos {
	runes := []rune(s.line(pos))
	if pos.Column < 1 || pos.Column > len(runes) {
		return pos
	}
	rest := string(runes[pos.Column-1:])
	if i := strings.Index(rest, text); i >= 0 {
		pos.Column += utf8.RuneCountInString(rest[:i])
	}
	return pos
}
