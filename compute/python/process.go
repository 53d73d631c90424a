package python

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is a child with its standard streams, in a process group of its own: Ctrl-C at a terminal reaches tdlake alone,
// which then decides, and killing the group takes along what the child has started.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *os.File
	stderr *stderr
	ended  chan struct{} // closed when the process was waited for
	err    error         // of the wait, once ended
	once   sync.Once
}

// program is what a process runs.
type program struct {
	words  []string
	dir    string
	env    []string
	memory int64 // bytes of address space, set before the program starts; 0: no limit
}

func start(p program) (*process, error) {
	words := p.words
	if p.memory > 0 {
		// The shell's limit holds before the program's first instruction. Systems that know no such limit go without.
		words = append([]string{"/bin/sh", "-c", `ulimit -v "$0" 2>/dev/null; exec "$@"`, fmt.Sprint(p.memory / 1024)}, words...)
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, outWriter, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	errReader, errWriter, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, out.Close(), outWriter.Close())
	}
	cmd.Stdout, cmd.Stderr = outWriter, errWriter
	err = cmd.Start()
	outWriter.Close()
	errWriter.Close()
	if err != nil {
		out.Close()
		errReader.Close()
		return nil, startError(p, err)
	}
	w := &process{cmd: cmd, in: in, out: out, stderr: newStderr(errReader), ended: make(chan struct{})}
	go func() {
		w.err = cmd.Wait()
		close(w.ended)
	}()
	return w, nil
}

func startError(p program, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return errorf("", "%s cannot be started: %v", p.words[0], err)
}

// kill ends the process and its group at once, and everything that waits for it.
func (p *process) kill() {
	p.once.Do(func() {
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		// A grandchild that left the group may hold the streams open. What the process said last is read long before.
		past := time.Now().Add(time.Second)
		p.out.SetReadDeadline(past)
		p.stderr.file.SetReadDeadline(past)
		p.in.Close()
	})
}

// close ends the process: by the end of its input, which a worker takes as a farewell, or else by force. Nothing of it is
// left afterwards.
func (p *process) close(patience time.Duration) {
	p.in.Close()
	select {
	case <-p.ended:
	case <-time.After(patience):
	}
	p.kill() // also what it left behind in its group
	<-p.ended
	<-p.stderr.done
	p.out.Close()
}

// alive reports whether the process has not ended.
func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// guard kills the process when ctx is cancelled or time is up; release ends that. Before it kills for time, it asks a
// Python worker where it is: see worker.py.
func (p *process) guard(ctx context.Context, limit time.Duration, ask bool) (release func() (timedOut bool)) {
	stop, stopped := make(chan struct{}), make(chan bool, 1)
	go func() {
		var up <-chan time.Time
		if limit > 0 {
			timer := time.NewTimer(limit)
			defer timer.Stop()
			up = timer.C
		}
		select {
		case <-stop:
			stopped <- false
		case <-ctx.Done():
			p.kill()
			stopped <- false
		case <-up:
			if ask {
				p.stderr.mark()
				p.cmd.Process.Signal(syscall.SIGUSR1)
				p.stderr.waitQuiet(2 * time.Second)
			}
			p.kill()
			stopped <- true
		}
	}()
	return func() bool {
		close(stop)
		return <-stopped
	}
}

// fate says how a process ended, when it did so by itself: "was killed by signal segmentation fault".
func (p *process) fate() string {
	select {
	case <-p.ended:
	case <-time.After(time.Second):
		p.kill()
		<-p.ended
		return "closed its standard output and went on"
	}
	p.kill() // what it left behind in its group may hold its standard error open
	<-p.stderr.done
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) {
		return "ended without an answer (exit code 0)"
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return fmt.Sprintf("was killed by a signal: %s (%s)", signalName(status.Signal()), status.Signal())
	}
	return fmt.Sprintf("ended with exit code %d", exit.ExitCode())
}

func signalName(s syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGSEGV: "SIGSEGV", syscall.SIGABRT: "SIGABRT", syscall.SIGKILL: "SIGKILL", syscall.SIGBUS: "SIGBUS",
		syscall.SIGFPE: "SIGFPE", syscall.SIGILL: "SIGILL", syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT", syscall.SIGPIPE: "SIGPIPE",
	}
	if name, ok := names[s]; ok {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}
