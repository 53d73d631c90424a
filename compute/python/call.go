package python

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"syscall"
	"time"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

var errBrokenPipe error = syscall.EPIPE

// Compute evaluates a node of kind python or command: inputs are the rows of n.Inputs, in order, its lookback included;
// rows of the result lie in [from, end). It meets compute.External.
func (p *Pool) Compute(ctx context.Context, n *graph.Node, inputs []*frame.Frame, from, end int64, warn func(string)) (*frame.Frame, error) {
	c := &call{Pool: p, node: n, inputs: inputs, from: from, end: end, limit: timeoutOf(n)}
	t, at, err := c.run(ctx)
	if err != nil {
		return nil, err
	}
	f, infinities, err := wanted{key: n.Key(), from: from, end: end, grid: inputs[0].Times()}.check(t)
	if err != nil {
		return nil, errorf(hintOf(err), "%s%v", at, err)
	}
	if infinities > 0 && warn != nil {
		warn(fmt.Sprintf("node %s: %s%d infinite values were made missing", n.Name, at, infinities))
	}
	return f, nil
}

// call is one evaluation of a node.
type call struct {
	*Pool
	node      *graph.Node
	inputs    []*frame.Frame
	from, end int64
	limit     time.Duration
}

func (c *call) run(ctx context.Context) (*table, place, error) {
	switch {
	case c.node.Kind.Name == graph.KindPython:
		return c.function(ctx)
	case c.node.Kind.Name == graph.KindCommand && c.node.Params.String("protocol") == "calls":
		return c.calls(ctx)
	case c.node.Kind.Name == graph.KindCommand:
		return c.stream(ctx)
	}
	return nil, place{}, fmt.Errorf("nothing outside computes nodes of kind %q", c.node.Kind.Name)
}

func timeoutOf(n *graph.Node) time.Duration {
	return time.Duration(n.Params.Duration("timeout").Elapsed()) * time.Microsecond
}

// function calls a Python function.
func (c *call) function(ctx context.Context) (*table, place, error) {
	p := c.node.Params
	file, name, err := splitFunction(p.String("function"))
	if err != nil {
		return nil, place{}, err
	}
	q, err := c.request()
	if err != nil {
		return nil, place{}, err
	}
	q.Function = &function{File: c.environments.absolute(file), Name: name, Source: p.String("source")}
	environment := c.node.Environment()
	start := func() (*worker, error) {
		interpreter, err := c.environments.Interpreter(ctx, environment)
		if err != nil {
			return nil, err
		}
		w, err := startWorker(ctx, program{words: []string{interpreter, "-c", workerScript, c.environments.dir}, dir: nowhere, env: pythonEnv(c.options.Env)}, true)
		return w, inEnvironment(environment, err)
	}
	return c.ask(ctx, "python "+environment, start, q)
}

func inEnvironment(name string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return errorf(e.hint, "environment %s: %s", name, e.Message)
	}
	return err
}

// calls asks a program that stays alive between calls.
func (c *call) calls(ctx context.Context) (*table, place, error) {
	q, err := c.request()
	if err != nil {
		return nil, place{}, err
	}
	p := c.program(q.Memory)
	key := fmt.Sprintf("command %q %d", p.words, q.Memory)
	return c.ask(ctx, key, func() (*worker, error) { return startWorker(ctx, p, false) }, q)
}

func (c *call) program(memory int64) program {
	words := c.node.Params.Strings("command")
	if strings.Contains(words[0], "/") {
		words = append([]string{c.environments.absolute(words[0])}, words[1:]...)
	}
	return program{words: words, dir: c.environments.dir, env: c.options.Env, memory: memory}
}

// request is everything but the function.
func (c *call) request() (*request, error) {
	p := c.node.Params
	q := &request{Node: c.node.Name, Key: c.node.Key(), End: c.end, Params: graph.Free{}}
	q.Memory, _ = p.Value("memory").(int64)
	if params, ok := p.Value("params").(graph.Free); ok {
		q.Params = params
	}
	if c.from != math.MinInt64 {
		q.From = &c.from
	}
	for i, in := range c.node.Inputs {
		data, err := encode(c.inputs[i])
		if err != nil {
			return nil, err
		}
		q.Streams = append(q.Streams, stream{Name: in.Role, data: data})
	}
	return q, nil
}

// ask sends a request to a worker of a kind and reads the table that it answers with.
func (c *call) ask(ctx context.Context, key string, start func() (*worker, error), q *request) (t *table, at place, err error) {
	err = c.with(ctx, key, start, func(w *worker) error {
		answer, err := w.call(ctx, q, c.limit, c.log(c.node))
		if err != nil {
			return err
		}
		if answer.Error != nil {
			return &answered{answer.Error.error(q.Memory)}
		}
		if len(answer.Streams) != 1 {
			return errorf("", "%sthe answer has %d streams, not one", answer.Place, len(answer.Streams))
		}
		at = answer.Place
		if t, err = decode(answer.Streams[0].data); err != nil {
			return &answered{errorf(hintOf(err), "%s%v", at, err)}
		}
		return nil
	})
	return t, at, err
}
