package sweeps

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// Table returns the points that have everything, in canonical order: the `points` relation of `tdlake sql`. Its columns
// are the parameters (lists as lists), local_hash_id, rows, first_time, last_time, ruin_time, warning, and the metrics.
func (p *Plan) Table() (duck.Table, error) {
	if err := p.read(); err != nil {
		return duck.Table{}, err
	}
	points := p.Results.complete()
	t := p.Results.table(points, true, allBits(len(p.Metrics)))
	for k, q := range p.Space.Parameters {
		if q.List {
			t.Columns[k] = p.Space.lists(k, points)
		}
	}
	return t, nil
}

// lists returns a parameter's lists as lists; in files they are JSON.
func (s *Space) lists(k int, points []int) arrow.Array {
	q := s.Parameters[k]
	values := make([]any, len(points))
	for i, point := range points {
		values[i] = q.bound[s.Index(point, k)]
	}
	b := array.NewListBuilder(memory.DefaultAllocator, elementType(q.bound).Arrow())
	for _, v := range values {
		appendAny(b, v)
	}
	return b.NewArray()
}

// complete returns the points that have everything, in order.
func (r *Results) complete() []int {
	points := make([]int, 0, len(r.have))
	for point := range r.have {
		if r.lacks(point) == 0 {
			points = append(points, point)
		}
	}
	return points
}

func allBits(n int) uint64 { return 1<<n - 1 }

// table makes rows of points: parameters and local_hash_id, the columns of whole points if asked, and the metrics of a
// set.
func (r *Results) table(points []int, whole bool, metrics uint64) duck.Table {
	return r.tableAs(points, r.kinds(points), whole, metrics)
}

// kinds returns each metric's type in a table of these points.
func (r *Results) kinds(points []int) []frame.Type {
	kinds := make([]frame.Type, len(r.values))
	for k, c := range r.values {
		if kinds[k] = frame.Float64; c != nil { // else nothing was ever computed, so there are no points either
			kinds[k] = c.kindOf(points)
		}
	}
	return kinds
}

// tableAs is table, with the metrics' types of another one that this is a part of.
func (r *Results) tableAs(points []int, kinds []frame.Type, whole bool, metrics uint64) duck.Table {
	var t duck.Table
	var made []func() arrow.Array
	add := func(name string, c func() arrow.Array) {
		t.Names = append(t.Names, name)
		made = append(made, c)
	}
	values := func(c *column) func() arrow.Array { return func() arrow.Array { return c.arrow(points) } }
	for k, p := range r.space.Parameters {
		add(p.Name, func() arrow.Array { return r.parameter(k, points) })
	}
	add(idColumn, func() arrow.Array { return r.ids(points) })
	if whole {
		add("rows", values(r.rows))
		add("first_time", values(r.first))
		add("last_time", values(r.last))
		add("ruin_time", values(r.ruin))
		add("warning", func() arrow.Array { return r.texts(points) })
	}
	for k, m := range r.metrics {
		if metrics>>k&1 == 0 {
			continue
		}
		c := r.values[k]
		if c == nil {
			c = newColumn(frame.Float64, r.space.Len())
		}
		add(m.Name, func() arrow.Array { return c.arrowAs(points, kinds[k]) })
	}
	t.Columns = make([]arrow.Array, len(made))
	sideBySide(len(made), func(i int) error {
		t.Columns[i] = made[i]()
		return nil
	})
	return t
}

func (r *Results) parameter(k int, points []int) arrow.Array {
	p := r.space.Parameters[k]
	b := array.NewBuilder(memory.DefaultAllocator, p.Type.Arrow())
	b.Reserve(len(points))
	for _, point := range points {
		appendAny(b, p.Stored(r.space.Index(point, k)))
	}
	return b.NewArray()
}

func (r *Results) ids(points []int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.Reserve(len(points))
	var id []byte
	for _, point := range points {
		id = r.who.appendID(id[:0], point)
		b.BinaryBuilder.Append(id)
	}
	return b.NewArray()
}

func (r *Results) texts(points []int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.Reserve(len(points))
	for _, point := range points {
		if text, ok := r.warnings[point]; ok {
			b.Append(text)
		} else {
			b.AppendNull()
		}
	}
	return b.NewArray()
}

// storedMetrics describes a set of metrics, in their order, for the meta of a file of these points.
func (r *Results) storedMetrics(set uint64, points []int) []storedMetric {
	var out []storedMetric
	for k, m := range r.metrics {
		if set>>k&1 == 0 {
			continue
		}
		s := storedMetric{Name: m.Name, Key: m.key()}
		if c := r.values[k]; c != nil {
			s.Whole = c.wholeRows(points)
		}
		out = append(out, s)
	}
	return out
}

// nameTypes gives metrics the types that they have over the points that have everything.
func (r *Results) nameTypes() {
	for k, c := range r.values {
		switch {
		case c == nil:
		case c.whole == nil:
			r.metrics[k].Type = c.kind
		default:
			r.metrics[k].Type = c.kindOf(r.complete())
		}
	}
}
