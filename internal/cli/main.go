package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main runs one command line and returns the exit code. Standard streams are parameters so that tests can read them.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// With the signal ignored, writing to a closed pipe is an error like any other: see isClosedPipe.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := interruptible()
	defer stop()
	a := &app{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if stopped := a.measures.stop(stderr); stopped != nil {
		err = errors.Join(err, stopped)
	}
	if ctx.Err() != nil && err != nil {
		err = errInterrupted
	}
	return report(stderr, err)
}

// interruptible returns a context that the first Ctrl-C (or SIGTERM, or the terminal's end) cancels; the second one kills the process as usual.
// Under nohup the terminal's end is ignored.
func interruptible() (context.Context, func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
