package files

import (
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
)

// csvColumn is a column of a CSV file: what was found in its fields, and what follows from that.
type csvColumn struct {
	name string

	left                                   kinds // those of all values
	values, numbers, commas, points, codes int
	times, naive, zoned, missing           int
	noNumber, noTime, marked, comma        place // the first ones
	markers                                []string
}

// place is a field's text and line.
type place struct {
	line int
	text string
}

func (p *place) set(line int, b []byte) {
	if p.line == 0 {
		*p = place{line, string(b[:min(len(b), 60)])}
	}
}

func (p place) String() string { return fmt.Sprintf("%q in line %d", p.text, p.line) }

// add takes a field into account. An empty one is missing.
func (c *csvColumn) add(line int, b []byte) {
	if len(b) == 0 {
		return
	}
	t := examine(b)
	if t.kinds == 0 && isMarker(b) {
		c.missing++
		c.marked.set(line, b)
		if !slices.Contains(c.markers, string(b)) {
			c.markers = append(c.markers, string(b))
		}
		return
	}
	c.values++
	c.left &= t.kinds
	if t.kinds&number != 0 {
		c.numbers++
	} else {
		c.noNumber.set(line, b)
	}
	if t.kinds&(instant|instantNS) == 0 {
		c.noTime.set(line, b)
		if t.comma || t.point {
			c.comma.set(line, b)
		}
		if t.comma {
			c.commas++
		}
		if t.point {
			c.points++
		}
		if t.code {
			c.codes++
		}
		return
	}
	c.times++
	if t.naive {
		c.naive++
	}
	if t.zoned {
		c.zoned++
	}
}

// grouped reports whether all are numbers, some of them with commas between thousands. Where a semicolon separates fields, a comma may be for decimals.
func (c *csvColumn) grouped(sep byte) bool {
	return c.commas > 0 && c.numbers+c.commas == c.values && sep == ','
}

// sql is the column's type.
func (c *csvColumn) sql(sep byte) string {
	switch {
	case c.values == 0, c.grouped(sep):
		return "DOUBLE"
	case c.left&whole != 0:
		return "BIGINT"
	case c.left&number != 0:
		return "DOUBLE"
	case c.left&date != 0:
		return "DATE"
	case c.left&instant != 0 && c.zoned == 0:
		return "TIMESTAMP"
	case c.left&instant != 0:
		return "TIMESTAMP WITH TIME ZONE"
	case c.left&instantNS != 0 && c.zoned == 0:
		return "TIMESTAMP_NS"
	case c.left&instantNS != 0:
		return "TIMESTAMPTZ_NS"
	case c.left&yesNo != 0:
		return "BOOLEAN"
	}
	return "VARCHAR"
}

// expression reads the column, which DuckDB has as text under a name of ours.
func (c *csvColumn) expression(text string, sep byte) string {
	kind := c.sql(sep)
	if kind == "VARCHAR" {
		return text
	}
	if len(c.markers) > 0 {
		text = fmt.Sprintf("case when %s not in (%s) then %[1]s end", text, literals(c.markers))
	}
	if c.grouped(sep) {
		text = "replace(" + text + ", ',', '')"
	}
	return fmt.Sprintf("cast(%s as %s)", text, kind)
}

func literals(texts []string) string {
	out := ""
	for i, t := range texts {
		if i > 0 {
			out += ", "
		}
		out += duck.Literal(t)
	}
	return out
}

// remark is what a user should know of how the column is read.
func (c *csvColumn) remark(sep byte) relation.Remark {
	kind := c.sql(sep)
	switch others := c.values - c.numbers; {
	case kind == "VARCHAR" && c.numbers > others && c.codes == 0 && others <= few(c.values):
		return relation.Remark{Note: fmt.Sprintf("%s is no number, as the other %d are: the column is text", c.noNumber, c.numbers)}
	case kind == "VARCHAR" && c.points > 0 && c.points+c.commas+c.numbers == c.values:
		return relation.Remark{Note: fmt.Sprintf("%s has a comma for the decimals: the column is text; a query reads it: cast(replace(%s, ',', '.') as double)", c.comma, duck.Quote(c.name))}
	case kind == "VARCHAR" && c.times > c.values-c.times && c.values-c.times <= few(c.values):
		return relation.Remark{Note: fmt.Sprintf("%s is no date or time, as the other %d are: the column is text", c.noTime, c.times), Why: c.noTime.String()}
	case kind == "VARCHAR":
		return relation.Remark{Why: c.noTime.String()}
	case c.grouped(sep):
		return relation.Remark{Lost: true, Note: fmt.Sprintf("commas between thousands are left out of %d of %d values, such as %s", c.commas, c.values, c.comma)}
	case c.missing > 0:
		return relation.Remark{Lost: true, Note: fmt.Sprintf("%d of %d fields are taken as missing, such as %s", c.missing, c.missing+c.values, c.marked)}
	case c.naive > 0 && c.zoned > 0:
		return relation.Remark{Mixed: true, Note: fmt.Sprintf("%d of %d times have no zone and are taken as UTC", c.naive, c.naive+c.zoned)}
	}
	return relation.Remark{}
}
