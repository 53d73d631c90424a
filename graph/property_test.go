package graph_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"pgregory.net/rapid"
)

// bodies is the design's pipeline, a node a line, every key apart: NAME| key| key..
const bodies = `prices| kind: table| table: prices| columns: [adj_close]
holdings| kind: table| table: holdings| key: [time_index, etf, unique_identifier]| columns: [etf, weight_pct]
interpolated| kind: interpolate| input: <prices>| method: previous
returns| kind: returns| input: <interpolated>| column: adj_close| method: simple
longs| kind: lasso| input: <returns>| foreach: {in_window: "${long}"}| ticker_to_replicate: XLF| universe: {node: <holdings>, where: "etf = 'XLF'"}| lasso_alpha: ${alpha}
shorts| kind: lasso| input: <returns>| foreach: {in_window: "${short}"}| ticker_to_replicate: XLE| universe: {node: <holdings>, where: "etf = 'XLE'"}| lasso_alpha: ${alpha}
portfolio| kind: long_short_portfolio| returns: <returns>| long: <longs>| short: <shorts>`

// write makes a config of the bodies: nodes and keys in a drawn order, nodes renamed, comments and blank lines between.
func write(t *rapid.T) (text, target string) {
	lines := rapid.Permutation(strings.Split(bodies, "\n")).Draw(t, "nodes")
	suffix := rapid.StringMatching(`[a-z]{0,6}`).Draw(t, "suffix")
	parameters := rapid.Permutation([]string{"alpha: 1e-5", "long: [60]", "short: [100, 200]", "unused: 5"}).Draw(t, "parameters")
	var b strings.Builder
	b.WriteString("datalake_name: x\ndatalake_start: 2022-08-01\ndatalake_end: 2024-09-01\ndatabase: files:data\nparameters: {" + strings.Join(parameters, ", ") + "}\nnodes:\n")
	for _, line := range lines {
		parts := strings.Split(line, "| ")
		fmt.Fprintf(&b, "  %s%s:\n", parts[0], suffix)
		for _, key := range rapid.Permutation(parts[1:]).Draw(t, "keys") {
			if rapid.Bool().Draw(t, "comment") {
				b.WriteString("    # a comment\n\n")
			}
			key = strings.NewReplacer("<", "", ">", suffix).Replace(key)
			fmt.Fprintf(&b, "    %s\n", key)
		}
		if rapid.Bool().Draw(t, "store") {
			b.WriteString("    store: true\n")
		}
	}
	b.WriteString("target: portfolio" + suffix + "\n")
	return b.String(), "portfolio" + suffix
}

// TestStable: order of nodes and keys, names of nodes, comments and store are no part of any identity.
func TestStable(t *testing.T) {
	var first [2]graph.Hash
	rapid.Check(t, func(t *rapid.T) {
		text, target := write(t)
		c, err := config.Parse("x.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(text, err)
		}
		p, err := graph.New(c)
		if err != nil {
			t.Fatal(text, err)
		}
		nodes, err := p.Nodes(target, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := [2]graph.Hash{nodes[0].Hash, graph.SweepHash(p, []string{"alpha", "long"})}
		if first == [2]graph.Hash{} {
			first = got
		}
		if got != first {
			t.Fatalf("another identity:\n%s", text)
		}
	})
}

// TestCycles draws graphs and holds what New says against a plain search.
func TestCycles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "nodes")
		reads := make([][]int, n)
		var b strings.Builder
		b.WriteString("datalake_name: x\ndatalake_start: 2022-08-01\ndatalake_end: 2024-09-01\ndatabase: files:data\ntarget: n0\nnodes:\n")
		for i := range reads {
			reads[i] = rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, 3, rapid.ID[int]).Draw(t, "reads")
			if len(reads[i]) == 0 {
				fmt.Fprintf(&b, "  n%d: {kind: table, table: t%d}\n", i, i)
				continue
			}
			var inputs []string
			for j, from := range reads[i] {
				inputs = append(inputs, fmt.Sprintf("i%d: n%d", j, from))
			}
			fmt.Fprintf(&b, "  n%d: {kind: sql, query: q%d, lookback: 0, inputs: {%s}}\n", i, i, strings.Join(inputs, ", "))
		}
		c, err := config.Parse("x.yaml", []byte(b.String()), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = graph.New(c)
		said := err != nil && strings.Contains(err.Error(), "a node depends on itself")
		if want := cyclic(reads); said != want || (err != nil) != want {
			t.Fatalf("cyclic is %v, but: %v\n%s", want, err, b.String())
		}
	})
}

