package config

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	maxValues = 300_000 // values of a config, aliases written out
	maxDepth  = 32      // nesting of a config
)

// errFull ends the conversion of a tree that grows past maxValues.
var errFull = errors.New("too many values")

// tree converts YAML nodes to Values and collects what is wrong with them.
type tree struct {
	src      *source
	place    func(*yaml.Node) Pos
	left     int                 // values that may still be made
	open     map[*yaml.Node]bool // anchors being written out
	problems Problems
}

// convert returns the values of a tree; place says where its nodes are.
func convert(src *source, root *yaml.Node, place func(*yaml.Node) Pos) (Value, Problems) {
	t := &tree{src: src, place: place, left: maxValues, open: map[*yaml.Node]bool{}}
	value, err := t.value(root, 0)
	if err != nil {
		t.add(value.Pos, "", "more than %d values: aliases written out count each time", maxValues)
		return Value{Pos: value.Pos}, t.problems
	}
	return value, t.problems
}

func (t *tree) add(pos Pos, hint, format string, args ...any) {
	t.problems = append(t.problems, t.src.problem(pos, hint, format, args...))
}

// value converts one node. The error is errFull alone, and comes with the place where it was met.
func (t *tree) value(n *yaml.Node, depth int) (Value, error) {
	v := Value{Pos: t.place(n)}
	if t.left--; t.left < 0 {
		return v, errFull
	}
	if depth > maxDepth {
		t.add(v.Pos, "", "nested more than %d deep", maxDepth)
		return v, nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return t.alias(n, depth)
	case yaml.ScalarNode:
		return t.scalar(n, v), nil
	case yaml.SequenceNode:
		return t.list(n, v, depth)
	case yaml.MappingNode:
		return t.mapping(n, v, depth)
	}
	t.add(v.Pos, "", "not a value")
	return v, nil
}

func (t *tree) alias(n *yaml.Node, depth int) (Value, error) {
	if t.open[n.Alias] {
		t.add(t.place(n), "", "the alias *%s stands for a value that contains itself", n.Value)
		return Value{Pos: t.place(n)}, nil
	}
	t.open[n.Alias] = true
	defer delete(t.open, n.Alias)
	return t.value(n.Alias, depth+1)
}

func (t *tree) scalar(n *yaml.Node, v Value) Value {
	v.Kind, v.Text = Scalar, n.Value
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	switch {
	case n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str":
		t.add(v.Pos, "leave the tag out", "the YAML tag %s is not supported", n.Tag)
		return Value{Pos: v.Pos}
	case n.Style&(quoted|yaml.TaggedStyle) != 0:
		v.Scalar = n.Value
		return v
	}
	scalar, err := resolveScalar(n.Value)
	if err != nil {
		t.add(v.Pos, "", "%s", err)
		return Value{Pos: v.Pos}
	}
	v.Scalar = scalar
	return v
}

func (t *tree) list(n *yaml.Node, v Value, depth int) (Value, error) {
	if t.tagged(n, v.Pos) {
		return v, nil
	}
	v.Kind = List
	for _, c := range n.Content {
		item, err := t.value(c, depth+1)
		if err != nil {
			return item, err
		}
		v.List = append(v.List, item)
	}
	return v, nil
}

func (t *tree) mapping(n *yaml.Node, v Value, depth int) (Value, error) {
	if t.tagged(n, v.Pos) {
		return v, nil
	}
	v.Kind = Map
	seen := map[string]Pos{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value, err := t.value(n.Content[i+1], depth+1)
		if err != nil {
			return value, err
		}
		pos := t.place(n.Content[i])
		key, ok := t.key(n.Content[i], pos)
		if !ok {
			continue
		}
		if first, twice := seen[key]; twice {
			t.add(pos, "", "the key %s is given twice (first %s)", quote(key), whereIs(first))
			continue
		}
		seen[key] = pos
		v.Map = append(v.Map, Entry{Key: key, KeyPos: pos, Value: value})
	}
	return v, nil
}

func whereIs(pos Pos) string {
	if pos.Line < 0 {
		return "on the command line"
	}
	return fmt.Sprintf("in line %d", pos.Line)
}

func (t *tree) key(n *yaml.Node, pos Pos) (string, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		t.add(pos, `text that begins with { or [ must stand in quotes, "${name}" too`, "a key must be a name")
	case n.Tag == "!!merge":
		t.add(pos, "write the keys out; an alias serves for a whole value", "merge keys (<<) are not supported")
	case strings.TrimSpace(n.Value) == "":
		t.add(pos, "", "a key without a name")
	default:
		return n.Value, true
	}
	return "", false
}

func (t *tree) tagged(n *yaml.Node, pos Pos) bool {
	if n.Style&yaml.TaggedStyle == 0 {
		return false
	}
	t.add(pos, "leave the tag out", "the YAML tag %s is not supported", n.Tag)
	return true
}
