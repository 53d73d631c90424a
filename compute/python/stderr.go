package python

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// stderr reads what a process says: each line goes to whoever listens, and the last ones are kept for messages.
type stderr struct {
	file *os.File
	done chan struct{} // closed at the end of the output

	mu     sync.Mutex
	listen func(line string)
	tail   []string
	marked int // lines of tail that were there when mark was called
	last   time.Time
	ends   chan string // lines that end a call
}

const (
	endOfCall  = "\x00tdlake end of call "
	tailLines  = 20
	longestRow = 4096
)

func newStderr(file *os.File) *stderr {
	s := &stderr{file: file, done: make(chan struct{}), ends: make(chan string, 16), last: time.Now()}
	go s.read()
	return s
}

func (s *stderr) read() {
	defer close(s.done)
	defer s.file.Close()
	buf, line := make([]byte, 64<<10), []byte(nil)
	for {
		n, err := s.file.Read(buf)
		for _, part := range bytes.SplitAfter(buf[:n], []byte("\n")) {
			line = append(line, part[:min(len(part), max(longestRow-len(line), 0))]...)
			if bytes.HasSuffix(part, []byte("\n")) {
				s.line(string(line))
				line = line[:0]
			}
		}
		if err != nil {
			if len(line) > 0 {
				s.line(string(line))
			}
			return
		}
	}
}

func (s *stderr) line(text string) {
	text = strings.TrimRight(text, "\r\n")
	before, end, isEnd := strings.Cut(text, endOfCall) // what was printed without a line's end stands before it
	s.mu.Lock()
	s.last = time.Now()
	listen := s.listen
	if text = strings.ToValidUTF8(before, "\uFFFD"); !isEnd || text != "" {
		s.tail = append(s.tail, text)
		if drop := len(s.tail) - tailLines; drop > 0 {
			s.tail, s.marked = s.tail[drop:], max(s.marked-drop, 0)
		}
	}
	s.mu.Unlock()
	if listen != nil && (!isEnd || text != "") {
		listen(text)
	}
	if isEnd {
		select {
		case s.ends <- end:
		default:
		}
	}
}

// begin starts a call: its lines go to listen.
func (s *stderr) begin(listen func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listen, s.tail, s.marked = listen, nil, 0
}

// end waits until everything that a call said is read: the worker writes a line of its own behind it. Code that closed the
// worker's standard error cannot make it wait long.
func (s *stderr) end(call uint64) {
	timeout := time.NewTimer(time.Second)
	defer timeout.Stop()
	for {
		select {
		case got := <-s.ends:
			if got == fmt.Sprint(call) {
				return
			}
		case <-s.done:
			return
		case <-timeout.C:
			return
		}
	}
}

// said returns the last lines.
func (s *stderr) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.tail...)
}

func (s *stderr) mark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marked = len(s.tail)
	s.last = time.Now()
}

// sinceMark returns the lines that came after mark.
func (s *stderr) sinceMark() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.tail[s.marked:]...)
}

// waitQuiet waits until lines came and no more do, at most so long.
func (s *stderr) waitQuiet(most time.Duration) {
	for begin := time.Now(); time.Since(begin) < most; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		quiet := len(s.tail) > s.marked && time.Since(s.last) > 50*time.Millisecond
		s.mu.Unlock()
		if quiet {
			return
		}
	}
}
