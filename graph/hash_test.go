package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// TestGoldenHashes holds identities: a change here makes every lake and every database table start anew. Refresh with
// -update only where that is meant.
func TestGoldenHashes(t *testing.T) {
	for _, name := range []string{"long_short", "four_dimensions", "kinds"} {
		c, p := load(t, "testdata/"+name+".yaml")
		var b strings.Builder
		for _, node := range p.Names() {
			elements, err := p.Elements(node, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range elements {
				fmt.Fprintf(&b, "%s%v\n  %s\n  %x\n", node, e.Settings, e.Node.ID(), e.Node.Hash)
				if e.Node.Table != e.Node.Hash {
					fmt.Fprintf(&b, "  table %s\n", e.Node.TableID())
				}
			}
		}
		if c.Sweep != nil {
			var vary []string
			for _, v := range c.Sweep.Vary {
				vary = append(vary, v.Name)
			}
			fmt.Fprintf(&b, "sweep\n  %x\n", graph.SweepHash(p, vary))
		}
		golden(t, "testdata/"+name+".hashes", b.String())
	}
}

// TestGoldenSpecs holds what manifests say of a node.
func TestGoldenSpecs(t *testing.T) {
	_, p := load(t, "testdata/kinds.yaml")
	var b strings.Builder
	for _, name := range p.Names() {
		nodes, err := p.Nodes(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes {
			text := graph.Spec(n)
			if !json.Valid(text) {
				t.Errorf("%s: not JSON", name)
			}
			fmt.Fprintf(&b, "%s\n", bytes.TrimSpace(text))
			if table, ok := graph.SpecTable(text); ok != (n.Kind.Name == graph.KindTable) || ok && !reflect.DeepEqual(table, n.Source()) {
				t.Errorf("%s: its table is %+v, by its spec %+v", name, n.Source(), table)
			}
		}
	}
	golden(t, "testdata/kinds.specs", b.String())
}

// prelude is what the bodies below refer to.
const prelude = `datalake_name: Test
datalake_start: 2022-08-01
datalake_end: 2024-09-01
database: files:data
parameters: {one: 1, window: 60, windows: [60], text: abc, list: [JPM, BAC]}
target: a
nodes:
  prices: {kind: table, table: prices}
  volumes: {kind: table, table: volumes}
  members: {kind: table, table: members}
  returns: {kind: returns, input: prices}
  other: {kind: returns, input: volumes}
`

// pair resolves two bodies in one pipeline.
func pair(t testing.TB, a, b string) (*graph.Node, *graph.Node) {
	t.Helper()
	p := pipeline(t, prelude+"  a: "+a+"\n  b: "+b+"\n")
	return one(t, p, "a", nil), one(t, p, "b", nil)
}

func pipeline(t testing.TB, text string) *graph.Pipeline {
	t.Helper()
	c, err := config.Parse("tdlake.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func one(t testing.TB, p *graph.Pipeline, name string, b graph.Binding) *graph.Node {
	t.Helper()
	nodes, err := p.Nodes(name, b)
	if err != nil || len(nodes) != 1 {
		t.Fatalf("%s: %d nodes, %v", name, len(nodes), err)
	}
	return nodes[0]
}

const lasso = "kind: lasso, input: returns, ticker_to_replicate: XLF, "

func TestEqualNodes(t *testing.T) {
	for _, c := range [][2]string{
		{"{kind: table, table: x}", "{table: x, kind: table}"},
		{"{kind: table, table: x}", "{kind: table, table: x, key: [time_index, unique_identifier]}"},
		{"{kind: table, table: x}", "{kind: table, table: x, store: true, ignore_local_kwargs: [identifiers]}"},
		{"{kind: table, table: x, identifiers: [A, B]}", "{kind: table, table: x, identifiers: [B, A]}"},
		{"{kind: table, table: x, identifiers: A}", "{kind: table, table: x, identifiers: [A]}"},
		{"{kind: table, table: x, rename: {a: b, c: d}}", "{kind: table, table: x, rename: {c: d, a: b}}"},
		{"{kind: table, table: x, rename: {}}", "{kind: table, table: x}"},
		{"{kind: table, table: x, columns: [a]}", "{kind: table, table: x, columns: [time_index, a, unique_identifier]}"},
		{"{kind: table, table: abc}", `{kind: table, table: "${text}"}`},
		{"{kind: table, table: abc}", `{kind: table, table: &t abc}`},
		{"{kind: table, table: x_abc_1}", `{kind: table, table: "x_${text}_${one}"}`},
		{"{kind: returns, input: prices, method: simple, periods: 1}", "{kind: returns, input: prices}"},
		{"{kind: returns, input: prices, periods: 2}", "{kind: returns, input: prices, periods: 2.0}"},
		{"{kind: returns, input: prices}", "{kind: returns, input: prices, rows: grid}"},
		{"{kind: lag, input: prices}", "{kind: lag, input: prices, rows: grid, periods: 1}"},
		{"{kind: lag, input: prices, rows: 3}", "{kind: lag, input: prices, rows: grid, periods: 3}"},
		{"{kind: lag, input: prices, rows: 3}", "{kind: lag, input: prices, periods: 3}"},
		{"{kind: lag, input: prices, rows: own}", "{kind: lag, input: prices, rows: own, periods: 1}"},
		{"{kind: rolling, input: prices, function: mean, in_window: 5}", "{kind: rolling, input: prices, function: mean, in_window: 5, rows: grid}"},
		{"{kind: interpolate, input: prices, method: previous, every: 60m}", "{kind: interpolate, input: prices, method: previous, every: 1h, timezone: UTC}"},
		{"{kind: interpolate, input: prices, method: previous, every: 1w}", "{kind: interpolate, input: prices, method: previous, every: 7d}"},
		{"{kind: rolling, input: prices, function: mean, in_window: 5}", "{kind: rolling, input: prices, function: mean, in_window: 5, min_periods: 5, ddof: 1}"},
		{"{" + lasso + "universe: [A, B], in_window: 60, lasso_alpha: 1}", "{" + lasso + "universe: [B, A, B], in_window: 60, lasso_alpha: 1.0}"},
		{"{" + lasso + "universe: [A], in_window: 60, lasso_alpha: 0}", "{" + lasso + "universe: A, in_window: 60, lasso_alpha: -0.0, l1_ratio: 1, positive: true}"},
		{"{" + lasso + "universe: [A], in_window: 60, lasso_alpha: 1}", `{` + lasso + `universe: [A], foreach: {in_window: "${windows}", lasso_alpha: "${one}"}}`},
		{"{" + lasso + "universe: [A], in_window: 60, lasso_alpha: 1}", `{` + lasso + `universe: [A], foreach: {in_window: "${window}"}, lasso_alpha: 1}`},
		{`{` + lasso + `universe: {node: members, where: "a = 'abc'"}, in_window: 60, lasso_alpha: 1}`, `{` + lasso + `universe: {where: "a = '${text}'", node: members}, in_window: 60, lasso_alpha: 1}`},
	} {
		a, b := pair(t, c[0], c[1])
		if a != b {
			t.Errorf("%s and %s are two nodes: %s", c[0], c[1], graph.Difference(a, b))
		}
	}
}

func TestDifferentNodes(t *testing.T) {
	for _, c := range []struct{ a, b, difference string }{
		{"{kind: table, table: x}", "{kind: returns, input: prices}", "kind is table in A and returns in B"},
		{"{kind: table, table: x}", "{kind: table, table: y}", `table is "x" in A and "y" in B`},
		{"{kind: table, table: x}", "{kind: table, query: x}", `table is "x" in A and not given in B`},
		{"{kind: table, table: x, columns: [a, b]}", "{kind: table, table: x, columns: [b, a]}", `columns is ["a", "b"] in A and ["b", "a"] in B`},
		{"{kind: table, table: x, columns: [time_index]}", "{kind: table, table: x}", `columns is [] in A and not given in B`},
		{"{kind: table, table: x, key: [time_index, a, b]}", "{kind: table, table: x, key: [time_index, b, a]}", `key is ["time_index", "a", "b"] in A and ["time_index", "b", "a"] in B`},
		{"{kind: table, table: x, rename: {a: b}}", "{kind: table, table: x, rename: {b: a}}", `rename is {a: b} in A and {b: a} in B`},
		{"{kind: returns, input: prices}", "{kind: returns, input: prices, periods: 2}", "periods is 1 in A and 2 in B"},
		{"{kind: returns, input: prices}", "{kind: returns, input: prices, rows: own}", `rows is "grid" in A and "own" in B`},
		{"{kind: lag, input: prices}", "{kind: lag, input: prices, rows: own}", `rows is 1 in A and "own" in B`},
		{"{kind: returns, input: prices}", "{kind: returns, input: volumes}", `input: table is "prices" in A and "volumes" in B`},
		{"{kind: lag, input: returns}", "{kind: lag, input: other}", `input: input: table is "prices" in A and "volumes" in B`},
		{"{kind: interpolate, input: prices, method: previous, every: 24h}", "{kind: interpolate, input: prices, method: previous, every: 1d}", `every is "24h" in A and "1d" in B`},
		{"{" + lasso + "universe: [A], in_window: 60, lasso_alpha: 1e-5}", "{" + lasso + "universe: [A], in_window: 60, lasso_alpha: 1e-4}", "lasso_alpha is 1e-05 in A and 0.0001 in B"},
		{"{" + lasso + "universe: {node: members}, in_window: 60, lasso_alpha: 1}", "{" + lasso + "universe: [A], in_window: 60, lasso_alpha: 1}", `universe is not given in A and ["A"] in B`},
		{"{" + lasso + "universe: {node: members}, in_window: 60, lasso_alpha: 1}", "{" + lasso + "universe: {node: prices}, in_window: 60, lasso_alpha: 1}", `universe: table is "members" in A and "prices" in B`},
		{"{kind: long_short_portfolio, returns: returns, long: prices, short: volumes}", "{kind: long_short_portfolio, returns: returns, long: [prices, volumes], short: volumes}", "long has 1 nodes in A and 2 in B"},
		{"{kind: long_short_portfolio, returns: returns, long: prices, short: volumes}", "{kind: long_short_portfolio, returns: returns, long: volumes, short: prices}", `long: table is "prices" in A and "volumes" in B`},
		{"{kind: long_short_portfolio, returns: returns, long: [prices, volumes], short: volumes}", "{kind: long_short_portfolio, returns: returns, long: [volumes, prices], short: volumes}", `long: table is "prices" in A and "volumes" in B`},
		{"{kind: sql, query: q, lookback: 0, inputs: {x: prices, y: volumes}}", "{kind: sql, query: q, lookback: 0, inputs: {y: volumes, x: prices}}", "the inputs are x, y in A and y, x in B"},
	} {
		a, b := pair(t, c.a, c.b)
		got := strings.NewReplacer(a.ID(), "A", b.ID(), "B").Replace(graph.Difference(a, b))
		if a.Hash == b.Hash || got != c.difference {
			t.Errorf("%s and %s: %s, want %s", c.a, c.b, got, c.difference)
		}
	}
	a, _ := pair(t, "{kind: table, table: x}", "{kind: table, table: x}")
	if got := graph.Difference(a, a); got != "the same node" {
		t.Error(got)
	}
}

// TestTableHash: what is ignored at the bottom is ignored all the way up, in tables and there alone.
func TestTableHash(t *testing.T) {
	p := pipeline(t, prelude+`
  two: {kind: table, table: prices, identifiers: [A, B], ignore_local_kwargs: [identifiers]}
  many: {kind: table, table: prices, identifiers: [A, B, C], ignore_local_kwargs: identifiers}
  all: {kind: table, table: prices}
  two_returns: {kind: returns, input: two}
  many_returns: {kind: returns, input: many}
  all_returns: {kind: returns, input: all}
  a: {kind: lag, input: two_returns}
`)
	for _, names := range [][3]string{{"two", "many", "all"}, {"two_returns", "many_returns", "all_returns"}} {
		two, many, all := one(t, p, names[0], nil), one(t, p, names[1], nil), one(t, p, names[2], nil)
		if two.Hash == many.Hash || two.Hash == all.Hash {
			t.Errorf("%v: processes over different identifiers are one node", names)
		}
		if two.Table != many.Table || two.Table != all.Table || two.TableID() != all.ID() {
			t.Errorf("%v: they do not share a table", names)
		}
	}
}

func TestPrefixes(t *testing.T) {
	for table, want := range map[string]string{
		"prices": "prices", "Public.Prices": "public_prices", "_hidden": "hidden", "2024": "table_2024", "été": "t", "данные": "table",
		"a very long name of a table indeed, longer than it may be": "a_very_long_name_of_a_table_in", "ends_right_at_the_thirtieth_b_x": "ends_right_at_the_thirtieth_b",
	} {
		a, _ := pair(t, fmt.Sprintf("{kind: table, table: %q}", table), "{kind: table, table: x}")
		if got := strings.TrimSuffix(a.ID(), "_"+a.Hash.Hex()); got != want || len(a.TableID()) > 63 {
			t.Errorf("%s: %s, want %s", table, got, want)
		}
	}
	a, b := pair(t, "{kind: table, query: select 1}", "{kind: returns, input: prices}")
	if !strings.HasPrefix(a.ID(), "query_") || !strings.HasPrefix(b.ID(), "returns_") {
		t.Error(a.ID(), b.ID())
	}
	for _, k := range graph.Kinds() {
		if len(k.Name)+33 > 63 {
			t.Errorf("%s: ids are too long for a database's names", k.Name)
		}
	}
}

// TestQuotes: no parameter can end the SQL string it stands in.
func TestQuotes(t *testing.T) {
	text := strings.Replace(prelude, "text: abc", `text: "O'Brien' or 'x'='x"`, 1)
	where := func(condition string) string {
		p := pipeline(t, text+"  a: {"+lasso+"in_window: 60, lasso_alpha: 1, universe: {node: members, where: "+condition+"}}\n")
		return one(t, p, "a", nil).Params.String("universe_where")
	}
	for condition, want := range map[string]string{
		`"etf = '${text}'"`:                   `etf = 'O''Brien'' or ''x''=''x'`,
		`"etf = 'a''${text}' and n < ${one}"`: `etf = 'a''O''Brien'' or ''x''=''x' and n < 1`,
		`"n = ${one} and '${one}' = x"`:       `n = 1 and '1' = x`,
		`"${text}"`:                           `O'Brien' or 'x'='x`,
	} {
		if got := where(condition); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}
