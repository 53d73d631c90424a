package formula

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph/expression"
)

// Run evaluates a program. The result's columns are on the table's rows; where the table has no row
// they are missing.
func Run(ctx context.Context, p *expression.Program, t *Table, o Options) (*Result, error) {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	r := &runner{program: p, table: t, options: o, grids: make([][][]float64, len(p.Ops)), columns: make([]Column, len(p.Ops))}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	for stage := 0; stage <= r.last; stage++ {
		if err := r.identifiers(ctx, stage); err != nil {
			return nil, err
		}
		if err := r.across(ctx, stage); err != nil {
			return nil, err
		}
	}
	out := &Result{Expired: int(r.expired.Load())}
	for _, output := range p.Outputs {
		out.Outputs = append(out.Outputs, Column{r.typeOf(output.Op), r.grids[output.Op]})
	}
	if p.Keep >= 0 {
		out.Keep = r.grids[p.Keep]
	}
	return out, nil
}

// runner is one evaluation.
type runner struct {
	program *expression.Program
	table   *Table
	options Options

	stage   []int             // of each operation: how many operations across identifiers lie before it
	last    int               // the last stage
	kept    []bool            // operations whose values outlive the identifier they are computed for
	types   []expression.Type // with those of columns
	columns []Column          // of operations that are columns
	grids   [][][]float64     // of operations that are kept
	expired atomic.Int64
}

func isAcross(o expression.Op) bool {
	f := expression.FunctionNamed(o.Code)
	return f != nil && f.Class == expression.Across
}

// reads lists the operations that an operation reads.
func (r *runner) reads(o expression.Op) []int {
	all := o.Args
	if o.By >= 0 {
		all = append(all[:len(all):len(all)], o.By)
	}
	if isAcross(o) && !o.Whole && r.program.Keep >= 0 {
		all = append(all[:len(all):len(all)], r.program.Keep)
	}
	return all
}

// prepare finds columns, types and stages, and makes room for what is kept. Operations come after
// those they read, but keep, which is the program's last: stages are found when no more change.
func (r *runner) prepare() error {
	n := len(r.program.Ops)
	r.stage, r.kept, r.types = make([]int, n), make([]bool, n), make([]expression.Type, n)
	for i, o := range r.program.Ops {
		if err := r.findType(i, o); err != nil {
			return err
		}
	}
	for changed := true; changed; {
		changed = false
		for i, o := range r.program.Ops {
			stage := 0
			for _, a := range r.reads(o) {
				after := r.stage[a]
				if isAcross(r.program.Ops[a]) {
					after++
				}
				stage = max(stage, after)
			}
			if stage != r.stage[i] {
				r.stage[i], changed = stage, true
				r.last = max(r.last, stage)
			}
		}
	}
	r.findKept()
	return nil
}

// findKept marks what is read from another stage, or across identifiers, or is an output.
func (r *runner) findKept() {
	for _, o := range r.program.Outputs {
		r.kept[o.Op] = true
	}
	if r.program.Keep >= 0 {
		r.kept[r.program.Keep] = true
	}
	for i, o := range r.program.Ops {
		r.kept[i] = r.kept[i] || isAcross(o)
		for _, a := range r.reads(o) {
			if isAcross(o) || r.stage[a] != r.stage[i] {
				r.kept[a] = true
			}
		}
	}
	for i := range r.kept {
		if r.kept[i] {
			r.grids[i] = newGrid(len(r.table.IDs), len(r.table.Times))
		}
	}
}

// findType asks for columns and finds the type of what they are made into.
func (r *runner) findType(i int, o expression.Op) (err error) {
	r.types[i] = o.Type
	switch {
	case o.Code == "text":
		r.table.Words.Code(o.Texts[0])
	case o.Code == "column":
		if r.columns[i], err = r.table.Column(o.Texts[0], o.Texts[1]); err != nil {
			return err
		}
		r.types[i] = kindOf(r.columns[i].Type)
	case o.Type == expression.Any:
		r.types[i] = r.types[o.Args[len(o.Args)-1]]
		r.columns[i].Type = r.columns[o.Args[len(o.Args)-1]].Type
	}
	return r.checkTypes(i, o)
}

// checkTypes refuses text where numbers are meant, which only the data can tell of columns.
func (r *runner) checkTypes(i int, o expression.Op) error {
	f := expression.FunctionNamed(o.Code)
	var texts, others int
	for k, a := range o.Args {
		if r.types[a] != expression.Str {
			others++
			continue
		}
		texts++
		takesAny := f != nil && f.Args[k].Kind == expression.Anything
		compares := f == nil && (o.Code == "==" || o.Code == "!=" || o.Code == "<" || o.Code == "<=" || o.Code == ">" || o.Code == ">=")
		if !takesAny && !compares {
			return fmt.Errorf("%s takes numbers, and %s is text", o.Code, r.name(a))
		}
	}
	if f == nil && texts > 0 && others > 0 {
		return fmt.Errorf("%s compares text with numbers (%s)", o.Code, r.name(o.Args[0]))
	}
	if f != nil && f.Class != expression.Across {
		for k, a := range o.Args {
			if f.Args[k].Kind == expression.Condition && r.types[a] == expression.Num && r.program.Ops[a].Type == expression.Any {
				return fmt.Errorf("%s takes a condition, and %s is a number: compare it, as in %s > 0", o.Code, r.name(a), r.name(a))
			}
		}
	}
	return nil
}

