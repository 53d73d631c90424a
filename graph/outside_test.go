package graph_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// inside is a world outside of which nothing is: files and environments have the digests that it says.
type inside struct {
	files, environments map[string]string
	contents            map[string][]string // of environments
	asked               int
}

func (o *inside) Function(written string) (source, name string, err error) {
	o.asked++
	file, name, _ := strings.Cut(written, ":")
	if o.files[file] == "" {
		return "", "", errors.New("is in a file that is not there")
	}
	return o.files[file], name, nil
}

func (o *inside) Environment(name string) (string, []string, error) {
	if o.environments[name] == "" {
		return "", nil, hinted{errors.New("is not there")}
	}
	return o.environments[name], o.contents[name], nil
}

func (o *inside) Command(words []string) ([]string, error) {
	out := slices.Clone(words)
	out[0] = out[0][strings.LastIndex(out[0], "/")+1:]
	return out, nil
}

type hinted struct{ error }

func (hinted) Hint() string { return "make it" }

func newInside() *inside {
	return &inside{files: map[string]string{"a.py": "aa11", "copy.py": "aa11", "b.py": "bb22"}, environments: map[string]string{"one": "1111", "same": "1111", "two": "2222"}}
}

const outsidePrelude = `datalake_name: Test
datalake_start: 2022-08-01
datalake_end: 2024-09-01
database: files:data
parameters: {one: 1, file: a.py, real: 2.0}
target: a
nodes:
  prices: {kind: table, table: prices}
  volumes: {kind: table, table: volumes}
`

func outside(t *testing.T, o *inside, nodes string) (*graph.Pipeline, error) {
	t.Helper()
	c, err := config.Parse("x.yaml", []byte(outsidePrelude+nodes), nil)
	if err != nil {
		t.Fatal(err)
	}
	return graph.New(c, graph.WithOutside(func(*config.Config) graph.Outside { return o }))
}

// pythonNode is a body with what must be there.
func pythonNode(more string) string {
	return "{kind: python, function: 'a.py:f', environment: one, inputs: {p: prices}, lookback: 3, params: {x: 1, y: [1.5, z]}" + more + "}"
}

// TestGoldenOutside holds identities, specs and table hashes of nodes in other languages.
func TestGoldenOutside(t *testing.T) {
	p, err := outside(t, newInside(), "  a: "+pythonNode("")+"\n"+
		"  b: {kind: python, function: '${file}:g', environment: two, inputs: {p: prices, v: volumes}, lookback: 0, key: [time_index], timeout: 90s, memory: 1.5GiB, ignore_local_kwargs: packages}\n"+
		"  c: {kind: command, command: [./bin/tool, '', -n, 5, '${real}', -n], inputs: {p: a}, lookback: 1, protocol: calls, params: {deep: {list: [[], {}, null, true]}, real: '${real}', empty: {}}}\n"+
		"  d: {kind: returns, input: a, column: x}\n")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range p.Names() {
		n := one(t, p, name, nil)
		fmt.Fprintf(&b, "%s %s %x\n  table %s\n  environment %q\n  %s\n", name, n.ID(), n.Hash, n.TableID(), n.Environment(), graph.Spec(n))
	}
	fmt.Fprintf(&b, "sweep by one %x\nsweep by file %x\n", graph.SweepHash(p, []string{"one"}), graph.SweepHash(p, []string{"file"}))
	golden(t, "testdata/outside.txt", b.String())
	n := one(t, p, "b", nil)
	if n.Params.Duration("timeout").Elapsed() != 90e6 || n.Params.Value("memory") != int64(3<<29) {
		t.Errorf("timeout %v, memory %v", n.Params.Value("timeout"), n.Params.Value("memory"))
	}
}

