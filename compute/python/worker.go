package python

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed worker.py
var workerScript string

// startTime is how long a worker may take to say hello: imports from a cold disk take their time.
const startTime = 2 * time.Minute

// worker is a process that answers calls, one at a time.
type worker struct {
	*process
	python bool // it runs worker.py
	calls  uint64
}

// startWorker starts a process and waits for its hello.
func startWorker(ctx context.Context, p program, python bool) (*worker, error) {
	proc, err := start(p)
	if err != nil {
		return nil, err
	}
	w := &worker{process: proc, python: python}
	release := w.guard(ctx, startTime, false)
	answer, err := readResponse(w.out)
	timedOut := release()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case timedOut:
		err = errorf("", "%s did not answer within %s", p.words[0], startTime)
	case err != nil:
		err = w.died(err, "did not start: it ")
	case answer.Error != nil:
		err = answer.Error.error(0)
	case answer.Hello == nil:
		err = errorf("its first message must be a hello", "%s began with something else than a hello", p.words[0])
	case answer.Hello.Protocol != protocol:
		err = errorf("", "%s speaks version %d of the protocol, not %d", p.words[0], answer.Hello.Protocol, protocol)
	}
	if err != nil {
		w.process.close(0)
		return nil, err
	}
	return w, nil
}

// call sends a request and waits for its answer. The worker is of no further use after an error that is not an *Error of
// the function's, or when it has ended.
func (w *worker) call(ctx context.Context, q *request, limit time.Duration, log func(string)) (*response, error) {
	w.calls++
	q.Call = w.calls
	w.stderr.begin(log)
	release := w.guard(ctx, limit, w.python)
	err := writeRequest(w.in, q)
	var answer *response
	if err == nil || isBrokenPipe(err) {
		answer, err = readResponse(w.out) // a worker that ended may have said why
	}
	timedOut := release()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case timedOut:
		<-w.ended
		at := w.whereabouts(w.stderr.sinceMark(), q)
		err = errorf("raise the node's timeout, or have it do less", "%stook longer than its timeout of %s", at, limit)
	case err != nil:
		err = w.died(err, "the process ")
		err = w.placed(err, q)
	case answer.Call != q.Call || answer.Hello != nil:
		err = errorf("", "the worker answered call %d when it was asked call %d", answer.Call, q.Call)
	}
	if err != nil {
		w.kill()
		return nil, err
	}
	if w.python {
		w.stderr.end(q.Call)
	}
	return answer, nil
}

func isBrokenPipe(err error) bool {
	return errors.Is(err, errBrokenPipe) || errors.Is(err, os.ErrClosed)
}

// died says why there is no message: what stands there instead, or how the process ended and what it said last.
func (w *worker) died(err error, prefix string) error {
	var no *errNoMessage
	said := ""
	if errors.As(err, &no) && !no.cut {
		w.kill()
		<-w.ended
		return errorf("standard output is for messages; print to standard error", "%s", no.text)
	}
	fate := w.fate()
	ours := func(line string) bool {
		return strings.Contains(line, `File "<string>", line`) || strings.HasPrefix(line, "Extension modules: ")
	}
	if lines := slices.DeleteFunc(w.stderr.said(), ours); len(lines) > 0 {
		said = "\n  its last words:\n" + indent(indent(strings.Join(lines, "\n")))
	}
	return errorf("", "%s%s%s", prefix, fate, said)
}

// placed puts the line of the user's file in front of how a worker died, where its traceback names one.
func (w *worker) placed(err error, q *request) error {
	var e *Error
	if errors.As(err, &e) {
		e.Message = w.whereabouts(w.stderr.said(), q) + e.Message
		if q.Memory > 0 && e.hint == "" {
			e.hint = "the node has a memory limit of " + showBytes(q.Memory) + ", which may be why"
		}
	}
	return err
}

// frameLine is a line of a traceback that Python's faulthandler writes.
var frameLine = regexp.MustCompile(`^\s*File "(.*)", line (\d+) in `)

// whereabouts finds the innermost line of the user's file in a traceback.
func (w *worker) whereabouts(lines []string, q *request) string {
	if q.Function == nil {
		return ""
	}
	for _, l := range lines {
		if m := frameLine.FindStringSubmatch(l); m != nil && m[1] == q.Function.File {
			line, _ := strconv.Atoi(m[2])
			return place{m[1], line}.String()
		}
	}
	return place{File: q.Function.File}.String()
}
