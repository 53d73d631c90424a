package relation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// naive reports whether a column has times without a zone.
func (p *plan) naive(c column) bool {
	return strings.HasPrefix(c.SQL, "TIMESTAMP") && !strings.HasPrefix(c.SQL, "TIMESTAMP WITH") && c.SQL != "TIMESTAMPTZ_NS"
}

// zone reads times without a zone as those of the node's timezone.
func (p *plan) zone(named []column) error {
	if p.table.Timezone == "" {
		return nil
	}
	for _, c := range named {
		if r := p.found.Remarks[c.stored]; r.Mixed {
			return p.data("give all of them a zone, or none", "%s", r.Warning(c.stored))
		}
	}
	if !slices.ContainsFunc(named, p.naive) {
		return nil
	}
	values := make([]string, len(named))
	for i := range named {
		c := &named[i]
		alias := fmt.Sprintf("z%d", i)
		values[i] = c.ref() + " as " + alias
		if p.naive(*c) {
			local := "cast(" + c.ref() + " as timestamp)"
			if c.SQL == "TIMESTAMP_NS" { // a cast would round
				local = fmt.Sprintf("make_timestamp((epoch_ns(%s) - ((epoch_ns(%[1]s) %% 1000) + 1000) %% 1000) // 1000)", c.ref())
			}
			values[i] = fmt.Sprintf("timezone(%s, %s) as %s", duck.Literal(p.table.Timezone), local, alias)
			c.SQL = "TIMESTAMP WITH TIME ZONE"
		}
		c.alias = alias
	}
	p.from = fmt.Sprintf("(select %s from %s) as zoned", strings.Join(values, ", "), p.from)
	return nil
}

// sayNaive warns of times that are taken as UTC because nothing says where they are.
func (p *plan) sayNaive(f *frame.Frame) {
	if p.table.Timezone != "" || p.naiveSaid {
		return
	}
	for i, c := range p.columns {
		if c.Type != frame.Timestamp || !p.naive(c) {
			continue
		}
		if text := Naive(c.stored, f, i); text != "" {
			p.naiveSaid = true
			p.view.warnings.say(p.label, text)
			return
		}
	}
}

// Naive is the warning about column i of f, whose times have no zone, "" where all of them are midnights, which are dates.
func Naive(name string, f *frame.Frame, i int) string {
	times := f.Column(i).(*array.Timestamp)
	for k := range times.Len() {
		if us := int64(times.Value(k)); times.IsValid(k) && us%(24*time.Hour).Microseconds() != 0 {
			return fmt.Sprintf("column %q: times without a zone, such as %s, are taken as UTC; timezone: UTC on the node says so, timezone: America/New_York that they are there",
				name, time.UnixMicro(us).UTC().Format("2006-01-02 15:04:05"))
		}
	}
	return ""
}

// lengthen makes rows of a wide table's columns.
func (p *plan) lengthen(named []column) ([]column, error) {
	if p.table.WideName == "" {
		return named, nil
	}
	var out []column
	var inner, names, values []string
	kind, t := "bigint", frame.Int64
	for _, c := range named {
		switch {
		case slices.Contains(p.table.Key, c.Name):
			alias := fmt.Sprintf("k%d", len(out))
			inner = append(inner, c.ref()+" as "+alias)
			c.alias = alias
			out = append(out, c)
			continue
		case len(p.table.Identifiers) > 0 && p.table.WideName == frame.UniqueIdentifier && !slices.Contains(p.table.Identifiers, c.Name):
			continue
		case c.Type != frame.Float64 && c.Type != frame.Int64:
			what := ""
			if r := p.found.Remarks[c.stored]; r.Note != "" {
				what = ": " + r.Note
			}
			return nil, p.data("make it a number, put it into the key, or leave it out with a query", "column %q is %s, and the columns of a wide table are numbers%s", c.stored, strings.ToLower(c.SQL), what)
		case c.Type == frame.Float64:
			kind, t = "double", frame.Float64
		}
		if r := p.found.Remarks[c.stored]; r.Note != "" {
			p.view.warnings.say(p.label, r.Warning(c.stored))
		}
		names, values = append(names, duck.Literal(c.Name)), append(values, c.ref())
	}
	if slices.ContainsFunc(out, func(c column) bool { return c.Name == p.table.WideName }) {
		return nil, p.data("wide: {name: ANOTHER, value: ...}", "there is a column %q already, which wide is to make", p.table.WideName)
	}
	for i := range values {
		values[i] = fmt.Sprintf("cast(%s as %s)", values[i], kind)
	}
	inner = append(inner, fmt.Sprintf("unnest([%s]::varchar[]) as n", strings.Join(names, ", ")), fmt.Sprintf("unnest([%s]::%s[]) as v", strings.Join(values, ", "), kind))
	p.from = fmt.Sprintf("(select * from (select %s from %s) as wide where v is not null and not isnan(cast(v as double))) as long", strings.Join(inner, ", "), p.from)
	return append(out,
		column{Column: duck.Column{Name: p.table.WideName, SQL: "VARCHAR", Type: frame.String}, stored: p.table.WideName, alias: "n"},
		column{Column: duck.Column{Name: p.table.WideValue, SQL: strings.ToUpper(kind), Type: t}, stored: p.table.WideValue, alias: "v"}), nil
}
