package schedule

import (
	"encoding/hex"
	"slices"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// namedMonths is of how many months it is remembered who had which rows: of those that an update is likely to read again.
const namedMonths = 3

// name fills in Ids: of the last months those of r, or as they were in s where r does not have them or they have changed since.
func (s *Seen) name(old *Seen, r reading, differ []int64) {
	first := time.UnixMicro(monthStart(s.Until-1)).UTC().AddDate(0, 1-namedMonths, 0).UnixMicro()
	for name := range s.Months {
		m := monthNamed(name)
		if m < first {
			continue
		}
		var ids map[string]string
		if m >= r.at && !slices.Contains(differ, m) {
			ids = idDigests(r.rows.Between(m, min(nextMonth(m), r.end)))
		} else if old != nil {
			ids = old.Ids[name]
		}
		if len(ids) > 0 {
			if s.Ids == nil {
				s.Ids = map[string]map[string]string{}
			}
			s.Ids[name] = ids
		}
	}
}

// idDigests returns the first bytes of a digest of each identifier's rows, nil where rows have no identifiers.
func idDigests(f *frame.Frame) map[string]string {
	if f.Schema().Index(frame.UniqueIdentifier) < 0 {
		return nil
	}
	out := map[string]string{}
	for id, d := range byIdentifier(f) {
		out[id] = hex.EncodeToString(d[:4])
	}
	return out
}

// who names the identifiers whose rows in some months are not those seen, where that is known.
func (s *Seen) who(r reading, months []int64) (ids []string) {
	for _, m := range months {
		was := s.Ids[monthName(m)]
		if was == nil || m == graph.Beginning {
			continue
		}
		is := idDigests(r.rows.Between(m, min(nextMonth(m), s.Until, r.end)))
		for id, d := range is {
			if was[id] != d {
				ids = append(ids, id)
			}
		}
		for id := range was {
			if _, ok := is[id]; !ok {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// named is the months that differ and, where it is known, whose rows do.
func named(months []int64, ids []string) string {
	text := monthsText(months)
	if len(ids) > 0 {
		text += ": " + few(ids, "identifiers")
	}
	return text
}
