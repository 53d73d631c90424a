package graph

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Duration is a number of calendar days, or of microseconds: a day is as long as its time zone makes it.
type Duration struct {
	Days   int64
	Micros int64
}

var units = []struct {
	name   string
	days   int64
	micros int64
}{
	{"w", 7, 0}, {"d", 1, 0}, {"h", 0, 3600e6}, {"m", 0, 60e6}, {"s", 0, 1e6}, {"ms", 0, 1e3},
}

// longest is the longest duration, some centuries in microseconds: sums of a few do not overflow.
const longest = 400 * 366 * 86400e6

// ParseDuration reads a number and a unit: 2w, 1d, 4h, 15m, 30s, 250ms.
func ParseDuration(s string) (Duration, error) {
	digits := 0
	for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
		digits++
	}
	n, err := strconv.ParseInt(s[:digits], 10, 64)
	for _, u := range units {
		if u.name == s[digits:] && err == nil {
			if n == 0 {
				return Duration{}, fmt.Errorf("%q is zero", s)
			}
			if n > longest/(u.days*86400e6+u.micros) {
				return Duration{}, fmt.Errorf("%q is too long", s)
			}
			return Duration{n * u.days, n * u.micros}, nil
		}
	}
	return Duration{}, fmt.Errorf("%q is not one", s)
}

// String writes the duration in its largest whole unit below a week: equal durations are written alike.
func (d Duration) String() string {
	if d.Days != 0 {
		return fmt.Sprintf("%dd", d.Days)
	}
	for _, u := range units[2:] {
		if d.Micros%u.micros == 0 {
			return fmt.Sprintf("%d%s", d.Micros/u.micros, u.name)
		}
	}
	return fmt.Sprintf("%dus", d.Micros)
}

// Elapsed returns the duration in microseconds, a day being 24 hours.
func (d Duration) Elapsed() int64 { return d.Days*86400e6 + d.Micros }

// Steps is a regular time grid. Steps of days are at local midnights, a step of n days at every n-th day counted from
// 1970-01-01; shorter steps are counted from each local midnight and begin anew at the next.
type Steps struct {
	Every Duration
	Zone  *time.Location
}

// NewSteps makes the grid of an interpolate node's parameters every and timezone.
func NewSteps(every, timezone string) (Steps, error) {
	d, err := ParseDuration(every)
	if err != nil {
		return Steps{}, err
	}
	if d.Days == 0 && d.Micros > 86400e6 {
		return Steps{}, errors.New("a step longer than a day must be whole days (2d)")
	}
	zone, err := time.LoadLocation(timezone)
	return Steps{d, zone}, err
}

// midnight returns the first instant of the civil day that is day days after 1970-01-01, in microseconds. Where clocks are
// put forward at midnight, that is when they are.
func (s Steps) midnight(day int64) int64 {
	t := time.Date(1970, 1, 1+int(day), 0, 0, 0, 0, s.Zone)
	if s.day(t.UnixMicro()) < day {
		_, forward := t.ZoneBounds()
		return forward.UnixMicro()
	}
	return t.UnixMicro()
}

// day returns the civil day of an instant, in days since 1970-01-01.
func (s Steps) day(t int64) int64 {
	y, m, d := time.UnixMicro(t).In(s.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// Before returns the last time of the grid strictly before t.
func (s Steps) Before(t int64) int64 {
	day := s.day(t - 1)
	if n := s.Every.Days; n > 0 {
		first := day - mod(day, n)
		if at := s.midnight(first); at < t {
			return at
		}
		return s.midnight(first - n)
	}
	at := s.midnight(day)
	if at >= t { // a day whose midnight does not exist begins later
		at = s.midnight(day - 1)
	}
	return at + (t-1-at)/s.Every.Micros*s.Every.Micros
}

// From returns the first time of the grid at or after t.
func (s Steps) From(t int64) int64 {
	at := s.Before(t)
	for at < t {
		at = s.after(at)
	}
	return at
}

// after returns the time of the grid that follows at, which is on the grid.
func (s Steps) after(at int64) int64 {
	day := s.day(at)
	if n := s.Every.Days; n > 0 {
		return s.midnight(day - mod(day, n) + n)
	}
	return min(at+s.Every.Micros, s.midnight(day+1))
}

// Back returns the n-th time of the grid strictly before t; t itself where n is 0.
func (s Steps) Back(t int64, n int) int64 {
	if n == 0 {
		return t
	}
	at, left := s.Before(t), int64(n-1)
	if days := s.Every.Days; days > 0 {
		return s.midnight(s.day(at) - left*days)
	}
	for left > 0 {
		within := (at - s.midnight(s.day(at))) / s.Every.Micros // steps of this day before at
		if left <= within {
			return at - left*s.Every.Micros
		}
		at = s.Before(at - within*s.Every.Micros)
		left -= within + 1
	}
	return at
}

func mod(a, n int64) int64 { return ((a % n) + n) % n }
