package python

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

func TestFunction(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("double", "double", ""))
	f, err := b.run(context.Background(), b.node("double", nil), 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := frame.Long("double"); !f.Schema().Equal(want) {
		t.Errorf("columns %s", f.Schema())
	}
	if f.Rows() != 2*28 || f.Times()[0] != at(3) {
		t.Errorf("%d rows: those of the lookback must be gone", f.Rows())
	}
	got := floats(t, f, "double")[:6]
	for i, want := range []float64{26, 46, 28, 48, nan, 50} {
		if got[i] != want && !(math.IsNaN(want) && math.IsNaN(got[i])) {
			t.Errorf("row %d: %v, not %v", i, got[i], want)
		}
	}
}

func TestOneWorkerServesManyCalls(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("pid", "pid", ", params: {n: '${n}'}"), python("exception", "exception", ""))
	pids := map[int64]bool{}
	for i := range 12 {
		if i == 6 {
			b.fails("exception", "no good") // an exception costs no worker
		}
		f, err := b.run(context.Background(), b.node("pid", graph.Binding{"n": int64(i)}), 0)
		if err != nil {
			t.Fatal(err)
		}
		pids[f.Named("pid").(*array.Int64).Value(0)] = true
		if calls := f.Named("calls").(*array.Int64).Value(0); calls != int64(i+1) {
			t.Errorf("call %d says it is call %d: the module was loaded anew", i+1, calls)
		}
	}
	if len(pids) != 1 {
		t.Errorf("%d workers: %v", len(pids), pids)
	}
	pid := int(slices.Collect(keys(pids))[0])
	b.pool.Close()
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("worker %d is still there after the end: %v", pid, err)
	}
}

func keys[K comparable, V any](m map[K]V) func(yield func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestParams(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy},
		python("p", "show_params", ", params: {a: 1, b: 1.0, c: 1e-5, d: [1, x, true], e: '${n}', f: \"n is ${n}\", g: {h: [é]}, i: null}"))
	got := b.must("p").Named("params").(*array.String).Value(0)
	want := "{'a': 1, 'b': 1.0, 'c': 1e-05, 'd': [1, 'x', True], 'e': 3, 'f': 'n is 3', 'g': {'h': ['é']}, 'i': None}"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestPrintingDoesNoHarm(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("noisy", "noisy", ""), python("again", "noisy", ", params: {x: 1}"))
	b.must("noisy")
	b.must("again")
	for _, node := range []string{"noisy", "again"} {
		log := strings.Join(b.lines[node], "\n")
		for _, want := range []string{"printed to stdout", "without an end", "written to 1", "from a child", "printed to stderr"} {
			if strings.Count(log, want) != 1 {
				t.Errorf("%s: %q is not once in the node's log:\n%s", node, want, log)
			}
		}
	}
}

func TestFaultsOfFunctions(t *testing.T) {
	var nodes []string
	cases := []struct {
		function, more string
		parts          []string
	}{
		{"exception", "", []string{"nodes.py:45: ValueError: no good", "ZeroDivisionError: division by zero", "in helper", "in exception", "The above exception was the direct cause"}},
		{"in_library", "", []string{"nodes.py:49: ", "in in_library"}},
		{"leaves", "", []string{"nodes.py: the process ended with exit code 7", "about to leave"}},
		{"exits", "", []string{"nodes.py:59: the function ended the interpreter (SystemExit: enough)"}},
		{"segfault", "", []string{"nodes.py:64: the process was killed by a signal: SIGSEGV"}},
		{"sleeps", ", timeout: 3s", []string{"nodes.py:68: took longer than its timeout of 3s", "hint: raise the node's timeout"}},
		{"spins", ", timeout: 3s", []string{"nodes.py:7", "took longer than its timeout of 3s"}},
		{"eats", ", memory: 300MiB", []string{"nodes.py:77: out of memory: the call took more than its limit of 300 MiB (MemoryError)", "raise the node's memory"}},
		{"eats_arrow", ", memory: 300MiB", []string{"nodes.py:81: out of memory: the call took more than its limit of 300 MiB (ArrowMemoryError"}},
		{"nothing", "", []string{"nodes.py:84: nothing returned builtins.NoneType, not a pyarrow.Table"}},
		{"a_list", "", []string{"nodes.py:88: a_list returned builtins.list"}},
		{"no_key", "", []string{`nodes.py:92: there is no column "unique_identifier" of the key; columns: time_index, close`, "hint: the key of the node is time_index, unique_identifier"}},
		{"text_time", "", []string{"nodes.py:96: the column time_index is string, not a timestamp"}},
		{"nested", "", []string{`nodes.py:101: column "x": a lake holds no list`}},
		{"missing_key", "", []string{"nodes.py:106: the column unique_identifier of the key has missing values"}},
		{"unsorted", "", []string{"nodes.py:111: rows are not in the order of the key", "2024-01-31T00:00:00Z", "hint: sort by time_index, unique_identifier"}},
		{"twice", "", []string{"nodes.py:115: two rows have the key time_index = 2024-01-31T00:00:00Z, unique_identifier = B"}},
		{"future", "", []string{"nodes.py:120: a row is at 2024-02-01T00:00:00Z, outside the range asked for, which ends before 2024-02-01"}},
		{"off_grid", "", []string{"nodes.py:125: a row is at 2024-01-04T00:00:00.000001Z, where the first input has none"}},
		{"two_columns", "", []string{`nodes.py:130: two columns are named "x"`}},
		{"absent", "", []string{"nodes.py: there is no function absent", "hint: it has: double, pid"}},
	}
	for _, c := range cases {
		nodes = append(nodes, python(c.function, c.function, c.more))
	}
	nodes = append(nodes, python("double", "double", ", params: {again: true}"))
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, nodes...)
	for _, c := range cases {
		b.fails(c.function, c.parts...)
		if c.function == "spins" || c.function == "eats_arrow" {
			b.must("double") // the next call is served as if nothing had happened
		}
	}
}

