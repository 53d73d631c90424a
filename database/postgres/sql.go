package postgres

import (
	"fmt"
	"strings"
)

// Every statement calls the row of the relation f.

// outputs selects the node's columns, as COPY is to send them.
func (r *relation) outputs() string {
	out := make([]string, len(r.cols))
	for i, c := range r.cols {
		out[i] = c.in() + c.cast
	}
	return join(out)
}

// plain selects the node's columns as they are. A role may read these alone: there is no star in any statement about a table.
func (r *relation) plain() string {
	out := make([]string, len(r.cols))
	for i, c := range r.cols {
		out[i] = c.in()
	}
	return join(out)
}

// source is the relation in a FROM.
func (r *relation) source() string { return r.from + " as f" }

const day = 24 * 3600 * 1_000_000 // in microseconds

// bound writes a time as a constant of the time column's own type, so that an index on it can be used.
// As a lower bound it is inclusive, as an upper one exclusive.
func (r *relation) bound(us int64) string {
	switch r.time().enc {
	case asMidnight:
		days := us / day
		if us%day > 0 {
			days++
		}
		return fmt.Sprintf("(date '1970-01-01' + %d)", days)
	default:
		if r.time().base == oidTimestamp {
			return "(" + instant(us) + " at time zone 'UTC')"
		}
		return instant(us)
	}
}

// between is the condition from <= time_index < to, "true" where neither bounds anything.
func (r *relation) between(from, to int64) string {
	t := r.time().in()
	var parts []string
	if from > firstTime {
		parts = append(parts, t+" >= "+r.bound(from))
	}
	if to < lastTime {
		parts = append(parts, t+" < "+r.bound(max(to, firstTime)))
	}
	if len(parts) == 0 {
		return "true"
	}
	return strings.Join(parts, " and ")
}

// wanted is the condition that the row is of one of the identifiers asked for, "true" where all are.
func (r *relation) wanted() string {
	c := r.id
	if c == nil {
		return "true"
	}
	list := literals(r.table.Identifiers)
	switch {
	case c.icase:
		return c.in() + c.cast + ` collate "C" = any(array[` + list + "]::text[])"
	case c.base == oidBpchar:
		return c.in() + " = any(array[" + list + "]::bpchar[])"
	}
	return c.in() + c.cast + " = any(array[" + list + "]::text[])"
}

// micros converts a time of the time column's type, in SQL.
func micros(expr string) string { return "(extract(epoch from " + expr + ") * 1000000)::bigint" }

// finite keeps the walk along times off minus infinity, which is no time.
func (r *relation) finite() string { return r.time().in() + " > '-infinity'" }

// exact names the column so that only equal bytes are equal.
func (c column) exact() string {
	if c.icase {
		return c.in() + ` collate "C"`
	}
	return c.in()
}

// match is the condition that the row f is of the combination of a table's columns c0, c1, ...
func (r *relation) match(table string, cols []column) string {
	parts := []string{"true"}
	for i, name := range aliases(cols) {
		parts = append(parts, cols[i].exact()+" = "+table+"."+name)
	}
	return strings.Join(parts, " and ")
}

// aliases are c0, c1, ...
func aliases(cols []column) []string {
	out := make([]string, len(cols))
	for i := range out {
		out[i] = fmt.Sprintf("c%d", i)
	}
	return out
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + n
	}
	return out
}
