package graph

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/tdlake/tdlake/config"
)

// bound is the values that parameters have while nodes are resolved: a scratch that is filled anew for every binding.
type bound struct {
	values  []any
	ids     []uint32        // of values; equal ids are equal values
	written []*config.Value // how a value is written, and where; nil: not in the config
}

func newBound(n int) bound {
	return bound{make([]any, n), make([]uint32, n), make([]*config.Value, n)}
}

func (b bound) clone() bound {
	return bound{slices.Clone(b.values), slices.Clone(b.ids), slices.Clone(b.written)}
}

// add appends what another has of one parameter.
func (b *bound) add(o bound, at int) {
	b.values, b.ids, b.written = append(b.values, o.values[at]), append(b.ids, o.ids[at]), append(b.written, o.written[at])
}

// appendKey writes the values of some parameters.
func (b bound) appendKey(key []byte, params []int) []byte {
	for _, at := range params {
		key = binary.LittleEndian.AppendUint32(key, b.ids[at])
	}
	return key
}

// numbers gives every value that a parameter took a number, so that memos have short keys.
type numbers struct {
	scalars map[any]uint32
	lists   map[string]uint32 // by their encoding
	singles map[any]single    // scalars that stand for a list of one
}

type single struct {
	list []any
	id   uint32
}

func newNumbers() numbers {
	return numbers{map[any]uint32{}, map[string]uint32{}, map[any]single{}}
}

// id numbers a value. Int and float of one number have different ids: only a typed parameter can tell whether it matters.
func (p *Pipeline) id(v any) uint32 {
	list, isList := v.([]any)
	if !isList {
		id, ok := p.numbers.scalars[v]
		if !ok {
			id = p.numbers.next()
			p.numbers.scalars[v] = id
		}
		return id
	}
	p.encode = p.encode[:0]
	p.encode.value(list)
	id, ok := p.numbers.lists[string(p.encode)]
	if !ok {
		id = p.numbers.next()
		p.numbers.lists[string(p.encode)] = id
	}
	return id
}

func (n *numbers) next() uint32 { return uint32(len(n.scalars) + len(n.lists)) }

// single returns the list of one that a scalar stands for.
func (p *Pipeline) single(v any) single {
	s, ok := p.numbers.singles[v]
	if !ok {
		s.list = []any{v}
		s.id = p.id(s.list)
		p.numbers.singles[v] = s
	}
	return s
}

// bind fills the scratch. It reports names that are no parameters, and values that are none.
func (p *Pipeline) bind(b Binding) config.Problems {
	given := 0
	for i := range p.params {
		q := &p.params[i]
		v, ok := b[q.name]
		if !ok {
			p.bound.values[i], p.bound.ids[i], p.bound.written[i] = q.value, q.id, q.written
			continue
		}
		given++
		if problem := p.take(i, v); problem != nil {
			return config.Problems{*problem}
		}
	}
	if given < len(b) {
		return p.unknownParameter(b)
	}
	return nil
}

// take binds one parameter to a value.
func (p *Pipeline) take(i int, value any) *config.Problem {
	q := &p.params[i]
	v, good := plain(value)
	if !good {
		problem := p.config.Problem(q.written.Pos, "", "the parameter %s cannot be a value of type %T", q.name, value)
		return &problem
	}
	if _, isList := v.([]any); q.list && !isList {
		s := p.single(v)
		p.bound.values[i], p.bound.ids[i] = s.list, s.id
	} else {
		p.bound.values[i], p.bound.ids[i] = v, p.id(v)
	}
	p.bound.written[i] = nil
	if p.bound.ids[i] == q.id {
		p.bound.written[i] = q.written
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
