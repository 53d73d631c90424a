package python

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// TestMessagesOnTheWire holds the bytes that docs/nodes-in-other-languages.md promises to workers.
func TestMessagesOnTheWire(t *testing.T) {
	from := int64(1)
	q := &request{
		Call: 7, Node: "zscores", Function: &function{File: "/a/my_nodes.py", Name: "zscore", Source: "ab12"},
		Params: graph.Free{"halflife": int64(20), "alpha": 1.0, "list": []any{"x", nil, true}}, Key: []string{"time_index"},
		From: &from, End: 2, Memory: 1 << 20, Streams: []stream{{Name: "a", data: []byte("first")}, {Name: "b", data: []byte("2nd")}},
	}
	var b bytes.Buffer
	if err := writeRequest(&b, q); err != nil {
		t.Fatal(err)
	}
	header := `{"call":7,"node":"zscores","function":{"file":"/a/my_nodes.py","name":"zscore","source":"ab12"},` +
		`"params":{"alpha":1.0,"halflife":20,"list":["x",null,true]},"key":["time_index"],"from":1,"end":2,"memory":1048576,` +
		`"streams":[{"name":"a","bytes":5},{"name":"b","bytes":3}]}`
	if want := "tdl1\x00\x00\x01\r" + header + "first2nd"; b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
	q.From, q.Function = nil, nil
	b.Reset()
	if err := writeRequest(&b, q); err != nil || !strings.Contains(b.String(), `"from":null`) || strings.Contains(b.String(), "function") {
		t.Errorf("%q %v", b.String(), err)
	}
}

func message(header string, streams ...string) string {
	var b bytes.Buffer
	var all []stream
	for _, s := range streams {
		all = append(all, stream{data: []byte(s)})
	}
	writeMessage(&b, []byte(header), all)
	return b.String()
}

func TestReadResponse(t *testing.T) {
	good := message(`{"call": 3, "place": {"file": "x.py", "line": 4}, "streams": [{"name": "output", "bytes": 3}]}`, "abc") + message(`{"call": 4}`)
	r := strings.NewReader(good)
	p, err := readResponse(r)
	if err != nil || p.Call != 3 || p.Place != (place{"x.py", 4}) || string(p.Streams[0].data) != "abc" {
		t.Errorf("%+v %v", p, err)
	}
	if p, err = readResponse(r); err != nil || p.Call != 4 || len(p.Streams) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	if _, err = readResponse(r); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"print":            {"hello, this is a print", `standard output holds "hello, this is a print", which is no message`},
		"short":            {"tdl", `standard output ends with "tdl", which is no message`},
		"long header":      {"tdl1\xff\xff\xff\xff", "a message's header of 4294967295 bytes is too long"},
		"cut header":       {"tdl1\x00\x00\x00\x09{}", "standard output ends within a message"},
		"no JSON":          {message("nonsense"), "a message's header is not as it should be"},
		"cut stream":       {message(`{"streams": [{"name": "x", "bytes": 5}]}`, "abc"), "standard output ends within a message"},
		"huge cut stream":  {message(`{"streams": [{"name": "x", "bytes": 50000000000}]}`, "abc"), "standard output ends within a message"},
		"huger stream":     {message(`{"streams": [{"name": "x", "bytes": 5000000000000}]}`, "abc"), `the stream "x" cannot have 5000000000000 bytes`},
		"negative stream":  {message(`{"streams": [{"name": "x", "bytes": -1}]}`, "abc"), `the stream "x" cannot have -1 bytes`},
		"too many streams": {message(`{"streams": [` + strings.Repeat(`{"bytes": 0},`, 1000) + `{"bytes": 0}]}`), "a message has 1001 streams"},
	} {
		_, err := readResponse(strings.NewReader(c.text))
		var no *errNoMessage
		if !errors.As(err, &no) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzResponse feeds anything to the reader of messages: it must not panic, nor take more memory than it is given bytes.
func FuzzResponse(f *testing.F) {
	f.Add([]byte(message(`{"call": 1, "streams": [{"name": "output", "bytes": 3}]}`, "abc")))
	f.Add([]byte(message(`{"hello": {"protocol": 1, "pid": 5, "version": "x"}}`)))
	f.Add([]byte(message(`{"error": {"kind": "exception", "message": "m", "file": "f", "line": 3}}`)))
	f.Add([]byte("tdl1\x00\x00\x00\x02{}"))
	f.Add([]byte("print"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := readResponse(bytes.NewReader(text))
		if err != nil {
			return
		}
		if again, err := json.Marshal(p); err != nil || len(again) == 0 {
			t.Error(err)
		}
		if p.Error != nil {
			p.Error.error(1)
		}
	})
}

// FuzzDecode feeds anything to the reader of tables and what follows it: a frame in order, or an error.
func FuzzDecode(f *testing.F) {
	for _, in := range []*frame.Frame{january(), frame.Empty(frame.Long("x"))} {
		text, err := encode(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := decode(text)
		if err != nil {
			return
		}
		out, _, err := wanted{key: []string{"time_index", "unique_identifier"}, from: at(3), end: at(31), grid: january().Times()}.check(table)
		if err == nil && out.CheckOrder() != nil {
			t.Error("rows are out of order")
		}
	})
}

func TestFramesThereAndBack(t *testing.T) {
	want := january()
	text, err := encode(want.Slice(7, 40))
	if err != nil {
		t.Fatal(err)
	}
	table, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := wanted{key: want.Schema().KeyNames(), from: at(0), end: at(31), grid: want.Times()}.check(table)
	if err != nil || got.Digest() != want.Slice(7, 40).Digest() {
		t.Errorf("%v", err)
	}
}
