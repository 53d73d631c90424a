package compute

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// External computes nodes in other processes: kinds python and command.
type External interface {
	// Compute evaluates n. inputs are the rows of n.Inputs, in order, from the node's lookback before from up to end; the
	// result's rows lie in [from, end), in the order of the key. It is called in a slot, from several goroutines at once, and
	// ends soon when ctx is cancelled. warn may be called until it returns.
	Compute(ctx context.Context, n *graph.Node, inputs []*frame.Frame, from, end int64, warn func(string)) (*frame.Frame, error)
}

// external hands a node to whoever computes it.
func (e *Engine) external(ctx context.Context, n *graph.Node, r graph.Range) (*Result, error) {
	if e.options.External == nil {
		return nil, fmt.Errorf("nothing computes nodes of kind %q here", n.Kind.Name)
	}
	inputs, warnings, err := e.lookedBack(ctx, n, r)
	if err != nil {
		return nil, err
	}
	var out *frame.Frame
	var own warner
	err = e.inSlot(ctx, func() error {
		out, err = e.options.External.Compute(ctx, n, inputs, r.From, e.end, own.add)
		return err
	})
	if err != nil {
		return nil, err
	}
	res := ofFrame(out)
	res.warnings = union(warnings, own.of(n))
	e.tell(n, own.of(n))
	return res, nil
}

// warner gathers what is told from several goroutines.
type warner struct {
	mu  sync.Mutex
	all []string
}

func (w *warner) add(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, text)
}

// of returns what was told, without the name of the node.
func (w *warner) of(n *graph.Node) []string {
	var out []string
	for _, text := range w.all {
		out = append(out, strings.TrimPrefix(text, "node "+n.Name+": "))
	}
	return out
}
