package files

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// kinds is a set of types that a text is of.
type kinds uint8

const (
	whole     kinds = 1 << iota // 64 bits with a sign
	number                      // the nearest float
	date                        // 2022-01-03, 2022/01/03
	instant                     // a date, or a date and a time of at most microseconds
	instantNS                   // likewise of nanoseconds
	yesNo                       // true, false
)

const anyKind = whole | number | date | instant | instantNS | yesNo

// traits are what else is known of a text.
type traits struct {
	kinds kinds
	naive bool // a time of day without a zone
	zoned bool
	code  bool // digits that begin with a zero: no number
	comma bool // a number with commas between thousands: 1,010.5
	point bool // a number with a comma for its decimals: 1,5
}

// examine says what a text is. Casts of DuckDB take more than that: they round 1.5, read 0x10, 1_000 and epoch, and drop the zeros of 007.
func examine(b []byte) traits {
	t := bytes.Trim(b, " ")
	if len(t) == 0 {
		return traits{}
	}
	switch c := t[0]; {
	case '0' <= c && c <= '9':
		if len(t) >= 8 && (t[4] == '-' || t[4] == '/') {
			return examineTime(b, t)
		}
		return examineNumber(t)
	case c == '+' || c == '-' || c == '.':
		return examineNumber(t)
	}
	switch {
	case len(t) > 8:
	case equalFold(b, "true"), equalFold(b, "false"):
		return traits{kinds: yesNo}
	case equalFold(t, "nan"), equalFold(t, "inf"), equalFold(t, "infinity"):
		return traits{kinds: number}
	}
	return traits{}
}

func equalFold(b []byte, word string) bool {
	return len(b) == len(word) && bytes.EqualFold(b, []byte(word))
}

func examineNumber(t []byte) traits {
	i := 0
	if t[0] == '+' || t[0] == '-' {
		i = 1
		if rest := t[1:]; equalFold(rest, "nan") || equalFold(rest, "inf") || equalFold(rest, "infinity") {
			return traits{kinds: number}
		}
	}
	from := i
	for i < len(t) && isDigit(t[i]) {
		i++
	}
	digits := i - from
	if digits > 1 && t[from] == '0' {
		return traits{code: i == len(t) || t[i] != ','}
	}
	if i == len(t) {
		return wholeNumber(t, from)
	}
	if t[i] == ',' {
		grouped := thousands(t[from:])
		return traits{comma: grouped, point: !grouped && bytes.Count(t, []byte(",")) == 1 && len(bytes.Trim(t[from:], "0123456789,")) == 0}
	}
	if t[i] == '.' {
		i++
		for i < len(t) && isDigit(t[i]) {
			i++
			digits++
		}
	}
	if digits > 0 && i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		i++
		if i < len(t) && (t[i] == '+' || t[i] == '-') {
			i++
		}
		power := i
		for i < len(t) && isDigit(t[i]) {
			i++
		}
		if i == power {
			return traits{}
		}
	}
	if i < len(t) || digits == 0 {
		return traits{}
	}
	return traits{kinds: number}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// wholeNumber judges digits behind a sign, if there is one, that ends at from.
func wholeNumber(t []byte, from int) traits {
	switch n := len(t) - from; {
	case n == 0:
		return traits{}
	case t[from] == '0' && t[0] == '-': // a whole number has no sign of zero
		return traits{kinds: number}
	case n >= 19:
		s := string(t)
		if t[0] == '+' {
			s = s[1:]
		}
		if _, err := strconv.ParseInt(s, 10, 64); err != nil {
			return traits{kinds: number}
		}
	}
	return traits{kinds: whole | number}
}

// thousands reports whether digits are such as 1,010 or 12,345,678.9.
func thousands(t []byte) bool {
	t = bytes.TrimLeft(t, "+- ")
	head, tail, dot := bytes.Cut(bytes.TrimRight(t, " "), []byte("."))
	if dot && len(bytes.Trim(tail, "0123456789")) > 0 {
		return false
	}
	groups := bytes.Split(head, []byte(","))
	for i, g := range groups {
		if len(g) == 0 || len(g) > 3 || i > 0 && len(g) != 3 || len(bytes.Trim(g, "0123456789")) > 0 {
			return false
		}
	}
	return len(groups) > 1
}

