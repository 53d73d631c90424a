package python

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tdlake/tdlake/graph"
)

// Options are a pool's settings.
type Options struct {
	Jobs int                              // processes at once; 0 means 1
	Log  func(n *graph.Node) *slog.Logger // where a node's lines go; nil: nowhere but into messages
	Env  []string                         // the processes' environment variables; nil: the program's own
}

// Pool runs calls in worker processes. It is safe for concurrent use: as many calls go on as there may be processes, the
// others wait. Close it after use.
type Pool struct {
	environments *Environments
	options      Options
	slots        chan struct{} // one a process at work

	mu     sync.Mutex
	idle   []*idleWorker // the one used last at the end
	closed bool
}

type idleWorker struct {
	*worker
	key string
}

// NewPool returns a pool without any process yet.
func NewPool(e *Environments, o Options) *Pool {
	o.Jobs = max(o.Jobs, 1)
	if o.Env == nil {
		o.Env = os.Environ()
	}
	return &Pool{environments: e, options: o, slots: make(chan struct{}, o.Jobs)}
}

// Close ends all processes. No call may be going on.
func (p *Pool) Close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var g sync.WaitGroup
	for _, w := range idle {
		g.Go(func() { w.process.close(time.Second) })
	}
	g.Wait()
	return nil
}

// with lends a worker of a kind to use, starting one where none is idle. One that failed is not taken back.
func (p *Pool) with(ctx context.Context, key string, start func() (*worker, error), use func(*worker) error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.slots }()
	w := p.take(key)
	if w == nil {
		var err error
		if w, err = start(); err != nil {
			return err
		}
	}
	err := use(w)
	var functions *answered
	if err != nil && !errors.As(err, &functions) || !p.give(key, w) {
		w.process.close(0)
	}
	if functions != nil {
		return functions.error
	}
	return err
}

// answered is an error that the worker itself reported: it is as good as before.
type answered struct{ error }

func (e *answered) Unwrap() error { return e.error }

// take returns an idle worker of the kind, or nil. Then idle ones of other kinds make room, the longest idle first: with a
// process for each slot that is taken, there are never more than the pool may have.
func (p *Pool) take(key string) *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if w := p.idle[i]; w.key == key {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			if w.alive() {
				return w.worker
			}
			go w.process.close(0)
		}
	}
	for len(p.idle) > 0 && len(p.idle)+len(p.slots) > p.options.Jobs {
		p.idle[0].process.close(0)
		p.idle = p.idle[1:]
	}
	return nil
}

// give makes a worker idle; false means that it is to be ended.
func (p *Pool) give(key string, w *worker) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !w.alive() {
		return false
	}
	p.idle = append(p.idle, &idleWorker{w, key})
	return true
}

// log returns where the lines go that a process says while it works for a node.
func (p *Pool) log(n *graph.Node) func(string) {
	if p.options.Log == nil {
		return nil
	}
	logger := p.options.Log(n)
	if logger == nil {
		return nil
	}
	return func(line string) { logger.Info(line) }
}

// pythonEnv is the environment of interpreters: nothing of Python's own settings, so that what a function sees is its
// environment alone; the same order of sets in every process; one thread in each library, since there are many workers and
// sums in parallel are not reproducible to the bit.
func pythonEnv(env []string) []string {
	var out []string
	for _, v := range env {
		if !strings.HasPrefix(v, "PYTHON") && !strings.HasPrefix(v, "VIRTUAL_ENV") {
			out = append(out, v)
		}
	}
	return append(out, "PYTHONHASHSEED=0", "PYTHONNOUSERSITE=1", "PYTHONIOENCODING=utf-8", "TZ=UTC",
		"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "NUMEXPR_NUM_THREADS=1", "VECLIB_MAXIMUM_THREADS=1")
}

// absolute returns a path relative to the config's folder.
func (e *Environments) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(e.dir, path)
}
