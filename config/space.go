package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxSpace bounds the values of one varied parameter.
const maxSpace = 1_000_000

var spaces = []string{"range", "linspace", "logspace"}

func isSpace(key string) bool { return slices.Contains(spaces, key) }

// values reads what a parameter takes: a list, or one of the spaces.
func (r *reader) values(e Entry) (Vary, bool) {
	v := Vary{Name: e.Key, Pos: e.KeyPos}
	ok := false
	switch e.Value.Kind {
	case List:
		ok = r.listed(e, &v)
	case Map:
		ok = r.space(e, &v)
	case Scalar:
		hint := "{range: [start, stop, step]}, {linspace: [first, last, n]} and {logspace: [first, last, n]} make lists"
		if !e.Value.IsNull() {
			hint = "for one value write [" + e.Value.Text + "]"
		}
		r.add(e.Value.Pos, hint, "the values of %s must be a list, not %s", e.Key, e.Value.Describe())
	}
	return v, ok
}

// listed reads values written one by one.
func (r *reader) listed(e Entry, v *Vary) bool {
	if len(e.Value.List) == 0 {
		r.add(e.Value.Pos, "", "%s has no values", e.Key)
		return false
	}
	ok := true
	for _, item := range e.Value.List {
		if !r.plain(Entry{Key: e.Key, Value: item}) {
			ok = false
			continue
		}
		v.Values, v.Written = append(v.Values, item.Any()), append(v.Written, item)
	}
	return ok && r.uniform(e, v) && r.distinct(e, v)
}

// class tells numbers, text, true/false and lists apart.
func class(value any) string {
	switch value.(type) {
	case int64, float64:
		return "numbers"
	case string:
		return "text"
	case bool:
		return "true and false"
	}
	return "lists"
}

// uniform refuses values of several types, since they become one column, and makes all numbers floats where one is.
func (r *reader) uniform(e Entry, v *Vary) bool {
	floats := false
	for i, value := range v.Values {
		if first := class(v.Values[0]); class(value) != first {
			r.add(v.Place(i), "", "the values of %s mix %s and %s", e.Key, first, class(value))
			return false
		}
		_, isFloat := value.(float64)
		floats = floats || isFloat
	}
	for i, value := range v.Values {
		if n, ok := value.(int64); ok && floats {
			v.Values[i] = float64(n)
		}
	}
	return true
}

func (r *reader) distinct(e Entry, v *Vary) bool {
	seen := make(map[string]bool, len(v.Values))
	ok := true
	for i, value := range v.Values {
		key := canonical(value)
		if seen[key] {
			r.add(v.Place(i), "", "%s takes the value %s twice", e.Key, key)
			ok = false
			if v.Written == nil {
				return false // one message for a whole space
			}
		}
		seen[key] = true
	}
	return ok
}

// canonical writes a value so that equal ones (1 and 1.0) are written alike.
func canonical(value any) string {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = canonical(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(value)
}

// space reads {range: ..}, {linspace: ..} or {logspace: ..}.
func (r *reader) space(e Entry, v *Vary) bool {
	if len(e.Value.Map) != 1 {
		r.add(e.Value.Pos, "", "the values of %s must be a list, or one of range, linspace and logspace", e.Key)
		return false
	}
	s := e.Value.Map[0]
	if !isSpace(s.Key) {
		r.add(s.KeyPos, Suggest(s.Key, spaces), "unknown space %s for the values of %s", quote(s.Key), e.Key)
		return false
	}
	if s.Value.Kind == 0 {
		return false
	}
	if s.Value.Kind != List || len(s.Value.List) != 3 && !(s.Key == "range" && len(s.Value.List) == 2) {
		r.add(s.Value.Pos, "", "%s takes a list: %s", s.Key, map[bool]string{true: "[start, stop, step]", false: "[first, last, n]"}[s.Key == "range"])
		return false
	}
	if s.Key == "range" {
		return r.rangeOf(e, s, v)
	}
	return r.spread(s, v) && r.distinct(e, v)
}

// rangeOf is Python's range: whole numbers, the stop excluded.
func (r *reader) rangeOf(e, s Entry, v *Vary) bool {
	args := []int64{0, 0, 1}
	for i, item := range s.Value.List {
		n, ok := item.Scalar.(int64)
		if !ok {
			hint := ""
			if _, float := item.Scalar.(float64); float {
				hint = "{linspace: [first, last, n]} spreads n numbers evenly"
			}
			if item.Kind != 0 {
				r.add(item.Pos, hint, "range takes whole numbers, not %s", item.Describe())
			}
			return false
		}
		args[i] = n
	}
	start, stop, step := args[0], args[1], args[2]
	if step == 0 {
		r.add(s.Value.List[2].Pos, "", "the step of a range cannot be 0")
		return false
	}
	n := steps(start, stop, step)
	switch {
	case n == 0:
		r.add(s.Value.Pos, "the stop is excluded", "%s has no values: the range is empty", e.Key)
		return false
	case n > maxSpace:
		r.add(s.Value.Pos, "", "%s takes %d values: at most %d are supported", e.Key, n, maxSpace)
		return false
	}
	for i := range int64(n) {
		v.Values = append(v.Values, start+i*step)
	}
	return true
}

// steps returns how many steps lead from start to before stop. Without a sign the ends' distance fits, however far apart they are.
func steps(start, stop, step int64) uint64 {
	distance, size := uint64(stop)-uint64(start), uint64(step)
	if step < 0 {
		distance, size = -distance, -size
	}
	if start == stop || start < stop != (step > 0) {
		return 0
	}
	return (distance-1)/size + 1
}

// spread reads linspace and logspace: n numbers, both ends included exactly as written. Those between are rounded to 13
// significant digits, so that they are the same on every machine and 0.3 is 0.3.
func (r *reader) spread(s Entry, v *Vary) bool {
	items := s.Value.List
	a, ok1 := number(items[0].Scalar)
	b, ok2 := number(items[1].Scalar)
	n, ok3 := items[2].Scalar.(int64)
	log := s.Key == "logspace"
	for i, ok := range []bool{ok1 && (!log || a > 0), ok2 && (!log || b > 0), ok3 && n >= 2} {
		if !ok {
			want, hint := "number", ""
			switch {
			case i == 2:
				want = "count of 2 or more"
			case log:
				want, hint = "number above 0", exponents(items)
			}
			if items[i].Kind != 0 {
				r.add(items[i].Pos, hint, "%s takes [first, last, n]: %s must be a %s, not %s", s.Key, [...]string{"first", "last", "n"}[i], want, items[i].Describe())
			}
			return false
		}
	}
	if n > maxSpace {
		r.add(items[2].Pos, "", "%s makes %d values: at most %d are supported", s.Key, n, maxSpace)
		return false
	}
	v.Values = make([]any, n)
	for i := range v.Values {
		v.Values[i] = between(a, b, float64(i)/float64(n-1), log)
	}
	v.Values[0], v.Values[n-1] = a, b
	return true
}

// exponents is the hint to who writes logspace as numpy has it.
func exponents(items []Value) string {
	a, ok1 := items[0].Scalar.(int64)
	b, ok2 := items[1].Scalar.(int64)
	if !ok1 || !ok2 || max(a, b, -a, -b) > 300 {
		return ""
	}
	return fmt.Sprintf("the ends themselves are meant, not their exponents: [1e%d, 1e%d, %s]", a, b, items[2].Text)
}

func between(a, b, share float64, log bool) float64 {
	x := a*(1-share) + b*share
	if log {
		x = math.Pow(10, math.Log10(a)*(1-share)+math.Log10(b)*share)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 13, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}
