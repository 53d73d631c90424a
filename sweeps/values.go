package sweeps

import (
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

// newParameter types the values of one parameter. Whole numbers among floats are floats; a scalar among lists is a list
// of one. Anything else that is mixed is a problem.
func newParameter(c *config.Config, v config.Vary) (*Parameter, *config.Problem) {
	p := &Parameter{Name: v.Name, find: make(map[any]int32, len(v.Values))}
	p.List = slices.ContainsFunc(v.Values, isList)
	for _, value := range v.Values {
		t, err := p.typeOf(value)
		if err != nil {
			problem := c.Problem(v.Pos, "", "%s cannot be varied over %v: %v", v.Name, value, err)
			return nil, &problem
		}
		if p.Type, err = unify(p.Type, t); err != nil {
			problem := c.Problem(v.Pos, "give every value the same type", "the values of %s are of different types: %v", v.Name, err)
			return nil, &problem
		}
	}
	for _, value := range v.Values {
		p.add(value)
	}
	return p, nil
}

func isList(v any) bool { _, ok := v.([]any); return ok }

func (p *Parameter) typeOf(v any) (frame.Type, error) {
	if p.List {
		return frame.String, nil
	}
	switch v := v.(type) {
	case int64:
		return frame.Int64, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("not a finite number")
		}
		return frame.Float64, nil
	case string:
		return frame.String, nil
	case bool:
		return frame.Bool, nil
	}
	return 0, fmt.Errorf("neither a number, text, true or false, nor a list of these")
}

// unify returns the type that holds values of both: 0 is no type yet.
func unify(a, b frame.Type) (frame.Type, error) {
	switch {
	case a == 0 || a == b:
		return b, nil
	case a == frame.Int64 && b == frame.Float64, a == frame.Float64 && b == frame.Int64:
		return frame.Float64, nil
	}
	return 0, fmt.Errorf("%s and %s", a, b)
}

// add appends a value, once.
func (p *Parameter) add(value any) {
	var text string
	switch {
	case p.List:
		if !isList(value) {
			value = []any{value}
		}
		text = listText(value)
	case p.Type == frame.Float64:
		if whole, ok := value.(int64); ok {
			value = float64(whole)
		}
		text = fmt.Sprint(value)
	default:
		text = fmt.Sprint(value)
	}
	key := value
	if p.List {
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
