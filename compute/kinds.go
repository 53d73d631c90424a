package compute

import (
	"context"
	"fmt"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// compute evaluates one node over its range. This switch is the list of what tdlake can compute.
func (e *Engine) compute(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	e.count.computed.Add(1)
	switch n.Kind.Name {
	case graph.KindInterpolate:
		return e.unary(ctx, n, r, interpolate)
	case graph.KindReturns:
		return e.unary(ctx, n, r, returns)
	case graph.KindLag:
		return e.unary(ctx, n, r, lag)
	case graph.KindRolling:
		return e.unary(ctx, n, r, rolling)
	case graph.KindLasso:
		return e.lasso(ctx, n, r)
	case graph.KindLongShort:
		return e.longShort(ctx, n)
	case graph.KindExpression:
		return e.expression(ctx, n, r)
	case graph.KindWeights:
		return e.weights(ctx, n, r)
	case graph.KindPortfolio:
		return e.positions(ctx, n)
	case graph.KindSQL:
		return e.sql(ctx, n, r)
	case graph.KindPython, graph.KindCommand:
		return e.external(ctx, n, r)
	}
	return nil, fmt.Errorf("nothing computes nodes of kind %q", n.Kind.Name)
}

// span is the half-open range a kernel's rows must lie in, microseconds since the epoch.
type span struct {
	from, end int64
	start     int64 // of the date range: warnings are of what a user sees
}

func (e *Engine) span(r graph.Range) span { return span{r.From, e.end, e.start} }

// unary evaluates a kind with one input, called input.
func (e *Engine) unary(ctx context.Context, n *graph.Node, r graph.Range, kernel func(in *Result, p graph.Params, s span) (*Result, error)) (*Result, error) {
	in, err := e.evalAll(ctx, n.In("input"))
	if err != nil {
		return nil, err
	}
	var out *Result
	err = e.inSlot(ctx, func() error {
		if out, err = kernel(in[0], n.Params, e.span(r)); err != nil {
			return err
		}
		lost, err := e.lost(n, in[0])
		out.warnings = append(out.warnings, lost...)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.tell(n, out.warnings)
	out.warnings = union(in[0].warnings, out.warnings)
	return out, nil
}

// oneColumn returns the name and the grid of the column that a kind works on: the one named, else the only one, else the
// usual one.
func oneColumn(p *frame.Panel, named, usual string) (string, [][]float64, error) {
	name := named
	if name == "" {
		switch {
		case len(p.Names) == 1:
			name = p.Names[0]
		case usual != "":
			name = usual
		default:
			return "", nil, fmt.Errorf("the input has %d columns (%v): name one with `column`", len(p.Names), p.Names)
		}
	}
	grid, err := p.Column(name)
	return name, grid, err
}
