package graph

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are checked, and used, on machines that have none installed

	"github.com/tdlake/tdlake/config"
)

// ParamSpec describes a parameter of a kind.
type ParamSpec struct {
	Name        string
	Type        ParamType
	Default     any      // typed; nil: none
	DefaultFrom string   // the parameter whose value is the default
	Required    bool     // must be written
	Enum        []string // of an Enum
	Min, Max    *float64 // of an Int or Float; nil: no limit
	Above       bool     // Min itself is refused
	Set         bool     // of Texts: order and repetition mean nothing
	OrNode      string   // may be {node: .., where: ..} instead: an input of this name, the condition being the parameter named
	Inner       bool     // not written under its own name
	Outside     bool     // no part of the identity: a resource, or the way to what an inner parameter identifies
	Doc         string

	read func(v any) (any, *fault) // of a Custom
}

// InputSpec describes an input of a kind.
type InputSpec struct {
	Role     string
	Key      KeyRule
	Many     bool // a list of nodes, and all elements of a foreach
	Named    bool // a mapping {role: node}
	Optional bool
	Factors  bool // entries may be {node: N, times: X, column: C}, each under a role of its own
	Inner    bool // not written under its own name
	Doc      string

	refuse func(n *Node) *unsuited // what a node's numbers must not be; nil: anything
}

// KeyRule says which key an input must have.
type KeyRule uint8

// The rules for keys of inputs.
const (
	KeyAny     KeyRule = iota
	KeyPanel           // exactly time_index, unique_identifier
	KeyMembers         // unique_identifier must be in it
)

// ParamType is the type of a parameter. Typed values are string (Text, SQL, Enum, Zone, Span), int64, float64, bool,
// []string, map[string]string and Free.
type ParamType uint8

// The types of parameters.
const (
	Text     ParamType = iota + 1
	SQL                // text in which '${name}' doubles the quotes of what it stands for
	Enum               // one of a few words
	Zone               // an IANA time zone
	Span               // a duration, see Duration
	Int                //
	Float              // finite
	Bool               //
	Texts              // a list of texts; a single text serves
	TextMap            // a mapping of texts to texts
	FreeMap            // a mapping of names to any values
	Words              // a list of words, as a command has: repeated and empty ones are fine, numbers are written out
	Size               // a number of bytes, as text such as 2GiB; typed, an int64
	Formula            // an expression, see package graph/expression
	Formulas           // a mapping of names to expressions, in the order written; typed, a list of name, text, name, text
	Count              // a whole number, or one of a few words
	AsOfs              // by input, {as_of: each | whole, max_age: 90d}; typed, a Free
	Custom             // what the parameter's own read makes of it
)

var typeNames = [...]string{
	"", "text", "SQL text", "one of a few words", "a time zone", "a duration such as 1d, 1h, 15m",
	"a whole number", "a number", "true or false", "a list of texts", "a mapping of texts",
	"a mapping", "a list of words", "a size such as 512MiB or 2GiB",
	"an expression", "a mapping of names to expressions", "a whole number or one of a few words", "a mapping of inputs to {as_of: each}", "a value of its own form",
}

// String names the type for messages and docs.
func (t ParamType) String() string { return typeNames[t] }

func limit(x float64) *float64 { return &x }

// fault is what is wrong with a value, before it has a place: the words that follow the value's name.
type fault struct {
	message, hint string
	pos           config.Pos // where it is known better than by the value's place
	item          int        // of a list: the item at fault, counted from 1; 0: all of it
	key           string     // of a mapping: the key at fault; "": all of it
	wrong         bool       // the message lacks what is there instead: value, as it is written
	quote         bool       // the value is meant as a text
	value         any
}

// read adds to a fault what is there instead, as the config says it.
func (f *fault) read(s scope, x *expr) {
	if !f.wrong {
		return
	}
	written := s.as(x)
	switch {
	case f.item > 0:
		written = s.item(x, f.item-1)
	case f.key != "" && x.form == mapping:
		written = s.as(&x.parts[slices.Index(x.keys, f.key)])
	case f.key != "":
		written = nil
	}
	if written == nil || written.Kind != config.Scalar || isCollection(f.value) {
		f.message += ", not " + describe(f.value)
		return
	}
	f.message += ", not " + written.Describe()
	if f.quote {
		f.hint = written.InQuotes()
	}
}

func faultf(hint, format string, args ...any) *fault {
	return &fault{message: fmt.Sprintf(format, args...), hint: hint}
}

// label is the parameter's name as it is written in YAML.
func (s *ParamSpec) label() string {
	if s.Type == AsOfs {
		return "inputs"
	}
	if s.Inner {
		return strings.Replace(s.Name, "_", ".", 1)
	}
	return s.Name
}

