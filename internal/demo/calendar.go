package demo

import "time"

var (
	firstDay = time.Date(2020, time.January, 2, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2024, time.December, 31, 0, 0, 0, 0, time.UTC)
)

// tradingDays returns the days on which the market was open, as dates in UTC.
func tradingDays() []time.Time {
	var days []time.Time
	for d := firstDay; !d.After(lastDay); d = d.AddDate(0, 0, 1) {
		if isOpen(d) {
			days = append(days, d)
		}
	}
	return days
}

func isOpen(d time.Time) bool {
	if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		return false
	}
	switch d.Month() {
	case time.January:
		return d.Day() != 1
	case time.July:
		return d.Day() != 4
	case time.December:
		return d.Day() != 25
	case time.November:
		return !d.Equal(weekday(d.Year(), time.November, time.Thursday, 4))
	}
	return true
}

// stamp returns midnight in New York of a day, in microseconds since the epoch. The rule of summer time is written out (second Sunday of
// March to first Sunday of November), so that no zone database can change a byte.
func stamp(d time.Time) int64 {
	hour := 5
	summer := weekday(d.Year(), time.March, time.Sunday, 2)
	winter := weekday(d.Year(), time.November, time.Sunday, 1)
	// The clock changes at two in the morning, after that day's midnight.
	if d.After(summer) && !d.After(winter) {
		hour = 4
	}
	return time.Date(d.Year(), d.Month(), d.Day(), hour, 0, 0, 0, time.UTC).UnixMicro()
}

// weekday returns the n-th given weekday of a month.
func weekday(year int, month time.Month, day time.Weekday, n int) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	offset := (int(day) - int(first.Weekday()) + 7) % 7
	return first.AddDate(0, 0, offset+7*(n-1))
}

// quarterEnds returns the positions of the last trading day of each quarter, and position 0, at which funds begin.
func quarterEnds(days []time.Time) []int {
	ends := []int{0}
	for i := range days[:len(days)-1] {
		if quarter(days[i]) != quarter(days[i+1]) {
			ends = append(ends, i)
		}
	}
	return ends
}

func quarter(d time.Time) int { return d.Year()*4 + (int(d.Month())-1)/3 }
