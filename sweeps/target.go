package sweeps

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
)

// The target's rows, where they are asked for, lie beside the points: target-*.parquet, the parameters' columns before
// the target's own, points in canonical order, each point's rows in the order of the key. A file's footer says whose rows
// it holds, so that finding out what is stored reads no rows. Final files are named by that list: one that is there
// needs no second writing.

// targetFileRows ends a file of the target's rows at the point that reaches it.
const targetFileRows = 1 << 24

const targetChunkPrefix = targetPrefix + chunkPrefix

// storedPoint is a point whose target's rows are in a file.
type storedPoint struct {
	Values []any  `json:"values"` // as Parameter.Stored
	ID     string `json:"local_hash_id"`
	Rows   int    `json:"rows"`
	// Whole names the columns that are whole numbers at the point, in a file where they are floats, since they are so at others.
	Whole []string `json:"whole,omitempty"`
}

// storedTarget is a file of the target's rows.
type storedTarget struct {
	name   string
	meta   fileMeta
	types  map[string]frame.Type // of the target's columns
	points []int                 // the point of each of meta.Points; below 0 where it is of no use
}

// targetPlace is where a point's rows are.
type targetPlace struct {
	file  int // of Plan.target; -1: nowhere
	index int // among its points
	first int // row
	rows  int
}

func (p *Plan) loadTarget() ([]storedTarget, error) {
	names, err := list(p.Dir, targetPrefix)
	if err != nil {
		return nil, err
	}
	var files []storedTarget
	for _, name := range names {
		f, err := openResults(filepath.Join(p.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		meta, err := f.readMeta()
		f.close()
		if err != nil {
			return nil, err
		}
		current, err := p.current(meta.Sources)
		if err != nil {
			return nil, err
		}
		if !current {
			p.staleTarget = append(p.staleTarget, name)
			continue
		}
		for _, param := range p.Space.Parameters {
			delete(f.types, param.Name)
		}
		t := storedTarget{name: name, meta: meta, types: f.types, points: make([]int, len(meta.Points))}
		for i, s := range meta.Points {
			t.points[i] = p.pointOf(s)
		}
		files = append(files, t)
	}
	return files, nil
}

// pointOf returns the present point that s is, or -1.
func (p *Plan) pointOf(s storedPoint) int {
	if len(s.Values) != len(p.Space.Parameters) {
		return elsewhere
	}
	var ordinal int64
	for k, v := range s.Values {
		index, ok := p.Space.Parameters[k].index(v)
		if !ok {
			return elsewhere
		}
		ordinal += int64(index) * p.Space.stride[k]
	}
	point, ok := p.Space.find(ordinal)
	if !ok || p.ids.id(point) != s.ID {
		return elsewhere
	}
	return point
}

// places returns where each point's rows are.
func (p *Plan) places() []targetPlace {
	places := make([]targetPlace, p.Space.Len())
	for i := range places {
		places[i].file = -1
	}
	for i, f := range p.target {
		row := 0
		for k, s := range f.meta.Points {
			if point := f.points[k]; point >= 0 {
				places[point] = targetPlace{i, k, row, s.Rows}
			}
			row += s.Rows
		}
	}
	return places
}

// storedPoint describes a point in a file where the columns of the names in floats are floats; whole names those that it has as whole numbers.
func (p *Plan) storedPoint(point, rows int, whole []string, floats map[string]bool) storedPoint {
	s := storedPoint{ID: p.ids.id(point), Rows: rows, Whole: slices.DeleteFunc(whole, func(name string) bool { return !floats[name] })}
	for k := range p.Space.Parameters {
		s.Values = append(s.Values, p.Space.Value(point, k))
	}
	return s
}

// withParameters puts a point's parameters before the columns of its target.
func (p *Plan) withParameters(point int, t duck.Table) duck.Table {
	out := duck.Table{Names: append(p.Space.names(), t.Names...)}
	for k, param := range p.Space.Parameters {
		b := array.NewBuilder(memory.DefaultAllocator, param.Type.Arrow())
		for range t.Rows() {
			appendAny(b, p.Space.Value(point, k))
		}
		out.Columns = append(out.Columns, b.NewArray())
	}
	out.Columns = append(out.Columns, t.Columns...)
	return out
}

// checkTarget reports parameters that have the name of a column of the target.
func (p *Plan) checkTarget(target frame.Schema) error {
	for k, param := range p.Space.Parameters {
		for _, f := range target.Fields {
			if strings.EqualFold(f.Name, param.Name) {
				return p.Config.Problem(p.Config.Sweep.Vary[k].Pos, "rename the parameter, or store no target rows",
					"the parameter %s has the name of a column of the target", param.Name)
			}
		}
	}
	return nil
}

// writeTarget commits a file of the target's rows of some points; rows gives each one's. Columns of the names in floats are floats, where points
// have whole numbers as well.
func (p *Plan) writeTarget(ctx context.Context, name string, points []int, meta fileMeta, floats map[string]bool, rows func(point int) (duck.Table, error)) error {
	text, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	return lake.WriteFile(ctx, p.Dir, name, func(w io.Writer) error {
		var e *encoder
		for _, point := range points {
			if err := ctx.Err(); err != nil {
				return err
			}
			t, err := rows(point)
			if err != nil {
				return err
			}
			if t, err = toFloats(t, floats); err != nil {
				return err
			}
			t = p.withParameters(point, t)
			if e == nil {
				s, err := shapeOf(t)
				if err != nil {
					return err
				}
				e = newEncoder(w, s)
			}
			if err := e.append(t); err != nil {
				return err
			}
		}
		return e.close(text)
	})
}
