package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// conditionError says that a condition which was asked for does not hold.
type conditionError struct{ text string }

func (e *conditionError) Error() string { return e.text }

// requirement is a condition over the fields of a command's JSON: "spa_p.consistent < 0.05".
type requirement struct {
	path, operator string
	bound          float64
}

// operators of a requirement; those that begin with another one come first.
var operators = []struct {
	text  string
	holds func(value, bound float64) bool
}{
	{"<=", func(v, b float64) bool { return v <= b }},
	{">=", func(v, b float64) bool { return v >= b }},
	{"==", func(v, b float64) bool { return v == b }},
	{"!=", func(v, b float64) bool { return v != b }},
	{"<", func(v, b float64) bool { return v < b }},
	{">", func(v, b float64) bool { return v > b }},
}

func parseRequirement(text string) (requirement, error) {
	for _, o := range operators {
		path, bound, found := strings.Cut(text, o.text)
		if !found {
			continue
		}
		number, err := strconv.ParseFloat(strings.TrimSpace(bound), 64)
		if err != nil || strings.TrimSpace(path) == "" {
			break
		}
		return requirement{strings.TrimSpace(path), o.text, number}, nil
	}
	return requirement{}, usagef("write a field of --json, a comparison and a number: 'spa_p.consistent < 0.05'", "--require %q: not understood", text)
}

// check holds the requirement against a document; an unknown field is a fault of the command line.
func (r requirement) check(document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	var at any
	if err := json.Unmarshal(text, &at); err != nil {
		return err
	}
	for _, name := range strings.Split(r.path, ".") {
		fields, _ := at.(map[string]any)
		next, known := fields[name]
		if !known {
			return usagef("see the fields with --json", "--require: there is no field %s", r.path)
		}
		at = next
	}
	value, isNumber := at.(float64)
	switch {
	case at == nil:
		return &conditionError{fmt.Sprintf("%s has no value, so %s does not hold", r.path, r)}
	case !isNumber:
		return usagef("only numbers can be compared", "--require: %s is no number", r.path)
	}
	for _, o := range operators {
		if o.text == r.operator && !o.holds(value, r.bound) {
			return &conditionError{fmt.Sprintf("%s is %v: %s does not hold", r.path, value, r)}
		}
	}
	return nil
}

func (r requirement) String() string { return fmt.Sprintf("%s %s %v", r.path, r.operator, r.bound) }
