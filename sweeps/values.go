package sweeps

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

// Parameter is a varied parameter: its values in the order written, each once, and the type of its column in results. A
// list is stored as its JSON text, so its column is a string.
type Parameter struct {
	Name string
	Type frame.Type
	List bool // values are lists

	bound []any         // as graph wants them
	text  []string      // for messages and lists
	find  map[any]int32 // from the stored value (int64, float64, string, bool) to its index
}

// Len returns the number of values.
func (p *Parameter) Len() int { return len(p.bound) }

// Bound returns a value as it is given to the pipeline: int64, float64, string, bool or []any.
func (p *Parameter) Bound(index int) any { return p.bound[index] }

// Stored returns a value as it stands in results: int64, float64, string or bool.
func (p *Parameter) Stored(index int) any {
	if p.List {
		return p.text[index]
	}
	return p.bound[index]
}

// newParameter reads the values of one parameter, which are of one type: config has seen to that.
func newParameter(v config.Vary) *Parameter {
	p := &Parameter{Name: v.Name, find: make(map[any]int32, len(v.Values)), Type: frame.String}
	if len(v.Values) > 0 {
		p.List = isList(v.Values[0])
		p.Type = typeOfValue(v.Values[0])
	}
	for _, value := range v.Values {
		p.add(value)
	}
	return p
}

func isList(v any) bool { _, ok := v.([]any); return ok }

// typeOfValue returns the type of the column that holds a value; lists are text.
func typeOfValue(v any) frame.Type {
	switch v.(type) {
	case int64:
		return frame.Int64
	case float64:
		return frame.Float64
	case bool:
		return frame.Bool
	}
	return frame.String
}

// add appends a value, once.
func (p *Parameter) add(value any) {
	key, text := value, fmt.Sprint(value)
	if p.List {
		text = listText(value)
		key = text
	}
	if _, ok := p.find[key]; ok {
		return
	}
	p.find[key] = int32(len(p.bound))
	p.bound, p.text = append(p.bound, value), append(p.text, text)
}

// listText writes a list as JSON; its values are scalars from a config, which JSON always holds.
func listText(list any) string {
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Sprint(list)
	}
	return string(text)
}

// index finds a stored value, which may be of the other numeric type: a sweep over 1 and 10 keeps its points when 0.1
// is added.
func (p *Parameter) index(stored any) (int32, bool) {
	switch v := stored.(type) {
	case int64:
		if p.Type == frame.Float64 {
			stored = float64(v)
		}
	case float64:
		if p.Type == frame.Int64 && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			stored = int64(v)
		}
	}
	i, ok := p.find[stored]
	return i, ok
}

// describe is for plans: all values where they are few, else how many from where to where.
func (p *Parameter) describe() string {
	const few = 8
	if len(p.text) <= few {
		return strings.Join(p.text, ", ")
	}
	return fmt.Sprintf("%d values, %s to %s", len(p.text), p.text[0], p.text[len(p.text)-1])
}

// Sorted returns the values in their own order, numbers as numbers, and how each is written.
func (p *Parameter) Sorted() (values []any, texts []string) {
	at := make([]int, p.Len())
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return compareValues(p.bound[i], p.bound[j]) })
	for _, i := range at {
		values, texts = append(values, p.bound[i]), append(texts, p.text[i])
	}
	return values, texts
}

func compareValues(a, b any) int {
	switch x := a.(type) {
	case []any:
		y := b.([]any)
		for i := range min(len(x), len(y)) {
			if c := compareValues(x[i], y[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(len(x), len(y))
	case bool:
		return cmp.Compare(fmt.Sprint(x), fmt.Sprint(b))
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y)
		}
		return 1 // of a list that holds numbers as well, these come first
	}
	x, isNumber := number(a)
	y, alsoNumber := number(b)
	if isNumber && alsoNumber {
		return cmp.Compare(x, y)
	}
	return -1
}