func TestOutsideCountsByWhatIsInside(t *testing.T) {
	base := pythonNode("")
	for _, c := range []struct {
		other string
		same  bool
	}{
		{strings.Replace(base, "a.py", "copy.py", 1), true},
		{strings.Replace(base, "a.py", "b.py", 1), false},
		{strings.Replace(base, ":f", ":g", 1), false},
		{strings.Replace(base, "one", "same", 1), true},
		{strings.Replace(base, "one", "two", 1), false},
		{strings.Replace(base, "x: 1,", "x: '${one}',", 1), true},
		{strings.Replace(base, "x: 1,", "x: 1.0,", 1), false},
		{strings.Replace(base, "{x: 1, y: [1.5, z]}", "{y: [1.5, z], x: 1}", 1), true},
		{strings.Replace(base, "lookback: 3", "lookback: 4", 1), false},
		{strings.Replace(base, "p: prices", "p: volumes", 1), false},
		{strings.Replace(base, "p: prices", "q: prices", 1), false},
		{pythonNode(", timeout: 5m, memory: 4GiB"), true},
		{pythonNode(", key: [time_index]"), false},
	} {
		p, err := outside(t, newInside(), "  a: "+base+"\n  b: "+c.other+"\n")
		if err != nil {
			t.Fatal(err)
		}
		a, b := one(t, p, "a", nil), one(t, p, "b", nil)
		if (a == b) != c.same {
			t.Errorf("%s\nis the same: %v", c.other, !c.same)
		}
		if said := graph.Difference(a, b); c.same != (said == "the same node") || strings.Contains(said, "encoding") {
			t.Errorf("%s: %s", c.other, said)
		}
		if changes := graph.Changes(b, graph.Spec(a)); c.same != (len(changes) == 0) && !strings.Contains(c.other, ":g") && !strings.Contains(c.other, "q:") {
			t.Errorf("%s: %q", c.other, changes)
		}
	}
}

func TestChanges(t *testing.T) {
	o := newInside()
	before, err := outside(t, o, "  a: "+pythonNode("")+"\n")
	if err != nil {
		t.Fatal(err)
	}
	o.files["a.py"], o.environments["one"] = strings.Repeat("c", 64), strings.Repeat("d", 64)
	after, err := outside(t, o, "  a: "+strings.Replace(pythonNode(", key: [time_index]"), "x: 1", "w: 2", 1)+"\n")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(graph.Changes(one(t, after, "a", nil), graph.Spec(one(t, before, "a", nil))), "\n")
	want := `params.w is not given there and 2 here
params.x is 1 there and not given here
key is not given there and ["time_index"] here
the SHA-256 of the function's file is "aa11" there and cccccccccccc here
the SHA-256 of the environment's packages is "1111" there and dddddddddddd here`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	// As PostgreSQL gives it back.
	same, err := outside(t, o, "  a: "+strings.Replace(pythonNode(", key: [time_index, etf]"), "x: 1", "w: [1, 1.0, 1e-5], v: {b: 1, aa: 2.50}", 1)+"\n")
	if err != nil {
		t.Fatal(err)
	}
	spec := string(graph.Spec(one(t, same, "a", nil)))
	for _, r := range [][2]string{{"[1,1.0,1e-05]", "[1, 1.0, 0.00001]"}, {`{"aa":2.5,"b":1}`, `{"b": 1, "aa": 2.50}`}, {`["time_index","etf"]`, `["time_index", "etf"]`}} {
		if !strings.Contains(spec, r[0]) {
			t.Fatalf("%s is not in %s", r[0], spec)
		}
		spec = strings.Replace(spec, r[0], r[1], 1)
	}
	if c := graph.Changes(one(t, same, "a", nil), []byte(spec)); c != nil {
		t.Errorf("nothing has changed but how it is written: %v", c)
	}
	if graph.Changes(one(t, after, "prices", nil), graph.Spec(one(t, before, "a", nil))) != nil {
		t.Error("two kinds are compared")
	}
}

