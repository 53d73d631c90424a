package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Pos is a place in the config: line and column count from 1. A negative line -i is the i-th override of the command line;
// line 0 is no place in particular.
type Pos struct{ Line, Column int }

// Problem is one fault: where, what, and what to do about it.
type Problem struct {
	File string // as it was given, or "command line"
	Pos
	Message string // lower case, without the place
	Hint    string // empty where there is nothing to suggest
	Source  string // the text of the line; empty where it isn't known
}

// Error returns "file:line:column: message".
func (p Problem) Error() string {
	if p.Line <= 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Text returns the problem as it is shown: the message, the line with a caret below, the hint.
func (p Problem) Text() string {
	var b strings.Builder
	b.WriteString(p.Error())
	if p.Source != "" {
		number := ""
		if p.Line > 0 {
			number = strconv.Itoa(p.Line)
		}
		line, caret := excerpt(p.Source, p.Column)
		gutter := strings.Repeat(" ", len(number))
		fmt.Fprintf(&b, "\n  %s | %s", number, line)
		if p.Column > 0 {
			fmt.Fprintf(&b, "\n  %s | %s^", gutter, caret)
		}
	}
	if p.Hint != "" {
		b.WriteString("\nhint: " + p.Hint)
	}
	return b.String()
}

// excerptWidth is how many characters of a line are shown.
const excerptWidth = 120

// excerpt returns the part of a line around a column, and the blanks that put a caret below that column. Tabs stay tabs in
// both, so that the caret meets its character; other control characters are shown as one mark.
func excerpt(source string, column int) (line, caret string) {
	runes := []rune(source)
	at := min(max(column-1, 0), len(runes))
	from := 0
	if at > excerptWidth-20 {
		from = at - (excerptWidth - 20)
	}
	to := min(len(runes), from+excerptWidth)
	var l, c strings.Builder
	if from > 0 {
		l.WriteString("… ")
		c.WriteString("  ")
	}
	for i, r := range runes[from:to] {
		blank := ' '
		switch {
		case r == '\t':
			blank = '\t'
		case !unicode.IsPrint(r):
			r = '\uFFFD'
		}
		l.WriteRune(r)
		if from+i < at {
			c.WriteRune(blank)
		}
	}
	if to < len(runes) {
		l.WriteString(" …")
	}
	return strings.TrimRight(l.String(), " \t"), c.String()
}

// Problems is every fault that was found, in the order of their places. As an error it prints all of them.
type Problems []Problem

// Error returns all problems with their lines and hints, separated by empty lines.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.Text()
	}
	return strings.Join(texts, "\n\n")
}

// Err returns the problems sorted by place, each once, as an error; nil where there are none. The command line's come last.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(a.Line), rank(b.Line)), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(sorted)
}

func rank(line int) int {
	if line < 0 {
		return 1<<30 - line
	}
	return line
}
