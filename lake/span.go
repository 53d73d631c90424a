package lake

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// minTime and maxTime bound the times that a lake can hold: years 1 to 9999. A span that starts before minTime starts with
// the beginning of history.
var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	maxTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
)

const beginning = math.MinInt64

// Span is a half-open range of time, Start <= t < End, in microseconds since the epoch. A Start of [graph.Beginning] is the
// beginning of history.
type Span struct{ Start, End int64 }

// Empty reports whether nothing is in s.
func (s Span) Empty() bool { return s.Start >= s.End }

// Contains reports whether all of o is in s.
func (s Span) Contains(o Span) bool { return o.Empty() || s.Start <= o.Start && o.End <= s.End }

// Overlaps reports whether some time is in both.
func (s Span) Overlaps(o Span) bool { return max(s.Start, o.Start) < min(s.End, o.End) }

// Clip returns what is in both.
func (s Span) Clip(o Span) Span { return Span{max(s.Start, o.Start), min(s.End, o.End)} }

// String is for messages: "2022-07-29T04:00:00Z to 2024-09-01".
func (s Span) String() string { return showTime(s.Start) + " to " + showTime(s.End) }

// showTime writes a time as short as it can: a date where it is a midnight.
func showTime(us int64) string {
	if us < minTime {
		return "the beginning"
	}
	t := time.UnixMicro(us).UTC()
	if t.Truncate(24 * time.Hour).Equal(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05.999999Z07:00")
}

const (
	jsonTime     = "2006-01-02T15:04:05.999999Z07:00"
	jsonInfinity = "-infinity"
)

func encodeTime(us int64) string {
	if us < minTime {
		return jsonInfinity
	}
	return time.UnixMicro(us).UTC().Format(jsonTime)
}

func decodeTime(s string) (int64, error) {
	if s == jsonInfinity {
		return beginning, nil
	}
	t, err := time.Parse(jsonTime, s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time", s)
	}
	us := t.UnixMicro()
	if us < minTime || us > maxTime || encodeTime(us) != s {
		return 0, fmt.Errorf("%q is no time as this format writes it", s)
	}
	return us, nil
}

type jsonSpan struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// MarshalJSON writes {"start": ..., "end": ...}; the beginning of history is "-infinity".
func (s Span) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonSpan{encodeTime(s.Start), encodeTime(s.End)})
}

// UnmarshalJSON reads what MarshalJSON writes. An empty span is an error.
func (s *Span) UnmarshalJSON(text []byte) (err error) {
	var j jsonSpan
	if err := strictJSON(text, &j); err != nil {
		return err
	}
	if s.Start, err = decodeTime(j.Start); err != nil {
		return err
	}
	if s.End, err = decodeTime(j.End); err != nil {
		return err
	}
	if s.Empty() {
		return fmt.Errorf("the range %s to %s is empty", j.Start, j.End)
	}
	return nil
}

// Spans is a set of times: spans in order that neither overlap nor touch.
type Spans []Span

// Add returns the set with s in it as well.
func (a Spans) Add(s Span) Spans {
	if s.Empty() {
		return slices.Clone(a)
	}
	var out Spans
	for _, o := range a {
		switch {
		case o.End < s.Start:
			out = append(out, o)
		case s.End < o.Start:
			continue
		default:
			s = Span{min(s.Start, o.Start), max(s.End, o.End)}
		}
	}
	out = append(out, s)
	for _, o := range a {
		if s.End < o.Start {
			out = append(out, o)
		}
	}
	return out
}

// remove returns the set without the times in s.
func (a Spans) remove(s Span) Spans {
	if s.Empty() {
		return slices.Clone(a)
	}
	var out Spans
	for _, o := range a {
		for _, rest := range []Span{{o.Start, min(o.End, s.Start)}, {max(o.Start, s.End), o.End}} {
			if !rest.Empty() {
				out = append(out, rest)
			}
		}
	}
	return out
}

// Missing returns the times of s that are not in the set.
func (a Spans) Missing(s Span) Spans {
	if s.Empty() {
		return nil
	}
	out := Spans{s}
	for _, o := range a {
		out = out.remove(o)
	}
	return out
}

// Covers reports whether all of s is in the set.
func (a Spans) Covers(s Span) bool { return len(a.Missing(s)) == 0 }

// At returns the span that holds t.
func (a Spans) At(t int64) (Span, bool) {
	for _, s := range a {
		if s.Start <= t && t < s.End {
			return s, true
		}
	}
	return Span{}, false
}

// start returns the earliest time of a set that is not empty.
func (a Spans) start() int64 { return a[0].Start }
