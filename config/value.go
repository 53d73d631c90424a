package config

import "fmt"

// ValueKind says which of a Value's fields holds it.
type ValueKind uint8

// The kinds of values. The zero kind is a value that was at fault: it has been reported and should be passed over.
const (
	Scalar ValueKind = iota + 1
	List
	Map
)

// Value is a YAML value with its place. A scalar is int64, float64, string, bool or nil, as YAML 1.2 reads it; Text is
// how it was written. Aliases are written out, and have the place of what they stand for.
type Value struct {
	Pos
	Kind   ValueKind
	Scalar any
	Text   string
	List   []Value
	Map    []Entry
}

// Entry is a key of a mapping and its value. Keys are in the order written, each once.
type Entry struct {
	Key    string
	KeyPos Pos
	Value  Value
}

// Get returns the value under a key of a mapping.
func (v Value) Get(key string) (Value, bool) {
	for _, e := range v.Map {
		if e.Key == key {
			return e.Value, true
		}
	}
	return Value{}, false
}

// IsNull reports whether nothing is written where the value should be, or null.
func (v Value) IsNull() bool { return v.Kind == Scalar && v.Scalar == nil }

// Any returns the value without places: a scalar, []any, or map[string]any.
func (v Value) Any() any {
	switch v.Kind {
	case List:
		list := make([]any, len(v.List))
		for i, item := range v.List {
			list[i] = item.Any()
		}
		return list
	case Map:
		m := make(map[string]any, len(v.Map))
		for _, e := range v.Map {
			m[e.Key] = e.Value.Any()
		}
		return m
	}
	return v.Scalar
}

// Amounts reads a mapping of names to whole numbers, such as {gpus: 1}. bad is called with entries that have another value.
func (v Value) Amounts(bad func(Entry)) map[string]int64 {
	out := map[string]int64{}
	for _, e := range v.Map {
		n, ok := e.Value.Scalar.(int64)
		if e.Value.Kind != 0 && (!ok || n < 0) {
			bad(e)
		}
		out[e.Key] = n
	}
	return out
}

// Describe names a value for messages: `the text "abc"`, `the number 5`, `a list`.
func (v Value) Describe() string {
	switch v.Kind {
	case List:
		return "a list"
	case Map:
		return "a mapping"
	}
	switch v.Scalar.(type) {
	case nil:
		return "nothing"
	case string:
		return "the text " + quote(v.Text)
	case bool:
		return v.Text
	}
	return "the number " + v.Text
}

// InQuotes is the hint that turns a number, true, false or null into the text that is written; "" where there is none.
func (v Value) InQuotes() string {
	if _, isText := v.Scalar.(string); isText || v.Kind != Scalar || v.Text == "" {
		return ""
	}
	return fmt.Sprintf("put it in quotes: %q", v.Text)
}

// nameInQuotes is InQuotes where the text can be a name.
func (v Value) nameInQuotes() string {
	if !isName(v.Text) {
		return ""
	}
	return v.InQuotes()
}

// quote is %q for messages, cut where the text is long.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// isName reports whether s can name a node, a parameter or a metric: a column or view of that name then needs no quotes
// in SQL.
func isName(s string) bool {
	if s == "" || len(s) > 100 || '0' <= s[0] && s[0] <= '9' {
		return false
	}
	for _, r := range s {
		if r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}