// TestWhatDiffers: of two long values the place where they differ is shown, of two environments the packages.
func TestWhatDiffers(t *testing.T) {
	o := newInside()
	o.contents = map[string][]string{"one": {"python 3.11", "numpy==2.1.0", "pandas==2.2.0"}, "two": {"python 3.12", "numpy==2.1.0", "polars==1.0", "pandas==2.3.0"}}
	long := "select time_index, unique_identifier, avg(close) over (order by time_index rows between 20 preceding and current row) as "
	p, err := outside(t, o, "  a: "+pythonNode("")+"\n  b: "+strings.Replace(pythonNode(""), "one", "two", 1)+"\n"+
		"  c: {kind: sql, lookback: 20, inputs: {p: prices}, query: '"+long+"mean from p'}\n"+
		"  d: {kind: sql, lookback: 20, inputs: {p: prices}, query: '"+long+"average from p where close > 0 and unique_identifier is not null'}\n")
	if err != nil {
		t.Fatal(err)
	}
	a, b, c, d := one(t, p, "a", nil), one(t, p, "b", nil), one(t, p, "c", nil), one(t, p, "d", nil)
	equal := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	equal(strings.Join(graph.Changes(b, graph.Spec(a)), "\n"), `the environment's pandas is 2.2.0 there and 2.3.0 here
the environment's polars is missing there and 1.0 here
the environment's python is 3.11 there and 3.12 here`)
	equal(graph.Difference(a, b), "the environment's pandas is 2.2.0 in "+a.ID()+" and 2.3.0 in "+b.ID())
	equal(graph.Difference(c, d), `query is …and current row) as mean from p" in `+c.ID()+` and …and current row) as average from p where close > 0 and uniqu… in `+d.ID())
	equal(strings.Join(graph.Changes(d, graph.Spec(c)), "\n"), `query is …and current row) as mean from p" there and …and current row) as average from p where close > 0 and uniqu… here`)
	o.contents["two"] = nil
	old, err := outside(t, o, "  b: "+strings.Replace(pythonNode(""), "one", "two", 1)+"\n  a: {kind: lag, input: prices}\n")
	if err != nil {
		t.Fatal(err)
	}
	equal(strings.Join(graph.Changes(a, graph.Spec(one(t, old, "b", nil))), "\n"), `the SHA-256 of the environment's packages is "2222" there and "1111" here`)
}

func TestFaultsOutside(t *testing.T) {
	_, err := outside(t, newInside(), "  a: "+strings.Replace(pythonNode(""), "a.py", "lost.py", 1)+"\n  b: "+strings.Replace(pythonNode(""), "one", "lost", 1)+"\n")
	for _, want := range []string{
		"x.yaml:10:31: function of the node a is in a file that is not there",
		"x.yaml:11:54: environment of the node b is not there", "hint: make it",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	c, err := config.Parse("x.yaml", []byte(outsidePrelude+"  a: "+pythonNode("")+"\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := graph.New(c); err == nil || !strings.Contains(err.Error(), "nodes of kind python cannot be identified here") {
		t.Errorf("without an Outside: %v", err)
	}
}

// TestOutsideCostsNothing: a pipeline without such nodes never asks.
func TestOutsideCostsNothing(t *testing.T) {
	o := newInside()
	p, err := outside(t, o, "  a: {kind: lag, input: prices}\n")
	if err != nil {
		t.Fatal(err)
	}
	one(t, p, "a", nil)
	if o.asked != 0 {
		t.Errorf("asked %d times", o.asked)
	}
}

// TestSweepHashOutside: an edit of a function makes another sweep, also where the target varies; timeouts do not.
func TestSweepHashOutside(t *testing.T) {
	hash := func(o *inside, more string) graph.Hash {
		t.Helper()
		p, err := outside(t, o, "  a: {kind: python, function: 'a.py:f', environment: one, inputs: {p: prices}, lookback: 3, params: {x: '${one}'}"+more+"}\n")
		if err != nil {
			t.Fatal(err)
		}
		return graph.SweepHash(p, []string{"one"})
	}
	edited, moved := newInside(), newInside()
	edited.files["a.py"] = "ee"
	moved.environments["one"] = "9999"
	base := hash(newInside(), "")
	if hash(edited, "") == base || hash(moved, "") == base || hash(newInside(), ", timeout: 5s") != base {
		t.Error("the sweep's identity does not follow the function's")
	}
}

func TestASchedulerOfAnotherEnvironment(t *testing.T) {
	for names, want := range map[string]string{
		"other, environment: two": "tdlake.yaml:12:84: the scheduler other is of the environment one, and the node a needs two",
		"other, environment: one": "",
		"any, environment: two":   "",
	} {
		text := strings.Replace(outsidePrelude, "nodes:", "environments: {one: {python: a}, two: {python: b}}\nschedulers: {other: {environment: one}, any: {}}\nnodes:", 1) +
			"  a: {kind: python, function: a.py:f, inputs: {p: prices}, lookback: 0, scheduler: " + names + "}\n"
		c, err := config.Parse("tdlake.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = graph.New(c, graph.WithOutside(func(*config.Config) graph.Outside { return newInside() }))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", names, err)
		}
	}
}
