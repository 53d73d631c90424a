package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	dayLayouts  = []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05"} // a fraction of a second is read with the last
	zoneLayouts = []string{"", "Z07:00", "Z0700", "Z07", " Z07:00", " Z0700", " Z07", " UTC"}
)

// ParseTime reads a date with or without time and zone ("2022-08-01", "2022-08-01 09:30", "2022-08-01T09:30:00.25+02:00",
// UTC where no zone is given) and returns microseconds since the epoch.
func ParseTime(s string) (int64, error) {
	text := strings.TrimSpace(s)
	if len(text) > 10 && (text[10] == 'T' || text[10] == 't') {
		text = text[:10] + " " + text[11:]
	}
	if strings.HasSuffix(text, "z") {
		text = text[:len(text)-1] + "Z"
	}
	var last error
	for i, day := range dayLayouts {
		for _, zone := range zoneLayouts {
			if i == 0 && zone != "" {
				continue // a zone without a time says nothing
			}
			t, err := time.Parse(day+zone, text)
			if err == nil {
				return micros(t, s)
			}
			var parse *time.ParseError
			if errors.As(err, &parse) && strings.Contains(parse.Message, "out of range") {
				last = fmt.Errorf("%s is no date%s", quote(s), parse.Message)
			}
		}
	}
	if last != nil {
		return 0, last
	}
	return 0, fmt.Errorf("%s is no date", quote(s))
}

// today may stand for a datalake_end: the last midnight, so that the days of the range are whole.
const today = "today"

// Today returns the last midnight in UTC, in microseconds since the epoch.
func Today() int64 { return time.Now().UTC().Truncate(24 * time.Hour).UnixMicro() }

// timeHint shows how times are written.
const timeHint = "write 2022-08-01, 2022-08-01 09:30:00 or 2022-08-01T09:30:00+02:00"

func micros(t time.Time, s string) (int64, error) {
	if t.Year() < 1 {
		return 0, fmt.Errorf("%s is before the year 1", quote(s))
	}
	if t.Nanosecond()%1000 != 0 {
		return 0, fmt.Errorf("%s is finer than a microsecond", quote(s))
	}
	return t.UnixMicro(), nil
}