// convert types a value that was read from YAML.
func (s *ParamSpec) convert(v any) (any, *fault) {
	switch s.Type {
	case Text, SQL, Enum, Zone, Span:
		return s.text(v)
	case Int:
		return s.int(v)
	case Count:
		if text, ok := v.(string); ok {
			return oneOf(text, s.Enum)
		}
		return s.int(v)
	case Float:
		return s.float(v)
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case Texts:
		return s.texts(v)
	case TextMap:
		return s.textMap(v)
	case FreeMap:
		return s.free(v)
	case Words:
		return s.words(v)
	case Size:
		return s.size(v)
	case Formula:
		return s.formula(v)
	case Formulas:
		return s.formulas(v)
	case AsOfs:
		return s.asOfs(v)
	case Custom:
		return s.read(v)
	}
	return nil, s.wrong(v)
}

func (s *ParamSpec) wrong(v any) *fault {
	f := faultf("", "must be %s", s.Type)
	f.wrong, f.value = true, v
	f.quote = !isCollection(v) && (s.Type == Text || s.Type == Texts || s.Type == TextMap)
	return f
}

func isCollection(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

func (s *ParamSpec) text(v any) (any, *fault) {
	text, ok := v.(string)
	if !ok {
		return nil, s.wrong(v)
	}
	if strings.TrimSpace(text) == "" {
		return nil, faultf("", "is empty")
	}
	if strings.ContainsRune(text, 0) {
		return nil, faultf("", "contains a NUL character")
	}
	switch s.Type {
	case Enum:
		return oneOf(text, s.Enum)
	case Zone:
		if _, err := time.LoadLocation(text); err != nil || text == "Local" {
			return nil, faultf("IANA names: UTC, America/New_York, Europe/Berlin", "must be a time zone, not %q", text)
		}
	case Span:
		d, err := ParseDuration(text)
		if err != nil {
			return nil, faultf("a number and one of w, d, h, m, s, ms: 1d, 15m", "must be a duration: %s", err)
		}
		return d.String(), nil
	}
	return text, nil
}

func (s *ParamSpec) int(v any) (any, *fault) {
	n, ok := v.(int64)
	if f, isFloat := v.(float64); isFloat && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		n, ok = int64(f), true
	}
	if !ok {
		return nil, s.wrong(v)
	}
	return n, s.limits(float64(n), v)
}

func (s *ParamSpec) float(v any) (any, *fault) {
	f, ok := v.(float64)
	if n, isInt := v.(int64); isInt {
		f, ok = float64(n), true
	}
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, s.wrong(v)
	}
	return f + 0, s.limits(f, v) // + 0 makes -0 a 0
}

func (s *ParamSpec) limits(x float64, v any) *fault {
	switch {
	case s.Min != nil && s.Above && x <= *s.Min:
		return faultf("", "must be above %s, not %s", showLimit(*s.Min), show(v))
	case s.Min != nil && x < *s.Min:
		return faultf("", "must be %s or more, not %s", showLimit(*s.Min), show(v))
	case s.Max != nil && x > *s.Max:
		return faultf("", "must be %s or less, not %s", showLimit(*s.Max), show(v))
	}
	return nil
}

func showLimit(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func (s *ParamSpec) texts(v any) (any, *fault) {
	items, ok := v.([]any)
	if !ok {
		if _, one := v.(string); !one {
			return nil, s.wrong(v)
		}
		items = []any{v}
	}
	if len(items) == 0 {
		return nil, faultf("", "is an empty list")
	}
	list := make([]string, len(items))
	seen := make(map[string]bool, len(items))
	for i, item := range items {
		text, f := (&ParamSpec{Type: Text}).text(item)
		if f != nil {
			f.message, f.item = "has an item that "+f.message, i+1
			return nil, f
		}
		list[i] = text.(string)
		if seen[list[i]] && !s.Set {
			f = faultf("", "names %q twice", list[i])
			f.item = i + 1
			return nil, f
		}
		seen[list[i]] = true
	}
	if s.Set {
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list, nil
}

func (s *ParamSpec) textMap(v any) (any, *fault) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, s.wrong(v)
	}
	texts := make(map[string]string, len(m))
	owner := make(map[string]string, len(m))
	for _, k := range sortedKeys(m) {
		text, f := (&ParamSpec{Type: Text}).text(m[k])
		if f != nil {
			f.message, f.key = fmt.Sprintf("has an item %q that %s", k, f.message), k
			return nil, f
		}
		texts[k] = text.(string)
		if other, twice := owner[texts[k]]; twice {
			return nil, faultf("", "gives two columns, %q and %q, one name", other, k)
		}
		owner[texts[k]] = k
	}
	return texts, nil
}

// describe names a value for messages, as config's Value.Describe does.
func describe(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case string:
		return "the text " + strconv.Quote(cut(show(v)))
	case bool:
		return show(v)
	}
	return "the number " + show(v)
}

func cut(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return s
}

// show writes a scalar as it stands inside a longer text: numbers in their shortest form, text as it is.
func show(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
