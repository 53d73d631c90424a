package postgres

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// identifier quotes a name exactly as it is.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal quotes a string. It holds whatever standard_conforming_strings is.
func literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

func integer(n int64) string { return strconv.FormatInt(n, 10) }

// literals quotes a list, for array[...].
func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = literal(t)
	}
	return strings.Join(quoted, ", ")
}

// split takes a table's name as written in a config apart: dots separate, double quotes protect.
func split(name string) ([]string, error) {
	var parts []string
	var part strings.Builder
	quoted := false
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '"' && quoted && i+1 < len(name) && name[i+1] == '"':
			part.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	parts = append(parts, part.String())
	if quoted {
		return nil, fmt.Errorf("a double quote is not closed")
	}
	for _, p := range parts {
		if p == "" {
			return nil, fmt.Errorf("a part of it is empty")
		}
	}
	return parts, nil
}

func quoteAll(parts []string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = identifier(p)
	}
	return strings.Join(quoted, ".")
}

// The times that PostgreSQL can hold, in microseconds since the epoch: from 4713 BC, to the last that frames can.
const (
	firstTime = -210866803200000000
	lastTime  = math.MaxInt64
)

// instant writes a time as an expression of type timestamptz, exact to the microsecond.
func instant(us int64) string {
	t := time.UnixMicro(us).UTC()
	if y := t.Year(); y >= 1 && y <= 9999 {
		return "timestamptz '" + t.Format("2006-01-02 15:04:05.000000") + "+00'"
	}
	seconds, micros := us/1e6, us%1e6
	return fmt.Sprintf("(timestamptz 'epoch' + interval '%d seconds' + interval '%d microseconds')", seconds, micros)
}