// name is how an operation is called in messages.
func (r *runner) name(i int) string {
	o := r.program.Ops[i]
	if o.Code != "column" {
		return o.Code
	}
	if o.Texts[0] == "" {
		return o.Texts[1]
	}
	return o.Texts[0] + "." + o.Texts[1]
}

func kindOf(t frame.Type) expression.Type {
	switch t {
	case frame.String:
		return expression.Str
	case frame.Bool:
		return expression.Cond
	}
	return expression.Num
}

// typeOf is the type of an output: a bare column keeps its own.
func (r *runner) typeOf(i int) frame.Type {
	o := r.program.Ops[i]
	if t := r.columns[i].Type; (o.Code == "column" || o.Type == expression.Any) && r.types[i] != expression.Str && t != frame.Int64 {
		if t != 0 {
			return t
		}
	}
	return typeOf(r.types[i])
}

// identifiers runs a stage's operations that read one identifier, identifier by identifier.
func (r *runner) identifiers(ctx context.Context, stage int) error {
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(r.options.Jobs, len(r.table.IDs)) {
		g.Go(func() error {
			w := r.newRow(stage)
			for id := int(next.Add(1)) - 1; id < len(r.table.IDs); id = int(next.Add(1)) - 1 {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := w.run(id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// across runs a stage's operations across identifiers, some times each.
func (r *runner) across(ctx context.Context, stage int) error {
	for i, o := range r.program.Ops {
		if r.stage[i] != stage || !isAcross(o) {
			continue
		}
		g, ctx := errgroup.WithContext(ctx)
		times, jobs := len(r.table.Times), max(1, min(r.options.Jobs, len(r.table.Times)))
		for k := range jobs {
			g.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				a := &across{op: o, x: r.grids[o.Args[0]], has: r.table.Has, condition: r.types[o.Args[0]] == expression.Cond, out: r.grids[i]}
				if o.By >= 0 {
					a.by = r.grids[o.By]
				}
				if !o.Whole && r.program.Keep >= 0 {
					a.keep = r.grids[r.program.Keep]
				}
				a.run(times*k/jobs, times*(k+1)/jobs)
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// row evaluates one identifier's operations of a stage.
type row struct {
	*runner
	at     int         // the stage
	values [][]float64 // of every operation, a value a time
	own    [][]float64 // memory for values that are computed here and kept by nobody
}

func (r *runner) newRow(stage int) *row {
	w := &row{runner: r, at: stage, values: make([][]float64, len(r.program.Ops)), own: make([][]float64, len(r.program.Ops))}
	times := len(r.table.Times)
	for i, o := range r.program.Ops {
		if r.stage[i] > stage || r.kept[i] || o.Code == "column" {
			continue
		}
		w.own[i] = make([]float64, times)
		if v, ok := r.constant(o); ok {
			for t := range w.own[i] {
				w.own[i][t] = v
			}
			w.values[i] = w.own[i]
		}
	}
	return w
}

// constant returns the value of an operation that is the same everywhere.
func (r *runner) constant(o expression.Op) (float64, bool) {
	switch o.Code {
	case "number", "truth":
		return o.Numbers[0], true
	case "text":
		return r.table.Words.code[o.Texts[0]], true
	}
	return math.NaN(), false
}

func (w *row) run(id int) error {
	for i, o := range w.program.Ops {
		if w.stage[i] > w.at {
			continue
		}
		if w.kept[i] {
			w.values[i] = w.grids[i][id]
		} else if _, fixed := w.constant(o); !fixed {
			w.values[i] = w.own[i]
		}
		if w.stage[i] < w.at || isAcross(o) {
			continue
		}
		if err := w.operation(i, o, id); err != nil {
			return err
		}
	}
	return nil
}

// operation fills the values of one operation.
func (w *row) operation(i int, o expression.Op, id int) error {
	out := w.values[i]
	if v, ok := w.constant(o); ok {
		for t := range out {
			out[t] = v
		}
		return nil
	}
	if o.Code == "column" {
		if !w.kept[i] {
			w.values[i] = w.columns[i].Data[id]
			return nil
		}
		copy(out, w.columns[i].Data[id])
		return nil
	}
	f := expression.FunctionNamed(o.Code)
	if f == nil || f.Class == expression.Element {
		return w.element(o, out)
	}
	if f.Class == expression.State {
		w.expired.Add(int64(w.state(o, out)))
		return nil
	}
	w.windowed(o, out)
	return nil
}
