package relation

import (
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// types sets the schema.
func (p *plan) types() error {
	plain := make([]duck.Column, len(p.columns))
	for i, c := range p.columns {
		plain[i] = c.Column
		if i < len(p.table.Key) {
			if err := p.keyType(c, i == 0); err != nil {
				return err
			}
		}
		if c.Type == 0 {
			return &duck.TypeError{Column: c.Name, Type: c.SQL}
		}
	}
	var err error
	p.schema, err = duck.FrameSchema(plain, p.table.Key)
	return err
}

// keyType refuses types that cannot name a row.
func (p *plan) keyType(c column, first bool) error {
	wrong := func(want, how string) error {
		made := fmt.Sprintf(how, c.stored) + " as " + c.Name
		hint := fmt.Sprintf(`make it one with a query: "select %s, * exclude (%s) from %s"`, made, c.stored, p.table.Name)
		if p.table.Query != "" {
			hint = "make it one in the query: " + made
		}
		r := p.found.Remarks[c.stored]
		switch {
		case r.Why != "" && r.Note != "":
			return p.data("mend that line", "%s: %s is no time, as the others are: column %q is in the key", r.Where, r.Why, c.Name)
		case r.Why != "" && first:
			return p.data(hint, "column %q is in the key and is %s, not %s: %s, %s", c.Name, strings.ToLower(c.SQL), want, r.Where, r.Why)
		}
		return p.data(hint, "column %q is in the key and is %s, not %s", c.Name, strings.ToLower(c.SQL), want)
	}
	switch {
	case first && c.Type == frame.String:
		return wrong("a timestamp", "strptime(%s, '%%Y-%%m-%%d')")
	case first && c.Type == frame.Int64:
		return wrong("a timestamp", "epoch_ms(%s)")
	case first && c.Type != frame.Timestamp && c.Type != frame.Date:
		return p.data("rename a column that holds times to "+c.Name, "column %q is in the key and is %s, not a timestamp", c.Name, strings.ToLower(c.SQL))
	case c.SQL == "BLOB":
		return wrong("text", "decode(%s)")
	case c.Name == frame.UniqueIdentifier && c.Type != frame.String:
		return wrong("text", "cast(%s as varchar)")
	case c.Type == frame.Float64:
		return wrong("text, a whole number, a date or a timestamp", "cast(%s as bigint)")
	}
	return nil
}
