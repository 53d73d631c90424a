package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// Type identifiers of PostgreSQL's built-in types.
const (
	oidBool        = 16
	oidName        = 19
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidText        = 25
	oidFloat4      = 700
	oidFloat8      = 701
	oidBpchar      = 1042
	oidVarchar     = 1043
	oidDate        = 1082
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
	oidNumeric     = 1700
	oidUUID        = 2950
)

// attribute is a column as the database has it.
type attribute struct {
	name    string
	oid     uint32 // of its type, a domain's own
	notNull bool
	icase   bool // its collation holds different texts to be equal

	base    uint32 // the type below any domains
	written string // the type as SQL writes it
	enum    bool
	stringy bool // of the category of string types
}

// encoding is how COPY sends a value.
type encoding uint8

const (
	asFloat8 encoding = iota + 1
	asFloat4
	asNumeric
	asInt2
	asInt4
	asInt8
	asBool
	asText
	asTimestamp // microseconds since 2000
	asDate      // days since 2000
	asMidnight  // a date that becomes a timestamp
)

// column is a column as a node has it, and how it is read.
type column struct {
	attribute
	field frame.Field
	enc   encoding
	cast  string // appended where it is selected
}

// in names the column of the row f.
func (c column) in() string { return "f." + identifier(c.name) }

// encodings says what becomes of the built-in types.
var encodings = map[uint32]struct {
	enc encoding
	typ frame.Type
}{
	oidFloat8:      {asFloat8, frame.Float64},
	oidFloat4:      {asFloat4, frame.Float64},
	oidNumeric:     {asNumeric, frame.Float64},
	oidInt2:        {asInt2, frame.Int64},
	oidInt4:        {asInt4, frame.Int64},
	oidInt8:        {asInt8, frame.Int64},
	oidBool:        {asBool, frame.Bool},
	oidText:        {asText, frame.String},
	oidVarchar:     {asText, frame.String},
	oidName:        {asText, frame.String},
	oidTimestampTZ: {asTimestamp, frame.Timestamp},
	oidTimestamp:   {asTimestamp, frame.Timestamp},
	oidDate:        {asDate, frame.Date},
}

// newColumn says how an attribute is read under a name; ok is false where no node can hold its type.
func newColumn(a attribute, name string) (column, bool) {
	c := column{attribute: a}
	e, ok := encodings[a.base]
	switch {
	case ok:
	case a.enum || a.stringy || a.base == oidBpchar || a.base == oidUUID:
		e.enc, e.typ = asText, frame.String
		c.cast = "::text"
	default:
		return column{}, false
	}
	if name == frame.TimeIndex && a.base == oidDate {
		e.enc, e.typ = asMidnight, frame.Timestamp
	}
	c.enc, c.field = e.enc, frame.Field{Name: name, Type: e.typ}
	return c, true
}

// present is a condition: the row f has a value there that a frame keeps.
func (c column) present() string {
	name := c.in()
	switch c.enc {
	case asFloat8, asFloat4: // NaN is above infinity to PostgreSQL
		return "abs(" + name + ") < 'infinity'"
	case asNumeric:
		return "abs(" + name + ") < 1.7976931348623159e308"
	case asTimestamp, asDate, asMidnight:
		return "isfinite(" + name + ")"
	}
	return name + " is not null"
}

const resolveTypes = `with recursive d as (
	select oid, oid as base, typtype, typbasetype, typcategory from pg_type where oid = any(array[%s]::oid[])
	union all
	select d.oid, t.oid, t.typtype, t.typbasetype, t.typcategory from d join pg_type t on t.oid = d.typbasetype where d.typtype = 'd')
select oid, base, typtype = 'e', typcategory = 'S', format_type(oid, null) from d where typtype <> 'd'`

// resolve fills in what the catalogue says of the attributes' types.
func (v *View) resolve(ctx context.Context, what string, attrs []attribute) error {
	var oids []string
	for _, a := range attrs {
		if oid := integer(int64(a.oid)); !slices.Contains(oids, oid) {
			oids = append(oids, oid)
		}
	}
	rows, err := v.query(ctx, what, fmt.Sprintf(resolveTypes, join(oids)))
	if err != nil {
		return err
	}
	byOID := map[uint32]attribute{}
	for _, r := range rows {
		byOID[number(r[0])] = attribute{base: number(r[1]), enum: isTrue(r[2]), stringy: isTrue(r[3]), written: string(r[4])}
	}
	for i := range attrs {
		t := byOID[attrs[i].oid]
		attrs[i].base, attrs[i].enum, attrs[i].stringy, attrs[i].written = t.base, t.enum, t.stringy, t.written
	}
	return nil
}

func number(text []byte) (n uint32) {
	fmt.Sscan(string(text), &n)
	return n
}

func isTrue(text []byte) bool { return string(text) == "t" }
