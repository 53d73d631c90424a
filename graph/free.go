package graph

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Free is the value of a free mapping: int64, float64, string, bool, nil, []any and map[string]any of these. As JSON it
// keeps whole numbers and floats apart: 1 and 1.0. In identities they are two values too, since a function may tell them
// apart.
type Free map[string]any

// MarshalJSON writes keys in order and floats with a point or an exponent.
func (f Free) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := writeFree(&b, map[string]any(f))
	return b.Bytes(), err
}

func writeFree(b *bytes.Buffer, v any) error {
	switch x := v.(type) {
	case float64:
		text := strconv.FormatFloat(x, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		b.WriteString(text)
	case []any:
		b.WriteByte('[')
		for i, item := range x {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeFree(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, k := range sortedKeys(x) {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, k); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeFree(b, x[k]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	default:
		return writeJSON(b, v)
	}
	return nil
}

func writeJSON(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder's newline
	return nil
}

// free types a free mapping: anything will do that JSON can hold.
func (s *ParamSpec) free(v any) (any, *fault) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, s.wrong(v)
	}
	return Free(m), nil
}

// words types the words of a command. The first names the program.
func (s *ParamSpec) words(v any) (any, *fault) {
	items, ok := v.([]any)
	if !ok {
		return nil, s.wrong(v)
	}
	list := make([]string, len(items))
	for i, item := range items {
		if isCollection(item) || item == nil || strings.ContainsRune(show(item), 0) {
			f := faultf("", "has an item that must be a word, not %s", describe(item))
			f.item = i + 1
			return nil, f
		}
		list[i] = show(item)
	}
	if len(list) == 0 || strings.TrimSpace(list[0]) == "" {
		return nil, faultf("command: [./my-node, --fast]", "names no program")
	}
	return list, nil
}

var sizeUnits = []struct {
	suffix string
	bytes  float64
}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}}

// size types a number of bytes.
func (s *ParamSpec) size(v any) (any, *fault) {
	text, ok := v.(string)
	if !ok {
		return nil, faultf("memory: 2GiB", "must be %s, not %s", s.Type, describe(v))
	}
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, u := range sizeUnits {
		if number, has := strings.CutSuffix(lower, u.suffix); has {
			x, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if bytes := x * u.bytes; err == nil && bytes >= 1<<20 && bytes < math.MaxInt64/2 {
				return int64(bytes), nil
			}
		}
	}
	return nil, faultf("memory: 2GiB", "must be %s, at least 1MiB, not %s", s.Type, describe(v))
}
