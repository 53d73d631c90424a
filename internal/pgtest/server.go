package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// User is the superuser of every server. It needs no password.
const User = "tdlake"

// Server is a running cluster.
type Server struct {
	Port int

	dir       string
	bin       string
	as        *syscall.Credential
	cmd       *exec.Cmd
	done      chan struct{} // closed when the server's process has ended
	timescale bool          // databases of tests have TimescaleDB
}

// start makes a cluster and starts a server on it. Extra lines go into postgresql.conf.
func start(conf ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	as, err := owner()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(temporary(as), "tdlake-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, as: as, timescale: everywhere()}
	for _, line := range conf {
		s.timescale = s.timescale || line == preload
	}
	if s.timescale {
		conf = append(conf, preload, "timescaledb.telemetry_level = off")
	}
	err = s.create(conf)
	if err == nil {
		err = s.startAnywhere()
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

// startAnywhere starts the server at a free port, another one where somebody else was faster.
func (s *Server) startAnywhere() (err error) {
	for range 5 {
		if s.Port, err = freePort(); err != nil {
			return err
		}
		if err = s.Start(); err == nil || !strings.Contains(err.Error(), "could not bind") {
			return err
		}
	}
	return err
}

func (s *Server) create(conf []string) error {
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return err
		}
	}
	out, err := s.command("initdb", "-D", s.data(), "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	lines := append([]string{
		"listen_addresses = '127.0.0.1'", fmt.Sprintf("unix_socket_directories = '%s'", s.dir),
		"fsync = off", "synchronous_commit = off", "full_page_writes = off", "wal_level = minimal", "max_wal_senders = 0",
		"max_wal_size = 2GB", "shared_buffers = 128MB", "timezone = 'America/New_York'", "lc_messages = 'C'",
		"logging_collector = off", "dynamic_shared_memory_type = mmap",
		"autovacuum = off", // else tables are analyzed while a test looks at what is known of them
	}, conf...)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	// A group of its own, so that signals reach every process of the server and Ctrl-C does not.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.as}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	return cmd
}

// Start starts a server that was stopped or killed, and waits until it answers.
func (s *Server) Start() error {
	var log bytes.Buffer
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.Port))
	cmd.Stdout, cmd.Stderr = &log, &log
	dieWithParent(cmd.SysProcAttr)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		cmd.Wait()
		close(done)
	}()
	s.cmd, s.done = cmd, done
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		select {
		case <-done:
			return fmt.Errorf("the PostgreSQL server ended while starting:\n%s", log.String())
		default:
		}
		if s.answers() {
			return nil
		}
		if time.Now().After(deadline) {
			s.Kill()
			return fmt.Errorf("the PostgreSQL server does not answer")
		}
	}
}

// answers asks over the socket, which is in the server's own folder: at its port may be another.
func (s *Server) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := pgconn.Connect(ctx, s.SocketURL("postgres"))
	if err != nil {
		const startingUp = "57P03"
		var said *pgconn.PgError
		return errors.As(err, &said) && said.Code != startingUp // a refusal is an answer too
	}
	return c.Close(ctx) == nil
}

// URL is the address of a database, over TCP.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", User, s.Port, database)
}

// SocketURL is the address of a database over the server's Unix socket.
func (s *Server) SocketURL(database string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s&port=%d", User, database, s.dir, s.Port)
}

// Stop ends the server at once but in good order: connections are told.
func (s *Server) Stop() {
	syscall.Kill(s.cmd.Process.Pid, syscall.SIGINT)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		s.Kill()
	}
}

// Kill ends all of the server's processes without a word, as a power cut does.
func (s *Server) Kill() {
	s.signal(syscall.SIGKILL)
	<-s.done
	os.Remove(filepath.Join(s.data(), "postmaster.pid"))
}

// Pause freezes all of the server's processes: it accepts connections, as the kernel does that, and says nothing.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a frozen server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// signal reaches the server and its children. Each child leads a group of its own.
func (s *Server) signal(sig syscall.Signal) {
	pid := s.cmd.Process.Pid
	// The parent first where it is to be killed or frozen, so that it does not see its children go.
	syscall.Kill(pid, sig)
	for _, child := range children(pid) {
		syscall.Kill(child, sig)
	}
}

// close stops the server and removes everything.
func (s *Server) close() {
	select {
	case <-s.done:
	default:
		s.Resume()
		s.Stop()
	}
	os.RemoveAll(s.dir)
}

// freePort is a port that nobody listens at, for now.
var freePort = func() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
