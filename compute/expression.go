package compute

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/compute/formula"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// expression evaluates a node's formulas on the rows of its first input. The others' columns are joined to these by the
// key, missing where they have no row; an input keyed by time alone holds for every identifier.
func (e *Engine) expression(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	var nodes []*graph.Node
	for _, in := range n.Inputs {
		nodes = append(nodes, in.Nodes[0])
	}
	inputs, err := e.evalAll(ctx, nodes)
	if err != nil {
		return nil, err
	}
	program, err := graph.Program(n)
	if err != nil {
		return nil, err
	}
	var out *Result
	err = e.inSlot(ctx, func() error {
		t, err := newFormulaTable(n, inputs)
		if err != nil {
			return err
		}
		values, err := formula.Run(ctx, program, &t.Table, formula.Options{Jobs: 1, MinPeriods: n.Params.Int("min_periods")})
		if err != nil {
			return err
		}
		names := make([]string, len(program.Outputs))
		for i, o := range program.Outputs {
			names[i] = o.Name
		}
		f, err := t.frame(names, values, n.Params.Bool("drop"), e.span(r))
		if err != nil {
			return err
		}
		out = ofFrame(f)
		if values.Expired > 0 {
			out.warnings = []string{fmt.Sprintf("%d positions of latch ended because their event was as many rows old as its window", values.Expired)}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e.tell(n, out.warnings)
	out.warnings = union(warningsOf(inputs), out.warnings)
	return out, nil
}

// formulaTable is the rows of a node's first input, with the columns of all inputs on them.
type formulaTable struct {
	formula.Table
	inputs []*formulaInput
}

// formulaInput is an input, and where its rows lie on the table: identifiers and times by place, -1 where it has none.
type formulaInput struct {
	role string
	rows *gridded
	ids  []int // of the table's identifiers; nil: keyed by time alone
	at   []int // of the table's times
	same bool  // as the table's
}

func newFormulaTable(n *graph.Node, results []*Result) (*formulaTable, error) {
	t := &formulaTable{}
	t.Words = formula.NewWords()
	for i, in := range n.Inputs {
		g, err := newGridded(results[i].Frame(), t.Words)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", in.Role, err)
		}
		if i == 0 {
			if g.ids == nil {
				return nil, fmt.Errorf("the first input, %s, is keyed by (%s): it must have an identifier too", in.Role, strings.Join(results[i].Frame().Schema().KeyNames(), ", "))
			}
			t.Times, t.IDs, t.Has = g.times, g.ids, g.has
		}
		t.inputs = append(t.inputs, t.place(in.Role, g))
	}
	t.Column = t.column
	return t, nil
}

// place finds an input's rows on the table.
func (t *formulaTable) place(role string, g *gridded) *formulaInput {
	in := &formulaInput{role: role, rows: g, same: slices.Equal(g.times, t.Times) && slices.Equal(g.ids, t.IDs)}
	for _, at := range t.Times {
		in.at = append(in.at, indexOf(g.times, at))
	}
	if g.ids != nil {
		for _, id := range t.IDs {
			in.ids = append(in.ids, indexOf(g.ids, id))
		}
	}
	return in
}

func indexOf[T int64 | string](sorted []T, v T) int {
	if i, ok := slices.BinarySearch(sorted, v); ok {
		return i
	}
	return -1
}

// column finds a column by its input and name; without an input the only one that has it.
func (t *formulaTable) column(input, name string) (formula.Column, error) {
	if input == "" && name == frame.TimeIndex {
		return t.times(), nil
	}
	if input == "" && name == frame.UniqueIdentifier {
		return t.identifiers(), nil
	}
	var found *formulaInput
	var known []string
	for _, in := range t.inputs {
		if input != "" && in.role != input {
			continue
		}
		known = append(known, in.rows.names()...)
		if !in.rows.hasColumn(name) {
			continue
		}
		if found != nil {
			return formula.Column{}, fmt.Errorf("%s is a column of %s and of %s: write %s.%s or %s.%s", name, found.role, in.role, found.role, name, in.role, name)
		}
		found = in
	}
	if found == nil {
		return formula.Column{}, fmt.Errorf("there is no column %s%s (columns: %s)", prefixed(input), name, strings.Join(known, ", "))
	}
	return t.joined(found, found.rows.columns[name]), nil
}

func prefixed(input string) string {
	if input == "" {
		return ""
	}
	return input + "."
}

// joined lays an input's column out on the table.
func (t *formulaTable) joined(in *formulaInput, c formula.Column) formula.Column {
	if in.same {
		return c
	}
	out := formula.Column{Type: c.Type, Data: emptyGrid(len(t.IDs), len(t.Times))}
	for i := range t.IDs {
		from := 0 // keyed by time alone: one series for all
		if in.ids != nil {
			from = in.ids[i]
		}
		if from < 0 {
			continue
		}
		for k, at := range in.at {
			if at >= 0 {
				out.Data[i][k] = c.Data[from][at]
			}
		}
	}
	return out
}

func (t *formulaTable) times() formula.Column {
	c := formula.Column{Type: frame.Timestamp}
	row := make([]float64, len(t.Times))
	for i, at := range t.Times {
		row[i] = float64(at)
	}
	for range t.IDs {
		c.Data = append(c.Data, row)
	}
	return c
}

func (t *formulaTable) identifiers() formula.Column {
	c := formula.Column{Type: frame.String, Data: emptyGrid(len(t.IDs), len(t.Times))}
	for i, id := range t.IDs {
		code := t.Words.Code(id)
		for k := range c.Data[i] {
			c.Data[i][k] = code
		}
	}
	return c
}

// frame lists the table's rows of a span with what was computed. Where keep is not true columns are missing, or the row
// is left out.
func (t *formulaTable) frame(names []string, values *formula.Result, drop bool, s span) (*frame.Frame, error) {
	schema := frame.Schema{Key: 2, Fields: []frame.Field{{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: frame.UniqueIdentifier, Type: frame.String}}}
	for i, c := range values.Outputs {
		schema.Fields = append(schema.Fields, frame.Field{Name: names[i], Type: c.Type})
	}
	b := frame.NewBuilder(schema)
	from, _ := slices.BinarySearch(t.Times, s.from)
	end, _ := slices.BinarySearch(t.Times, s.end)
	for k := from; k < end; k++ {
		for i, id := range t.IDs {
			if t.Has != nil && !t.Has[i][k] {
				continue
			}
			counts := values.Keep == nil || values.Keep[i][k] == 1
			if !counts && drop {
				continue
			}
			b.Time(0, t.Times[k])
			b.String(1, id)
			for c, column := range values.Outputs {
				if v := column.Data[i][k]; counts && v == v {
					t.put(b, c+2, column.Type, v)
				} else {
					b.Missing(c + 2)
				}
			}
		}
	}
	return b.Take()
}

func (t *formulaTable) put(b *frame.Builder, column int, kind frame.Type, v float64) {
	switch kind {
	case frame.String:
		b.String(column, t.Words.Text(v))
	case frame.Bool:
		b.Bool(column, v != 0)
	case frame.Timestamp:
		b.Time(column, int64(v))
	case frame.Date:
		b.Date(column, int32(v))
	case frame.Int64:
		b.Int(column, int64(v))
	default:
		b.Float(column, v)
	}
}

func emptyGrid(ids, times int) [][]float64 {
	grid := make([][]float64, ids)
	for i := range grid {
		grid[i] = make([]float64, times)
		for k := range grid[i] {
			grid[i][k] = math.NaN()
		}
	}
	return grid
}