// TestFilesBesideTheConfigShadowNothing: the worker's own imports, and a function's, are the environment's.
func TestFilesBesideTheConfigShadowNothing(t *testing.T) {
	bad := "raise SystemExit('shadowed')\n"
	b := newBench(t, map[string]string{"nodes.py": nodesPy, "json.py": bad, "struct.py": bad, "pyarrow.py": bad, "numpy.py": bad, "site.py": bad, "ctypes.py": bad},
		python("double", "double", ""), python("here", "here", ""))
	b.must("double")
	if f := b.must("here"); f.Named("cwd").(*array.String).Value(0) != b.dir {
		t.Errorf("functions run in %s", f.Named("cwd").(*array.String).Value(0))
	}
}

func TestFilesThatCannotBeLoaded(t *testing.T) {
	node := func(name string) string {
		return fmt.Sprintf("%s: {kind: python, function: %s.py:f, environment: other, inputs: {prices: prices}, lookback: 0}", name, name)
	}
	b := newBench(t, map[string]string{
		"syntax.py": "x = 1\ndef f(inputs params):\n    pass\n",
		"raises.py": "\n\nraise RuntimeError('at import')\n",
		"module.py": "import numpy_not_there\n",
		"beside.py": "import raises\ndef f(inputs, params): pass\n",
		"edited.py": "def f(inputs, params): return inputs['prices']\n",
	}, node("syntax"), node("raises"), node("module"), node("beside"), node("edited"))
	b.fails("syntax", "syntax.py:2: SyntaxError")
	b.fails("raises", "raises.py:3: RuntimeError: at import")
	b.fails("module", "module.py:1: ModuleNotFoundError: No module named 'numpy_not_there'", "hint: add it to the environment")
	b.fails("beside", "beside.py:1: ModuleNotFoundError: No module named 'raises'", "no part of the node's identity")
	write(t, b.dir+"/edited.py", "def f(inputs, params): return 1\n")
	b.fails("edited", "edited.py: was changed while the command ran", "hint: start the command again")
}

func TestWhatComesBackIsMadeCanonical(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("infinite", "infinite", ""), python("other_types", "other_types", ""), python("huge", "huge", ""), python("closes_stderr", "closes_stderr", ""))
	x := b.must("infinite").Named("x")
	if x.NullN() != 4 || len(b.warns) != 1 || !strings.Contains(b.warns[0], "node infinite: nodes.py:135: 2 infinite values were made missing") {
		t.Errorf("%d missing, warnings %q", x.NullN(), b.warns)
	}
	f := b.must("other_types")
	want := "time_index timestamp, unique_identifier string, small float, byte int, flag bool, big string, nothing float, day date, long_day date, seconds timestamp"
	if f.Schema().String() != want || f.Named("nothing").NullN() != f.Rows() {
		t.Errorf("columns %s", f.Schema())
	}
	if got := f.Named("unique_identifier").(*array.String).Value(1); got != "B" {
		t.Errorf("a dictionary's word is %q", got)
	}
	if text := b.must("huge").Named("text").(*array.String); text.Len() != 62 || len(text.Value(61)) != 2_000_000 {
		t.Error("a huge output lost something")
	}
	b.must("closes_stderr")
	b.must("infinite")
}

func TestEnvironmentsAreIsolated(t *testing.T) {
	in := func(env string) string {
		return fmt.Sprintf("in_%s: {kind: python, function: nodes.py:version, environment: %s, inputs: {prices: prices}, lookback: 0}", env, env)
	}
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, in("learn"), in("other"))
	for range 2 { // one process may be there at a time: they take turns
		for env, want := range map[string]string{"learn": "21.0.0 1.7.2", "other": "18.1.0 none"} {
			if got := b.must("in_" + env).Named("version").(*array.String).Value(0); got != want {
				t.Errorf("%s has %s, not %s", env, got, want)
			}
		}
	}
	if b.node("in_learn", nil).Hash == b.node("in_other", nil).Hash {
		t.Error("two environments are one identity")
	}
}

func TestCancelling(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("sleeps", "sleeps", ""), python("double", "double", ""))
	b.must("double")
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(200*time.Millisecond, cancel)
	begin := time.Now()
	if _, err := b.run(ctx, b.node("sleeps", nil), 0); err != context.Canceled {
		t.Errorf("%v", err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("cancelled after %s", took)
	}
	b.must("double")
}

func TestManyAtOnce(t *testing.T) {
	b := newBench(t, map[string]string{"nodes.py": nodesPy}, python("pid", "pid", ", params: {n: '${n}'}"))
	pool := NewPool(b.environments, Options{Jobs: 3})
	defer pool.Close()
	n, in := b.node("pid", nil), []*frame.Frame{january()}
	results := make(chan any, 30)
	for range 30 {
		go func() {
			f, err := pool.Compute(context.Background(), n, in, at(0), at(31), nil)
			if err != nil {
				results <- err
				return
			}
			results <- f.Named("pid").(*array.Int64).Value(0)
		}()
	}
	pids := map[any]bool{}
	for range 30 {
		r := <-results
		if err, failed := r.(error); failed {
			t.Fatal(err)
		}
		pids[r] = true
	}
	if len(pids) > 3 {
		t.Errorf("%d workers where there may be 3", len(pids))
	}
}