// cyclic removes nodes that read nothing left until none is found.
func cyclic(reads [][]int) bool {
	left := map[int]bool{}
	for i := range reads {
		left[i] = true
	}
	for removed := true; removed; {
		removed = false
		for i := range left {
			if !slices.ContainsFunc(reads[i], func(j int) bool { return left[j] }) {
				delete(left, i)
				removed = true
			}
		}
	}
	return len(left) > 0
}

// TestDeep: a chain of thousands of nodes, and a lattice with 2^60 paths, are resolved, walked and refused as fast as small
// ones.
func TestDeep(t *testing.T) {
	const depth = 5000
	var b strings.Builder
	b.WriteString("datalake_name: x\ndatalake_start: 2022-08-01\ndatalake_end: 2024-09-01\ndatabase: files:data\nparameters: {back: 1, lookback: 0}\ntarget: chain\nnodes:\n  c0: {kind: table, table: t}\n")
	for i := 1; i < depth; i++ {
		fmt.Fprintf(&b, "  c%d: {kind: lag, input: c%d, rows: \"${back}\"}\n", i, i-1)
	}
	fmt.Fprintf(&b, "  chain: {kind: lag, input: c%d}\n  l0: {kind: table, table: t}\n", depth-1)
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&b, "  l%d: {kind: sql, query: q, lookback: \"${lookback}\", inputs: {a: l%d, b: l%d}}\n", i, i-1, i-1)
	}
	p := pipeline(t, b.String())
	count := 0
	graph.Walk([]*graph.Node{one(t, p, "chain", nil), one(t, p, "l60", nil)}, nil, func(*graph.Node) { count++ })
	if count != depth+1+60 {
		t.Error(count, "nodes")
	}
	for name, bad := range map[string]graph.Binding{"chain": {"back": -1}, "l60": {"lookback": "x"}} {
		var problems config.Problems
		if _, err := p.Nodes(name, bad); !errors.As(err, &problems) || len(problems) != 1 {
			t.Error(name, err)
		}
	}
	broken, err := config.Parse("x.yaml", []byte(strings.Replace(b.String(), "l0: {kind: table, table: t}", "l0: {kind: table}", 1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := graph.New(broken); err == nil || len(err.(config.Problems)) != 1 {
		t.Error("one fault at the bottom is one problem:", err)
	}
}

// FuzzNew feeds anything that config reads to New: neither New nor resolving what it passes may panic, and what resolves
// does so again to the same nodes.
func FuzzNew(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	bad, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range append(files, bad...) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := config.Parse("x.yaml", text, nil)
		if c == nil {
			return
		}
		p, problems := graph.New(c)
		if err != nil || problems != nil {
			return
		}
		for _, name := range p.Names() {
			nodes, err := p.Nodes(name, p.Defaults())
			if err != nil || len(nodes) == 0 {
				t.Fatalf("%s passed, and does not resolve: %v", name, err)
			}
			for _, n := range nodes {
				graph.Spec(n)
				n.Source()
				if len(n.TableID()) > 63 || !config.IsHashID(n.ID()) {
					t.Errorf("%s: a bad id %s", name, n.ID())
				}
			}
			if _, err := p.FromDB(nodes); err != nil && !c.FromDBSet {
				t.Error(err)
			}
		}
		graph.SweepHash(p, p.ParametersOf(c.Target.Name))
	})
}
