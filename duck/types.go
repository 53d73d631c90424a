package duck

import (
	"fmt"
	"strings"

	bindings "github.com/duckdb/duckdb-go-bindings" // a type that mapping leaves out
	"github.com/duckdb/duckdb-go/v2/mapping"
	"github.com/tdlake/tdlake/frame"
)

// Column is a column of a result.
type Column struct {
	Name string
	SQL  string     // its type in DuckDB, as SQL writes it: DECIMAL(18,4)
	Type frame.Type // what its values become; 0 where a frame has no such type
}

// Local reports whether the column's times name no zone: they are what a clock shows, no instants.
func (c Column) Local() bool {
	return c.Type == frame.Timestamp && c.SQL != sqlNames[mapping.TypeTimestampTZ]
}

// frameTypes are what DuckDB's types become in a frame. Types that aren't listed have no place in one.
var frameTypes = map[mapping.Type]frame.Type{
	mapping.TypeBoolean:        frame.Bool,
	mapping.TypeTinyInt:        frame.Int64,
	mapping.TypeSmallInt:       frame.Int64,
	mapping.TypeInteger:        frame.Int64,
	mapping.TypeBigInt:         frame.Int64,
	mapping.TypeUTinyInt:       frame.Int64,
	mapping.TypeUSmallInt:      frame.Int64,
	mapping.TypeUInteger:       frame.Int64,
	mapping.TypeUBigInt:        frame.Int64,
	mapping.TypeFloat:          frame.Float64,
	mapping.TypeDouble:         frame.Float64,
	mapping.TypeDecimal:        frame.Float64,
	mapping.TypeVarchar:        frame.String,
	mapping.TypeEnum:           frame.String,
	mapping.TypeTimestamp:      frame.Timestamp,
	mapping.TypeTimestampS:     frame.Timestamp,
	mapping.TypeTimestampMS:    frame.Timestamp,
	mapping.TypeTimestampNS:    frame.Timestamp,
	mapping.TypeTimestampTZ:    frame.Timestamp,
	bindings.TypeTimestampTZNS: frame.Timestamp,
	mapping.TypeDate:           frame.Date,
	mapping.TypeSQLNull:        frame.Int64, // a bare NULL
}

// sqlNames are the types that have no parameters.
var sqlNames = map[mapping.Type]string{
	mapping.TypeBoolean:        "BOOLEAN",
	mapping.TypeTinyInt:        "TINYINT",
	mapping.TypeSmallInt:       "SMALLINT",
	mapping.TypeInteger:        "INTEGER",
	mapping.TypeBigInt:         "BIGINT",
	mapping.TypeUTinyInt:       "UTINYINT",
	mapping.TypeUSmallInt:      "USMALLINT",
	mapping.TypeUInteger:       "UINTEGER",
	mapping.TypeUBigInt:        "UBIGINT",
	mapping.TypeHugeInt:        "HUGEINT",
	mapping.TypeUHugeInt:       "UHUGEINT",
	mapping.TypeBigNum:         "BIGNUM",
	mapping.TypeFloat:          "FLOAT",
	mapping.TypeDouble:         "DOUBLE",
	mapping.TypeVarchar:        "VARCHAR",
	mapping.TypeEnum:           "ENUM",
	mapping.TypeTimestamp:      "TIMESTAMP",
	mapping.TypeTimestampS:     "TIMESTAMP_S",
	mapping.TypeTimestampMS:    "TIMESTAMP_MS",
	mapping.TypeTimestampNS:    "TIMESTAMP_NS",
	mapping.TypeTimestampTZ:    "TIMESTAMP WITH TIME ZONE",
	bindings.TypeTimestampTZNS: "TIMESTAMPTZ_NS",
	mapping.TypeDate:           "DATE",
	mapping.TypeTime:           "TIME",
	mapping.TypeTimeNS:         "TIME_NS",
	mapping.TypeTimeTZ:         "TIME WITH TIME ZONE",
	mapping.TypeInterval:       "INTERVAL",
	mapping.TypeBlob:           "BLOB",
	mapping.TypeBit:            "BIT",
	mapping.TypeUUID:           "UUID",
	mapping.TypeUnion:          "UNION",
	mapping.TypeVariant:        "VARIANT",
	mapping.TypeGeometry:       "GEOMETRY",
	mapping.TypeSQLNull:        `"NULL"`,
}

// sqlName writes a type as SQL does.
func sqlName(t mapping.LogicalType) string {
	child := func(t mapping.LogicalType) string {
		defer mapping.DestroyLogicalType(&t)
		return sqlName(t)
	}
	switch id := mapping.GetTypeId(t); id {
	case mapping.TypeDecimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", mapping.DecimalWidth(t), mapping.DecimalScale(t))
	case mapping.TypeList:
		return child(mapping.ListTypeChildType(t)) + "[]"
	case mapping.TypeArray:
		return fmt.Sprintf("%s[%d]", child(mapping.ArrayTypeChildType(t)), mapping.ArrayTypeArraySize(t))
	case mapping.TypeMap:
		return fmt.Sprintf("MAP(%s, %s)", child(mapping.MapTypeKeyType(t)), child(mapping.MapTypeValueType(t)))
	case mapping.TypeStruct:
		var fields []string
		for i := range mapping.StructTypeChildCount(t) {
			fields = append(fields, Quote(mapping.StructTypeChildName(t, i))+" "+child(mapping.StructTypeChildType(t, i)))
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	default:
		if name, ok := sqlNames[id]; ok {
			return name
		}
		return fmt.Sprintf("type %d", id)
	}
}

// TypeError is a column whose type frames do not have.
type TypeError struct {
	Column, Type string
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("column %q is of type %s, which a node cannot hold", e.Column, e.Type)
}

// Hint says how to come by a type that will do.
func (e *TypeError) Hint() string {
	switch e.Type {
	case "BLOB":
		return fmt.Sprintf("if its bytes are text, a query reads it: decode(%s)", Quote(e.Column))
	case "HUGEINT", "UHUGEINT", "BIGNUM":
		return fmt.Sprintf("cast it in a query: cast(%s as double)", Quote(e.Column))
	}
	return fmt.Sprintf("cast it in a query: cast(%s as varchar)", Quote(e.Column))
}

// Note is something that values lost on their way out of DuckDB.
type Note struct {
	Column string
	Kind   NoteKind
	Type   string // the column's type in DuckDB
	Count  int    // values concerned; 0 where it is the whole column
}

// NoteKind says what was lost.
type NoteKind uint8

const (
	Infinities  NoteKind = iota + 1 // infinities became missing
	Decimals                        // decimals became doubles
	Nanoseconds                     // times were cut to microseconds
)

func (n Note) String() string {
	switch n.Kind {
	case Infinities:
		return fmt.Sprintf("column %q: %d infinite values are taken as missing", n.Column, n.Count)
	case Decimals:
		return fmt.Sprintf("column %q: %s is stored as float", n.Column, n.Type)
	default:
		return fmt.Sprintf("column %q: %d times are cut to microseconds", n.Column, n.Count)
	}
}
