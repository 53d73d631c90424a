package python

import (
	"context"
	"strings"
	"testing"
	"time"
)

const leavesPy = `
import os, sys

def leaves_a_child(inputs, params):
    os.system("exec sleep 60 &")
    print("about to leave it", file=sys.stderr, flush=True)
    os._exit(7)
`

// TestWhatProcessesLeaveBehindIsNotWaitedFor has processes end while a child of theirs holds their standard error open.
func TestWhatProcessesLeaveBehindIsNotWaitedFor(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": leavesPy},
		python("worker", "leaves_a_child", ""),
		command("program", `sh, -c, "sleep 60 >/dev/null & cat"`, ""),
		command("fails", `sh, -c, "sleep 60 >/dev/null & echo about to leave it >&2; exit 7"`, ""))
	begin := time.Now()
	b.fails("worker", "ended with exit code 7", "about to leave it")
	b.fails("fails", "ended with exit code 7", "about to leave it")
	if b.must("program").Digest() != january().Digest() {
		t.Error("what goes in does not come out")
	}
	if took := time.Since(begin); took > 40*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestLastWords: the lines that a process wrote last are read, however many there are, though its group is killed.
func TestLastWords(t *testing.T) {
	b := newBench(t, nil, command("fails", `sh, -c, "sleep 60 >/dev/null & seq 1 5000 >&2; exit 7"`, ""))
	for i := range 10 {
		_, err := b.run(context.Background(), b.node("fails", nil), 0)
		if lines := len(b.lines["fails"]); err == nil || !strings.HasSuffix(err.Error(), " 5000") || lines != 5000*(i+1) {
			t.Fatalf("%d lines in the log, %v", lines, err)
		}
	}
}
