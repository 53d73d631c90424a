package relation

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

const beginning, end = math.MinInt64, math.MaxInt64

// where returns the condition for from <= time_index < to and the node's identifiers, with WHERE, or "".
func (p *plan) where(from, to int64) string {
	var all []string
	if from != beginning {
		all = append(all, p.compare(">=", from))
	}
	if to != end {
		all = append(all, p.compare("<", to))
	}
	if p.only != "" {
		all = append(all, p.only)
	}
	if len(all) == 0 {
		return ""
	}
	return " where " + strings.Join(all, " and ")
}

// whereAt is where for rows at some times instead of those of a range.
func (p *plan) whereAt(times []int64) string {
	var list, any []string
	for _, us := range times {
		switch c := p.columns[0]; {
		case c.SQL == "TIMESTAMP":
			list = append(list, fmt.Sprintf("make_timestamp(%d::bigint)", us))
		case c.SQL == "TIMESTAMP WITH TIME ZONE":
			list = append(list, fmt.Sprintf("make_timestamptz(%d::bigint)", us))
		default: // one time in microseconds may be several of the column's
			any = append(any, p.compare(">=", us)+" and "+p.compare("<", us+1))
		}
	}
	if len(list) > 0 {
		any = append(any, p.columns[0].ref()+" in ("+strings.Join(list, ", ")+")")
	}
	where := " where (" + strings.Join(any, " or ") + ")"
	if p.only != "" {
		where += " and " + p.only
	}
	return where
}

// compare is a condition on time_index in its own type, so that DuckDB can skip row groups by it. op is >= or <.
func (p *plan) compare(op string, us int64) string {
	c := p.columns[0]
	q := c.ref()
	switch c.SQL {
	case "TIMESTAMP":
		return fmt.Sprintf("%s %s make_timestamp(%d::bigint)", q, op, us)
	case "TIMESTAMP WITH TIME ZONE":
		return fmt.Sprintf("%s %s make_timestamptz(%d::bigint)", q, op, us)
	case "DATE":
		const day = 86_400_000_000
		days := us / day
		if us%day > 0 { // a date is its midnight: at or after us means at or after the next one
			days++
		}
		return fmt.Sprintf("%s %s date '1970-01-01' + %d", q, op, days)
	case "TIMESTAMP_NS", "TIMESTAMPTZ_NS":
		ns := max(min(us, math.MaxInt64/1000), math.MinInt64/1000) * 1000
		return fmt.Sprintf("epoch_ns(%s) %s %d::bigint", q, op, ns)
	default:
		return fmt.Sprintf("cast(%s as timestamp) %s make_timestamp(%d::bigint)", q, op, us)
	}
}

// selectRows is the query for the rows of a range, in order.
func (p *plan) selectRows(from, to int64) string { return p.selectWhere(p.where(from, to)) }

// selectWhere is the query for the rows of a condition, in order.
func (p *plan) selectWhere(where string) string {
	cols, order := make([]string, len(p.columns)), make([]string, p.schema.Key)
	for i, c := range p.columns {
		cols[i] = c.sql() + " as " + duck.Quote(c.Name)
		if i < len(order) {
			order[i] = strconv.Itoa(i + 1) // by its place: its name may be another column's here
		}
	}
	return fmt.Sprintf("select %s from %s%s order by %s", strings.Join(cols, ", "), p.from, where, strings.Join(order, ", "))
}

// selectBefore is the query for the rows that stand for the time before `at`: of every combination of the key's other
// columns the last row, and for each value column the last row where it isn't missing.
func (p *plan) selectBefore(at int64) string {
	var inner, lasts, group, on, out []string
	matches := []string{"r.c0 = m.m0"}
	lasts = append(lasts, "max(c0) as m0")
	for i, c := range p.columns {
		name := fmt.Sprintf("c%d", i)
		inner = append(inner, c.sql()+" as "+name)
		out = append(out, "r."+name+" as "+duck.Quote(c.Name))
		switch {
		case i == 0:
		case i < p.schema.Key:
			group = append(group, name)
			on = append(on, fmt.Sprintf("r.%s = m.%s", name, name))
		default:
			lasts = append(lasts, fmt.Sprintf("max(c0) filter (where %s) as m%d", present(c, name), i))
			matches = append(matches, fmt.Sprintf("r.c0 = m.m%d", i))
		}
	}
	rows := fmt.Sprintf("(select %s from %s%s)", strings.Join(inner, ", "), p.from, p.where(beginning, at))
	by, join := "", ""
	if len(group) > 0 {
		by = " group by " + strings.Join(group, ", ")
		join = strings.Join(on, " and ") + " and "
	}
	return fmt.Sprintf("select %s from %s r, (select %s from %s%s) m where %s(%s)", strings.Join(out, ", "), rows,
		strings.Join(append(group, lasts...), ", "), rows, by, join, strings.Join(matches, " or "))
}

// present is the condition that a value is not missing.
func present(c column, name string) string {
	if c.SQL == "DOUBLE" || c.SQL == "FLOAT" || c.Type == frame.Timestamp || c.Type == frame.Date {
		return "isfinite(" + name + ")"
	}
	return name + " is not null"
}
