package schedule

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Seen is what a process has read of one input: digests of its rows by month, over [From, Until). Months without rows are
// left out. Of an input that is read as of a time, also digests of the last rows before two times.
type Seen struct {
	From   int64             `json:"from"` // the first instant of a UTC month, or graph.Beginning
	Until  int64             `json:"until"`
	At     int64             `json:"at"` // from where the last update read
	Months map[string]string `json:"months"`

	// Begins is from where on the digest of a month is, where that is not the month's first instant: of a derived input, whose rows begin there.
	Begins map[string]int64 `json:"begins,omitempty"`

	First string `json:"first,omitempty"` // of the last rows before From
	Last  string `json:"last,omitempty"`  // of those before At

	// Of the last months, by month and identifier, the beginning of a digest of the identifier's rows: to name those that differ.
	Ids map[string]map[string]string `json:"ids,omitempty"`

	// Lasts is up to when all rows of each identifier's origin were there, for nodes that work by identifier; nil: not known.
	Lasts map[string]int64 `json:"lasts,omitempty"`
}

// changed stands for a digest of rows that were found to differ from what was read: it equals none.
const changed = "changed"

func parseSeen(text json.RawMessage) (*Seen, error) {
	if text == nil {
		return nil, nil
	}
	s := &Seen{}
	return s, json.Unmarshal(text, s)
}

// reading is an input's rows as they are now: those over [at, end), and the last ones before where it is read as of a time.
type reading struct {
	at, end int64
	rows    *frame.Frame
	before  *frame.Frame // before at; nil: not read as of a time
	next    int64        // from where the next update will read, at or later
	last    *frame.Frame // before next
}

// changes returns the months in which rows differ from those seen, ascending by their first instants. Where the last rows
// before r.at differ, the first is graph.Beginning.
func (s *Seen) changes(r reading) (at []int64) {
	if r.before != nil && (r.at == s.At && s.Last != "" && s.Last != digest(r.before) || r.at == s.From && s.First != "" && s.First != digest(r.before)) {
		at = append(at, graph.Beginning)
	}
	from := max(s.From, r.at)
	for _, m := range months(s, r.rows, from, min(s.Until, r.end)) {
		rows := r.rows
		if begin, ok := s.Begins[monthName(m)]; ok {
			rows = rows.Between(begin, math.MaxInt64)
		}
		if monthDigest(rows, m, min(s.Until, r.end)) != s.Months[monthName(m)] {
			at = append(at, m)
		}
	}
	return at
}

// months returns the first instants of the months of [from, to) that have rows, or had some.
func months(s *Seen, f *frame.Frame, from, to int64) []int64 {
	set := map[int64]bool{}
	for _, t := range f.Between(from, to).Times() {
		set[monthStart(t)] = true
	}
	for name := range s.Months {
		if m := monthNamed(name); m >= monthStart(from) && m < to {
			set[m] = true
		}
	}
	return sorted(set)
}

// after is what is seen when r was read for an update: months over [from, to) are as r has them, and so are those before what was seen, where r reaches
// back from there; others are as they were. A month in which differences were found and that is only partly new stays changed. The last update is this one,
// unless it only added months before those seen.
func (s *Seen) after(r reading, from, to int64, differ []int64) *Seen {
	out := &Seen{From: r.at, Until: r.end, At: r.next, Months: map[string]string{}, Begins: map[string]int64{}}
	first := int64(math.MinInt64) // months before it were not seen
	if s != nil {
		if r.end > s.From {
			first = monthStart(s.From)
		}
		out.From, out.First, out.Until, out.Lasts = min(s.From, r.at), s.First, max(s.Until, r.end), s.Lasts
		if to <= s.From {
			out.At, out.Last = s.At, s.Last
		}
		for name, d := range s.Months {
			if m := monthNamed(name); m < from || m >= to {
				out.Months[name] = d
				if at, ok := s.Begins[name]; ok {
					out.Begins[name] = at
				}
			}
		}
	}
	for _, m := range months(&Seen{}, r.rows, r.at, r.end) {
		name := monthName(m)
		if in := m >= monthStart(max(r.at, from)) && m < to; !in && m >= first {
			continue
		}
		out.Months[name] = monthDigest(r.rows, m, r.end)
		if delete(out.Begins, name); r.at > m {
			out.Begins[name] = r.at
		}
	}
	for _, m := range differ {
		if m != graph.Beginning {
			out.Months[monthName(m)] = changed
		}
	}
	out.name(s, r, differ)
	if r.before == nil {
		return out
	}
	if s == nil || r.at <= s.From {
		out.First = digest(r.before)
	}
	if s == nil || to > s.From {
		out.Last = digest(r.last)
	}
	return out
}

func digest(f *frame.Frame) string {
	d := f.Digest()
	return hex.EncodeToString(d[:16])
}

// monthDigest is the digest of the rows of a month before `until`, "" where there are none.
func monthDigest(f *frame.Frame, month, until int64) string {
	rows := f.Between(month, min(nextMonth(month), until))
	if rows.Rows() == 0 {
		return ""
	}
	return digest(rows)
}

// monthStart returns the first instant of the UTC month that t is in.
func monthStart(t int64) int64 {
	if t == graph.Beginning {
		return t
	}
	y, m, _ := time.UnixMicro(t).UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
}

func nextMonth(month int64) int64 {
	if month == graph.Beginning {
		return math.MinInt64 + 1
	}
	return time.UnixMicro(month).UTC().AddDate(0, 1, 0).UnixMicro()
}

const monthLayout = "2006-01"

func monthName(m int64) string { return time.UnixMicro(m).UTC().Format(monthLayout) }

func monthNamed(name string) int64 {
	t, err := time.Parse(monthLayout, name)
	if err != nil {
		return math.MinInt64
	}
	return t.UnixMicro()
}
