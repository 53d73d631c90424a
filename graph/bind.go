package graph

import (
	"math"

	"github.com/tdlake/tdlake/config"
)

// bound is the values that parameters have while nodes are resolved: a scratch that is filled anew for every binding.
type bound struct {
	values []any
	ids    []uint32     // of values; equal ids are equal values
	places []config.Pos // where a value stands; zero: not in the config
}

func newBound(n int) bound {
	return bound{make([]any, n), make([]uint32, n), make([]config.Pos, n)}
}

// listKey keeps lists apart from texts among the keys of ids.
type listKey string

// id numbers a value. Int and float of one number have different ids: only a typed parameter can tell whether it matters.
func (p *Pipeline) id(v any) uint32 {
	key := v
	if list, ok := v.([]any); ok {
		var e encoder
		e.value(list)
		key = listKey(e)
	}
	id, ok := p.ids[key]
	if !ok {
		id = uint32(len(p.ids))
		p.ids[key] = id
	}
	return id
}

// bind fills the scratch. It reports names that are no parameters, and values that are none.
func (p *Pipeline) bind(b Binding) config.Problems {
	given := 0
	for i := range p.params {
		q := &p.params[i]
		v, ok := b[q.name]
		if !ok {
			p.bound.values[i], p.bound.ids[i], p.bound.places[i] = q.value, q.id, q.pos
			continue
		}
		given++
		v, good := plain(v)
		if !good {
			return config.Problems{p.config.Problem(q.pos, "", "the parameter %s cannot be %s", q.name, typeError(b[q.name]))}
		}
		if _, isList := v.([]any); q.list && !isList {
			v = []any{v}
		}
		p.bound.values[i], p.bound.ids[i], p.bound.places[i] = v, p.id(v), config.Pos{}
		if p.bound.ids[i] == q.id {
			p.bound.places[i] = q.pos
		}
	}
	if given < len(b) {
		return p.unknownParameter(b)
	}
	return nil
}

// plain checks a value, and turns what Go code may pass into what YAML makes.
func plain(v any) (any, bool) {
	switch x := v.(type) {
	case int64, string, bool:
		return v, true
	case float64:
		return v, !math.IsNaN(x) && !math.IsInf(x, 0)
	case int:
		return int64(x), true
	case []any:
		items := make([]any, len(x))
		for i, item := range x {
			if _, nested := item.([]any); nested {
				return nil, false
			}
			var ok bool
			if items[i], ok = plain(item); !ok {
				return nil, false
			}
		}
		return items, true
	}
	return nil, false
}
