package python

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pythontest"
)

// plainPy is a program that reads two streams and writes one.
const plainPy = `
import json, os, sys
import pyarrow as pa
first = pa.ipc.open_stream(sys.stdin.buffer).read_all()
second = pa.ipc.open_stream(sys.stdin.buffer).read_all()
print("read", len(first), len(second), file=sys.stderr)
if "--fail" in sys.argv:
    sys.exit("no luck today")
words = ["TDLAKE_NODE", "TDLAKE_PARAMS", "TDLAKE_KEY", "TDLAKE_INPUTS", "TDLAKE_FROM", "TDLAKE_END"]
said = " ".join(os.environ[w] for w in words) + " " + " ".join(sys.argv[1:])
out = first.append_column("said", pa.array([said] * len(first)))
with pa.ipc.new_stream(sys.stdout.buffer, out.schema) as w:
    w.write_table(out)
`

// callsPy is a worker as the docs describe it, in a few lines.
const callsPy = `
import json, os, struct, sys
import pyarrow as pa
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer

def send(header, data=b""):
    text = json.dumps(header).encode()
    stdout.write(b"tdl1" + struct.pack(">I", len(text)) + text + data)
    stdout.flush()

send({"hello": {"protocol": 1, "pid": os.getpid(), "version": "callsPy"}})
while True:
    head = stdin.read(8)
    if len(head) < 8:
        break
    request = json.loads(stdin.read(struct.unpack(">I", head[4:])[0]))
    tables = [pa.ipc.open_stream(stdin.read(s["bytes"])).read_all() for s in request["streams"]]
    mode = request["params"].get("mode", "")
    if mode == "error":
        send({"call": request["call"], "error": {"kind": "mine", "message": "cannot", "hint": "try", "file": "calls.py", "line": 3}})
        continue
    if mode == "junk":
        print("debugging", flush=True)
    if mode == "wrong":
        request["call"] += 1
    out = tables[0].append_column("pid", pa.array([os.getpid()] * len(tables[0])))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, out.schema) as w:
        w.write_table(out)
    data = sink.getvalue().to_pybytes()
    send({"call": request["call"], "streams": [{"name": "output", "bytes": len(data)}]}, data)
`

func command(name, words, more string) string {
	return fmt.Sprintf("%s: {kind: command, command: [%s], inputs: {prices: prices}, lookback: 0%s}", name, words, more)
}

func TestPlainPrograms(t *testing.T) {
	py := pythontest.Python(t, pythontest.Learn)
	two := strings.NewReplacer("{prices: prices}", "{prices: prices, volumes: volumes}")
	b := newBench(t, map[string]string{"plain.py": plainPy, "link.sh": "#!/bin/sh\nexec cat\n"},
		command("same", "cat", ""),
		command("script", "./link.sh", ""),
		two.Replace(command("plain", py+", plain.py, --fast, 5", ", params: {a: 1.0}")),
		two.Replace(command("fail", py+", plain.py, --fail", "")),
		command("silent", "'true'", ""), command("false", "'false'", ""),
		command("text", "echo, hello", ""),
		command("lost", "no-such-program-here", ""),
		command("sleeps", "sleep, 60", ", timeout: 200ms"),
		command("hungry", "sh, -c, 'x=$(head -c 400000000 /dev/zero | tr \"\\\\0\" x); echo done'", ", memory: 100MiB"),
		command("killed", "sh, -c, 'kill -TERM $$'", ""),
	)
	for _, name := range []string{"same", "script"} {
		if b.must(name).Digest() != january().Digest() {
			t.Errorf("%s: what goes in does not come out", name)
		}
	}
	said := b.must("plain").Named("said").(*array.String).Value(0)
	if want := `plain {"a":1.0} time_index,unique_identifier prices,volumes 2024-01-01T00:00:00Z 2024-02-01T00:00:00Z --fast 5`; said != want {
		t.Errorf("%q\nwant\n%q", said, want)
	}
	if log := strings.Join(b.lines["plain"], "\n"); !strings.Contains(log, "read 62 62") {
		t.Errorf("log %q", log)
	}
	b.fails("fail", "ended with exit code 1", "no luck today")
	b.fails("silent", "the output is no Arrow IPC stream")
	b.fails("false", "false ended with exit code 1")
	b.fails("text", "the output is no Arrow IPC stream")
	b.fails("lost", "no-such-program-here cannot be started")
	b.fails("sleeps", "sleep took longer than its timeout of 200ms", "hint: raise the node's timeout")
	b.fails("hungry", "hint: the node has a memory limit of 100 MiB")
	b.fails("killed", "sh was killed by a signal: SIGTERM")
}

func TestProgramsThatStayAlive(t *testing.T) {
	py := pythontest.Python(t, pythontest.Learn)
	calls := func(name, mode string) string {
		return command(name, py+", calls.py", ", protocol: calls, params: {mode: "+mode+", n: '${n}'}")
	}
	b := newBench(t, map[string]string{"calls.py": callsPy}, calls("good", "good"), calls("error", "error"), calls("junk", "junk"), calls("wrong", "wrong"),
		command("cat", "cat", ", protocol: calls, timeout: 1s"), command("text", "echo, hello", ", protocol: calls"))
	pids := map[int64]bool{}
	for i := range 5 {
		f, err := b.run(context.Background(), b.node("good", graph.Binding{"n": int64(i)}), 0)
		if err != nil {
			t.Fatal(err)
		}
		pids[f.Named("pid").(*array.Int64).Value(0)] = true
		b.fails("error", "calls.py:3: cannot\nhint: try")
	}
	if len(pids) != 1 {
		t.Errorf("%d processes for one program", len(pids))
	}
	b.fails("junk", `standard output holds "debugging`, "which is no message")
	b.fails("wrong", "answered call")
	b.fails("text", `"hello\n", which is no message`)
}

// TestTheDocsWorkerWorks runs the worker that ends docs/nodes-in-other-languages.md.
func TestTheDocsWorkerWorks(t *testing.T) {
	page, err := os.ReadFile("../../docs/nodes-in-other-languages.md")
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(string(page), "This is a complete worker in Python:\n\n```python\n")
	script, _, ok := strings.Cut(script, "```")
	if !ok {
		t.Fatal("the page has no worker")
	}
	b := newBench(t, map[string]string{"worker.py": script}, command("docs", pythontest.Python(t, pythontest.Learn)+", worker.py", ", protocol: calls"))
	for range 2 {
		if b.must("docs").Digest() != january().Digest() {
			t.Error("what goes in does not come out")
		}
	}
}
