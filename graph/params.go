package graph

import (
	"slices"
	"sort"
)

// Params is a kind's parameters, typed, defaults filled in. It is immutable; so are the slices and maps it returns.
type Params struct {
	kind   *Kind
	values []any // as kind.Params; nil: not given and without default
}

// Value returns a parameter as string, int64, float64, bool, []string, map[string]string or Free; nil where it isn't given.
func (p Params) Value(name string) any {
	if p.kind == nil {
		return nil
	}
	for i := range p.kind.Params {
		if p.kind.Params[i].Name == name {
			return p.values[i]
		}
	}
	return nil
}

// Has reports whether a parameter is given or has a default.
func (p Params) Has(name string) bool { return p.Value(name) != nil }

// Float returns a number, 0 where it isn't given.
func (p Params) Float(name string) float64 { f, _ := p.Value(name).(float64); return f }

// Int returns a whole number, 0 where it isn't given.
func (p Params) Int(name string) int { n, _ := p.Value(name).(int64); return int(n) }

// Bool returns a truth value, false where it isn't given.
func (p Params) Bool(name string) bool { b, _ := p.Value(name).(bool); return b }

// String returns a text, "" where it isn't given.
func (p Params) String(name string) string { s, _ := p.Value(name).(string); return s }

// Strings returns a list, nil where it isn't given.
func (p Params) Strings(name string) []string { s, _ := p.Value(name).([]string); return s }

// Duration returns a duration, zero where it isn't given.
func (p Params) Duration(name string) Duration {
	d, err := ParseDuration(p.String(name))
	if err != nil {
		return Duration{}
	}
	return d
}

// OwnRows reports whether each identifier's own rows are counted, and not those of the grid.
func (p Params) OwnRows() bool { return p.String("rows") == "own" }

// LagRows returns how many rows a lag goes back.
func (p Params) LagRows() int {
	if p.OwnRows() {
		return p.Int("periods")
	}
	return p.Int("rows")
}

// isDefault reports whether the i-th parameter is at its default, not given, or an outside one: then it is no part of the
// identity.
func (p Params) isDefault(i int) bool {
	s := &p.kind.Params[i]
	if s.Outside {
		return true
	}
	switch v := p.values[i].(type) {
	case nil:
		return true
	case Free:
		return len(v) == 0
	case []string:
		d, ok := s.Default.([]string)
		return ok && slices.Equal(v, d)
	case map[string]string:
		return len(v) == 0
	default:
		if s.DefaultFrom != "" {
			return v == p.Value(s.DefaultFrom)
		}
		return s.Default != nil && v == s.Default
	}
}

// fill puts defaults where nothing is given.
func (p Params) fill() {
	for i := range p.kind.Params {
		s := &p.kind.Params[i]
		switch {
		case p.values[i] != nil:
		case s.DefaultFrom != "":
			p.values[i] = p.Value(s.DefaultFrom)
		default:
			p.values[i] = s.Default
		}
	}
}

// set gives a parameter a value.
func (p Params) set(name string, v any) {
	for i := range p.kind.Params {
		if p.kind.Params[i].Name == name {
			p.values[i] = v
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
