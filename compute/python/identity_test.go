package python

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/pythontest"
)

// load loads the bench's config anew, as another run of the program would.
func (b *bench) again() *graph.Pipeline {
	b.t.Helper()
	_, p, err := graph.Load(filepath.Join(b.dir, "tdlake.yaml"), nil, graph.WithOutside(func(c *config.Config) graph.Outside {
		return environmentsOf(b.t, c, Settings{Root: filepath.Join(b.dir, "root")})
	}))
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) hash(name string) string {
	b.t.Helper()
	nodes, err := b.again().Nodes(name, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return nodes[0].ID()
}

func TestIdentityFollowsWhatIsInside(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy, "tool.sh": "#!/bin/sh\ncat\n"},
		python("f", "double", ", params: {a: 1}"), python("slow", "double", ", params: {a: 1}, timeout: 1h, memory: 2GiB"),
		python("other", "pid", ", params: {a: 1}"), python("real", "double", ", params: {a: 1.0}"),
		command("tool", "./tool.sh, -x", ""), command("cat", "cat, -x", ""), command("bin", "/bin/cat, -x", ""))
	f, tool := b.hash("f"), b.hash("tool")
	for name, same := range map[string]bool{"slow": true, "other": false, "real": false} {
		if (b.hash(name) == f) != same {
			t.Errorf("%s: the same node: %v", name, !same)
		}
	}
	if b.hash("cat") != b.hash("bin") {
		t.Error("the place of a program counts")
	}
	old, err := b.pipeline.Nodes("f", nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(b.dir, "nodes.py"), nodesPy+"\n# edited\n")
	write(t, filepath.Join(b.dir, "tool.sh"), "#!/bin/sh\nexec cat\n")
	if b.hash("f") == f || b.hash("tool") == tool {
		t.Error("an edit makes no other node")
	}
	now, err := b.again().Nodes("f", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := graph.Difference(old[0], now[0]); !strings.HasPrefix(d, "the SHA-256 of the function's file is ") {
		t.Error(d)
	}
	changes := graph.Changes(now[0], graph.Spec(old[0]))
	if len(changes) != 1 || !strings.HasPrefix(changes[0], "the SHA-256 of the function's file is ") {
		t.Error(changes)
	}
	write(t, filepath.Join(b.dir, "nodes.py"), nodesPy)
	if b.hash("f") != f {
		t.Error("taking an edit back makes another node")
	}
	moved := newBench(t, map[string]string{"nodes.py": nodesPy, "tool.sh": "#!/bin/sh\ncat\n"}, python("f", "double", ", params: {a: 1}"), command("tool", "./tool.sh, -x", ""))
	if moved.hash("f") != f || moved.hash("tool") != tool {
		t.Error("the config's folder counts")
	}
}

func TestFaultsOfIdentities(t *testing.T) {
	text := `datalake_name: test
datalake_start: 2024-01-01
datalake_end: 2024-02-01
database: files:.
environments: {lost: {python: ./no/python}, text: {python: ./text.sh}, here: {python: ` + pythontest.Python(t, pythontest.Other) + `}}
nodes:
  p: {kind: table, table: prices}
  a: {kind: python, function: nodes.py, environment: here, inputs: {p: p}, lookback: 0}
  b: {kind: python, function: "nodes.py:1", environment: here, inputs: {p: p}, lookback: 0}
  c: {kind: python, function: "lost.py:f", environment: here, inputs: {p: p}, lookback: 0}
  d: {kind: python, function: "nodes.py:f", environment: hear, inputs: {p: p}, lookback: 0}
  e: {kind: python, function: "nodes.py:f", environment: lost, inputs: {p: p}, lookback: 0}
  f: {kind: python, function: "nodes.py:f", environment: text, inputs: {p: p}, lookback: 0}
  g: {kind: command, command: [./lost], inputs: {p: p}, lookback: 0}
  h: {kind: command, command: [], inputs: {p: p}, lookback: 0}
  i: {kind: command, command: [cat], inputs: {p: p}, lookback: 0, memory: lots, timeout: soon, params: [1]}
target: p
`
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tdlake.yaml"), text)
	write(t, filepath.Join(dir, "nodes.py"), "")
	write(t, filepath.Join(dir, "text.sh"), "#!/bin/sh\necho hello\n")
	_, _, err := graph.Load(filepath.Join(dir, "tdlake.yaml"), nil, graph.WithOutside(func(c *config.Config) graph.Outside {
		return environmentsOf(t, c, Settings{Root: filepath.Join(dir, "root")})
	}))
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		`:8:31: function of the node a must be FILE.py:NAME, not "nodes.py"`,
		`:9:31: function of the node b must name a function behind the colon, not "1"`,
		`:10:31: function of the node c is in lost.py, which cannot be read: no such file or directory`,
		`:11:58: environment of the node d is "hear", which is no environment`, "hint: known: lost, text, here",
		`:12:58: environment of the node e is lost, which cannot be identified: ` + dir + "/no/python is no program: no such file or directory",
		`:13:58: environment of the node f is text, which cannot be identified: ` + dir + `/text.sh is no Python: it printed "hello\n"`,
		`:14:31: command of the node g names the program ./lost, which cannot be read: no such file or directory`,
		`:15:31: command of the node h names no program`,
		`memory of the node i must be a size such as 512MiB or 2GiB, at least 1MiB, not the text "lots"`,
		`timeout of the node i must be a duration`, `params of the node i must be a mapping, not a list`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

// TestProbesAreRemembered asks an interpreter once, and again when its packages change.
func TestProbesAreRemembered(t *testing.T) {
	real := pythontest.Python(t, pythontest.Other)
	dir := t.TempDir()
	packages := filepath.Join(dir, "site-packages")
	for _, d := range []string{packages, filepath.Join(packages, "mine-1.0.dist-info")} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	describe := func() described {
		t.Helper()
		e := NewEnvironments(t.Context(), []Environment{{Name: "e", Python: real}}, Settings{Dir: dir, Root: filepath.Join(dir, "root")})
		e.mu.Lock()
		defer e.mu.Unlock()
		d, err := e.describe(t.Context(), e.known[0])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := describe()
	if strings.Join(d.Packages, " ") != "pyarrow==18.1.0" || !strings.HasPrefix(d.Python, "3.") {
		t.Errorf("%+v", d)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "root", "probes", "*.json"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	p, ok := readProbe(files[0])
	if !ok || len(p.Watch) < 3 {
		t.Fatalf("%+v %v", p, ok)
	}
	p.Packages = []string{"remembered==1"}
	p.Watch = append(p.Watch, packages)
	p.Seen = seen(p.Watch)
	writeProbe(files[0], p)
	if d := describe(); d.Packages[0] != "remembered==1" {
		t.Error("the interpreter was asked again")
	}
	if err := os.Mkdir(filepath.Join(packages, "new-2.0.dist-info"), 0o777); err != nil {
		t.Fatal(err)
	}
	if d := describe(); d.Packages[0] != "pyarrow==18.1.0" {
		t.Error("a new package goes unseen")
	}
}
