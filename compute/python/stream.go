package python

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// stream runs a plain program: started for this call, it reads the inputs' streams one behind the other from its standard
// input, and writes one stream to its standard output. What else it may want to know is in its environment.
func (c *call) stream(ctx context.Context) (*table, place, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, place{}, ctx.Err()
	}
	defer func() { <-c.slots }()
	q, err := c.request()
	if err != nil {
		return nil, place{}, err
	}
	p := c.program(q.Memory)
	if p.env, err = c.streamEnv(q); err != nil {
		return nil, place{}, err
	}
	proc, err := start(p)
	if err != nil {
		return nil, place{}, err
	}
	defer proc.close(0)
	w := &worker{process: proc}
	w.stderr.begin(c.log(c.node))
	release := w.guard(ctx, c.limit, false)
	out, err := exchange(w, q)
	timedOut := release()
	switch {
	case ctx.Err() != nil:
		return nil, place{}, ctx.Err()
	case timedOut:
		return nil, place{}, errorf("raise the node's timeout, or have it do less", "%s took longer than its timeout of %s", p.words[0], c.limit)
	case err != nil:
		return nil, place{}, w.placed(w.died(err, p.words[0]+" "), q)
	}
	t, err := decode(out)
	if err != nil {
		return nil, place{}, errorf(hintOf(err), "%s: %v", p.words[0], err)
	}
	return t, place{}, nil
}

// exchange writes the inputs and reads the output at the same time, since a program may begin to write before it has read
// everything. The error says that the program did not end well.
func exchange(w *worker, q *request) ([]byte, error) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		for _, s := range q.Streams {
			if _, err := w.in.Write(s.data); err != nil {
				break // it need not read what it doesn't want
			}
		}
		w.in.Close()
	}()
	out, err := io.ReadAll(io.LimitReader(w.out, maxStream))
	if err != nil {
		w.kill()
	}
	select {
	case <-w.ended:
	case <-time.After(10 * time.Second): // it closed its output; what it does now concerns nobody
		w.kill()
		<-w.ended
	}
	w.kill() // what it left behind in its group may hold its streams open
	<-written
	<-w.stderr.done
	return out, errors.Join(err, w.process.err)
}

func (c *call) streamEnv(q *request) ([]string, error) {
	params, err := json.Marshal(q.Params)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range q.Streams {
		names = append(names, s.Name)
	}
	from := ""
	if c.from != math.MinInt64 {
		from = show(c.from)
	}
	return append(c.options.Env[:len(c.options.Env):len(c.options.Env)],
		"TDLAKE_NODE="+c.node.Name, "TDLAKE_PARAMS="+string(params), "TDLAKE_KEY="+strings.Join(q.Key, ","),
		"TDLAKE_INPUTS="+strings.Join(names, ","), "TDLAKE_FROM="+from, fmt.Sprintf("TDLAKE_END=%s", show(c.end))), nil
}
