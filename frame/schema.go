package frame

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// The columns that most keys are made of.
const (
	TimeIndex        = "time_index"
	UniqueIdentifier = "unique_identifier"
)

// Type is the type of a column: the closed list of what a lake stores.
type Type uint8

const (
	Float64   Type = iota + 1
	Int64          // whole numbers; every narrower integer of a database becomes this
	Bool           //
	String         // UTF-8
	Timestamp      // microseconds since the epoch, UTC
	Date           // days since the epoch
)

var typeNames = [...]string{"", "float", "int", "bool", "string", "timestamp", "date"}

var arrowTypes = [...]arrow.DataType{
	Float64:   arrow.PrimitiveTypes.Float64,
	Int64:     arrow.PrimitiveTypes.Int64,
	Bool:      arrow.FixedWidthTypes.Boolean,
	String:    arrow.BinaryTypes.String,
	Timestamp: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"},
	Date:      arrow.FixedWidthTypes.Date32,
}

// String returns the type's name as manifests write it.
func (t Type) String() string {
	if int(t) >= len(typeNames) {
		return "unknown"
	}
	return typeNames[t]
}

// Arrow returns the Arrow type that holds t in memory.
func (t Type) Arrow() arrow.DataType { return arrowTypes[t] }

// MarshalText writes the type's name.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a name written by MarshalText.
func (t *Type) UnmarshalText(text []byte) error {
	i := slices.Index(typeNames[:], string(text))
	if i <= 0 {
		return fmt.Errorf("unknown column type %q", text)
	}
	*t = Type(i)
	return nil
}

// Field is a column's name and type.
type Field struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Schema is the columns of a frame. The first Key fields are its key, in the order that rows are sorted by.
type Schema struct {
	Fields []Field `json:"fields"`
	Key    int     `json:"key"`
}

// Long is the schema of most nodes: time_index, unique_identifier and float columns of the given names.
func Long(values ...string) Schema {
	s := Schema{Key: 2, Fields: []Field{{TimeIndex, Timestamp}, {UniqueIdentifier, String}}}
	for _, v := range values {
		s.Fields = append(s.Fields, Field{v, Float64})
	}
	return s
}

// Index returns the position of the named field, or -1.
func (s Schema) Index(name string) int {
	return slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
}

// Names returns the names of all fields.
func (s Schema) Names() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// KeyNames returns the names of the key's fields.
func (s Schema) KeyNames() []string { return s.Names()[:s.Key] }

// Equal reports whether both have the same fields in the same order, and the same key.
func (s Schema) Equal(o Schema) bool { return s.Key == o.Key && slices.Equal(s.Fields, o.Fields) }

// String is for messages: "time_index timestamp, close float".
func (s Schema) String() string {
	parts := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		parts[i] = f.Name + " " + f.Type.String()
	}
	return strings.Join(parts, ", ")
}

// Check reports what makes s unusable as a frame's schema: no leading time_index, an empty key, two columns of a name.
func (s Schema) Check() error {
	if s.Key < 1 || s.Key > len(s.Fields) || s.Fields[0] != (Field{TimeIndex, Timestamp}) {
		return fmt.Errorf("the key must begin with %s, a timestamp (columns: %s)", TimeIndex, s)
	}
	seen := map[string]bool{}
	for _, f := range s.Fields {
		if seen[f.Name] {
			return fmt.Errorf("two columns are named %q", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// Arrow returns the schema as Arrow's.
func (s Schema) Arrow() *arrow.Schema {
	fields := make([]arrow.Field, len(s.Fields))
	for i, f := range s.Fields {
		fields[i] = arrow.Field{Name: f.Name, Type: f.Type.Arrow(), Nullable: i >= s.Key}
	}
	return arrow.NewSchema(fields, nil)
}