// examineTime judges what begins like a date; t is b without blanks around it.
func examineTime(b, t []byte) traits {
	year, month, day, rest, ok := cutDate(t)
	if !ok {
		return traits{}
	}
	set := instant
	if 1678 <= year && year <= 2261 {
		set |= instantNS
	}
	if len(rest) == 0 {
		if len(b) == 10 && year > 0 && month[0] == 2 && day[0] == 2 {
			set |= date
		}
		return traits{kinds: set}
	}
	fraction, zone, ok := cutClock(rest)
	if !ok {
		return traits{}
	}
	switch n := len(bytes.TrimRight(fraction, "0")); {
	case n > 9:
		return traits{}
	case n > 6:
		set &= instantNS
	}
	if len(zone) > 0 && !isZone(zone) {
		return traits{}
	}
	return traits{kinds: set, naive: len(zone) == 0, zoned: len(zone) > 0}
}

// cutDate cuts 2022-01-03 off; month and day hold how many digits, and their value.
func cutDate(t []byte) (year int, month, day [2]int, rest []byte, ok bool) {
	year, n := digits(t, 4)
	if n != 4 || len(t) < 6 || t[4] != '-' && t[4] != '/' {
		return 0, month, day, nil, false
	}
	sep := t[4]
	m, n := digits(t[5:], 2)
	month = [2]int{n, m}
	t = t[5+n:]
	if n == 0 || len(t) == 0 || t[0] != sep {
		return 0, month, day, nil, false
	}
	d, n := digits(t[1:], 2)
	day = [2]int{n, d}
	valid := n > 0 && m >= 1 && m <= 12 && d >= 1 && d <= time.Date(year, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return year, month, day, t[1+n:], valid
}

// cutClock cuts 16:00:00.5 off; what is left is the zone.
func cutClock(t []byte) (fraction, zone []byte, ok bool) {
	if t[0] != ' ' && t[0] != 'T' {
		return nil, nil, false
	}
	t = t[1:]
	limit := [3]int{23, 59, 59}
	for i := range limit {
		v, n := digits(t, 2)
		if n == 0 || v > limit[i] {
			return nil, nil, false
		}
		t = t[n:]
		if i == 2 || len(t) == 0 || t[0] != ':' {
			if i == 0 {
				return nil, nil, false
			}
			break
		}
		t = t[1:]
	}
	if len(t) > 1 && t[0] == '.' {
		n := 1
		for n < len(t) && isDigit(t[n]) {
			n++
		}
		fraction, t = t[1:n], t[n:]
	}
	return fraction, t, true
}

// digits reads at most so many of them.
func digits(t []byte, most int) (value, n int) {
	for n < len(t) && n < most && isDigit(t[n]) {
		value = value*10 + int(t[n]-'0')
		n++
	}
	return value, n
}

// isZone accepts Z, +02, -05:00 and, behind a blank, UTC or the name of a zone.
func isZone(z []byte) bool {
	switch {
	case len(z) == 1:
		return z[0] == 'Z'
	case z[0] == '+' || z[0] == '-':
		h, n := digits(z[1:], 2)
		if n != 2 || h > 15 {
			return false
		}
		rest := z[3:]
		if len(rest) == 0 {
			return true
		}
		m, n := digits(rest[1:], 2)
		return rest[0] == ':' && n == 2 && m < 60 && len(rest) == 3
	case z[0] == ' ' && len(z) < 40:
		name := string(z[1:])
		_, err := time.LoadLocation(name)
		return err == nil && name != "" && name != "Local"
	}
	return false
}

// markers are what other programs write for a missing value.
var markers = map[string]bool{
	"null": true, "none": true, "na": true, "n/a": true, "#n/a": true, "#n/a n/a": true, "#na": true, "<na>": true, "(null)": true, `\n`: true,
	".": true, "-": true, "--": true, "nil": true, "#null!": true, "#div/0!": true, "#value!": true, "#ref!": true, "#num!": true, "#name?": true, "-nan": true, "nat": true, "?": true, "missing": true, "-1.#ind": true, "1.#qnan": true,
}

func isMarker(b []byte) bool {
	t := bytes.Trim(b, " ")
	return len(t) <= 9 && markers[string(bytes.ToLower(t))]
}

// few is how many of n values may differ from the others for it to be worth a word.
func few(n int) int { return int(math.Ceil(float64(n) / 10)) }
