package python

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tdlake/tdlake/graph"
)

// A message, in either direction, is
//
//	4 bytes  "tdl1"
//	4 bytes  length of the header, big endian
//	header   JSON, UTF-8
//	streams  Arrow IPC streams, one behind the other; the header's "streams" says how long each one is
//
// A worker sends a hello first, then one answer for each request, in order.
const (
	magic       = "tdl1"
	protocol    = 1
	maxHeader   = 16 << 20
	maxStream   = 64 << 30
	maxStreams  = 1000
	shownOfJunk = 60
)

// request is the header of a call.
type request struct {
	Call     uint64     `json:"call"`
	Node     string     `json:"node"`
	Function *function  `json:"function,omitempty"` // of kind python
	Params   graph.Free `json:"params"`
	Key      []string   `json:"key"`
	From     *int64     `json:"from"` // rows before it are dropped; null: none are
	End      int64      `json:"end"`
	Memory   int64      `json:"memory"` // bytes; 0: no limit
	Streams  []stream   `json:"streams"`
}

// function says what a worker runs: the file must have the digest that the node's identity was made of.
type function struct {
	File   string `json:"file"`
	Name   string `json:"name"`
	Source string `json:"source"`
}

// stream is an Arrow IPC stream that follows a header.
type stream struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	data  []byte
}

// response is the header of a hello or of an answer.
type response struct {
	Hello   *hello   `json:"hello,omitempty"`
	Call    uint64   `json:"call"`
	Error   *failure `json:"error,omitempty"`
	Place   place    `json:"place"` // of the function, for what is wrong with its rows
	Streams []stream `json:"streams"`
}

type hello struct {
	Protocol int    `json:"protocol"`
	PID      int    `json:"pid"`
	Version  string `json:"version"` // what the worker is, for people
}

// place is a line of the user's file.
type place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// failure is why a call has no rows.
type failure struct {
	Kind      string `json:"kind"` // exception, memory, load, result, changed; commands may say anything
	Message   string `json:"message"`
	Traceback string `json:"traceback,omitempty"`
	Hint      string `json:"hint,omitempty"`
	place
}

// writeRequest sends a message; the request's streams carry their data.
func writeRequest(w io.Writer, q *request) error {
	for i := range q.Streams {
		q.Streams[i].Bytes = int64(len(q.Streams[i].data))
	}
	header, err := json.Marshal(q)
	if err != nil {
		return err
	}
	return writeMessage(w, header, q.Streams)
}

func writeMessage(w io.Writer, header []byte, streams []stream) error {
	if len(header) > maxHeader {
		return fmt.Errorf("a message's header has %d bytes; at most %d will do", len(header), maxHeader)
	}
	head := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(header)))
	if _, err := w.Write(append(head, header...)); err != nil {
		return err
	}
	for i := range streams {
		if _, err := w.Write(streams[i].data); err != nil {
			return err
		}
	}
	return nil
}

// errNoMessage is an output that holds something else than messages.
type errNoMessage struct {
	text string
	cut  bool // it ends within a message
}

func (e *errNoMessage) Error() string { return e.text }

func junk(format string, args ...any) error { return &errNoMessage{text: fmt.Sprintf(format, args...)} }

// readResponse reads a message. io.EOF means there is none; any other error that the reader did not make is *errNoMessage.
func readResponse(r io.Reader) (*response, error) {
	var head [8]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, junk("standard output ends with %q, which is no message", head[:n])
		}
		return nil, err
	}
	if string(head[:4]) != magic {
		more := make([]byte, shownOfJunk)
		n, _ := r.Read(more)
		return nil, junk("standard output holds %q, which is no message", append(head[:], more[:n]...))
	}
	length := binary.BigEndian.Uint32(head[4:])
	if length > maxHeader {
		return nil, junk("a message's header of %d bytes is too long", length)
	}
	header, err := readBytes(r, int64(length))
	if err != nil {
		return nil, err
	}
	p := &response{}
	if err := json.Unmarshal(header, p); err != nil {
		return nil, junk("a message's header is not as it should be: %v", err)
	}
	return p, readStreams(r, p.Streams)
}

func readStreams(r io.Reader, streams []stream) (err error) {
	if len(streams) > maxStreams {
		return junk("a message has %d streams; at most %d will do", len(streams), maxStreams)
	}
	for i := range streams {
		s := &streams[i]
		if s.Bytes < 0 || s.Bytes > maxStream {
			return junk("the stream %q cannot have %d bytes", s.Name, s.Bytes)
		}
		if s.data, err = readBytes(r, s.Bytes); err != nil {
			return err
		}
	}
	return nil
}

// readBytes reads exactly n bytes. Memory grows with what comes, not with what is announced.
func readBytes(r io.Reader, n int64) ([]byte, error) {
	const atOnce = 1 << 20
	if n <= atOnce {
		data := make([]byte, n)
		_, err := io.ReadFull(r, data)
		return data, unexpected(err)
	}
	var b bytes.Buffer
	read, err := io.CopyN(&b, r, n)
	if err == io.EOF && read < n {
		err = io.ErrUnexpectedEOF
	}
	return b.Bytes(), unexpected(err)
}

// unexpected makes the end of the output within a message an error of its own.
func unexpected(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return &errNoMessage{"standard output ends within a message", true}
	}
	return err
}
