package graph_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// load reads a config of testdata.
func load(t testing.TB, path string) (*config.Config, *graph.Pipeline) {
	t.Helper()
	c, p, err := graph.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

// points calls visit with every combination of the varied values, the last parameter fastest.
func points(c *config.Config, visit func(graph.Binding)) {
	b := graph.Binding{}
	var walk func(i int)
	walk = func(i int) {
		if i == len(c.Sweep.Vary) {
			visit(b)
			return
		}
		for _, v := range c.Sweep.Vary[i].Values {
			b[c.Sweep.Vary[i].Name] = v
			walk(i + 1)
		}
	}
	walk(0)
}

func targets(t testing.TB, c *config.Config, p *graph.Pipeline) (n int, nodes []*graph.Node) {
	t.Helper()
	points(c, func(b graph.Binding) {
		n++
		at, err := p.Nodes(c.Target.Name, b)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, at...)
	})
	return n, nodes
}

// TestDistinctNodes counts the union of all points' DAGs, the numbers that the design gives.
func TestDistinctNodes(t *testing.T) {
	for _, c := range []struct {
		file          string
		points, nodes int
	}{
		{"testdata/long_short.yaml", 165, 344},
		{"testdata/four_dimensions.yaml", 27225, 27559},
	} {
		cfg, p := load(t, c.file)
		n, nodes := targets(t, cfg, p)
		distinct := 0
		graph.Walk(nodes, nil, func(*graph.Node) { distinct++ })
		if n != c.points || distinct != c.nodes {
			t.Errorf("%s: %d points and %d nodes, want %d and %d", c.file, n, distinct, c.points, c.nodes)
		}
	}
}

func TestNodesByHashID(t *testing.T) {
	c, p := load(t, "testdata/long_short.yaml")
	nodes, err := p.Nodes("short_lasso", nil)
	if err != nil || len(nodes) != 2 {
		t.Fatal(nodes, err)
	}
	if got := one(t, p, nodes[1].ID(), nil); got != nodes[1] {
		t.Error("another node has the local_hash_id")
	}
	if _, err := p.Nodes("lasso_0123456789abcdef0123456789abcdef", nil); err == nil || !strings.Contains(err.Error(), "no node has the local_hash_id") {
		t.Error(err)
	}
	if _, err := p.Nodes("short_laso", nil); err == nil || !strings.Contains(err.Error(), `hint: did you mean "short_lasso"?`) {
		t.Error(err)
	}
	if _, err := graph.New(c); err != nil {
		t.Error("a config serves once:", err)
	}
}

func TestBinding(t *testing.T) {
	_, p := load(t, "testdata/long_short.yaml")
	if got := p.ParametersOf("portfolio"); !slices.Equal(got, []string{"lasso_alpha", "long_rolling_windows", "short_rolling_windows", "ticker_long", "ticker_short"}) {
		t.Error(got)
	}
	if got := p.ParametersOf("returns"); len(got) != 0 {
		t.Error(got)
	}
	defaults := one(t, p, "portfolio", nil)
	same := []graph.Binding{
		p.Defaults(), {}, {"lasso_alpha": 1e-5}, {"long_rolling_windows": 60}, {"long_rolling_windows": int64(60)}, {"long_rolling_windows": 60.0},
		{"long_rolling_windows": []any{int64(60)}, "short_rolling_windows": []any{100, 200}},
	}
	for _, b := range same {
		if one(t, p, "portfolio", b) != defaults {
			t.Errorf("%v is another node than the defaults", b)
		}
	}
	n := one(t, p, "portfolio", graph.Binding{"long_rolling_windows": int64(80)})
	if n == defaults || n.In("short")[0] != defaults.In("short")[0] || n.In("long")[0].Params.Int("in_window") != 80 {
		t.Error("a window of 80 is not where it should be")
	}
	for message, b := range map[string]graph.Binding{
		`unknown parameter "lasso_alfa"`:                         {"lasso_alfa": 1.0},
		"lasso_alpha of the node long_lasso must be 0 or more":   {"lasso_alpha": -1.0},
		"the parameter lasso_alpha cannot be a value of type":    {"lasso_alpha": struct{}{}},
		"the parameter ticker_long cannot be a value of type":    {"ticker_long": nil},
		"the foreach of long_lasso takes in_window 60 twice":     {"long_rolling_windows": []any{60, 60}},
		"in_window of the node short_lasso has an empty foreach": {"short_rolling_windows": []any{}},
	} {
		var problems config.Problems
		if _, err := p.Nodes("portfolio", b); !errors.As(err, &problems) || !strings.Contains(err.Error(), message) {
			t.Errorf("%v: %v", b, err)
		}
	}
}

// TestNames: equal nodes are one pointer, and go by the names of all.
func TestNames(t *testing.T) {
	p := pipeline(t, prelude+`
  first: {kind: returns, input: prices, periods: 2}
  by_hand: {kind: returns, input: prices, periods: 2, store: true}
  each: {kind: returns, input: prices, foreach: {periods: [2, 3]}}
  a: {kind: lag, input: first}
`+"nodes_to_get_from_db: [by_hand]\n")
	first, byHand := one(t, p, "first", nil), one(t, p, "by_hand", nil)
	elements, err := p.Elements("each", nil)
	if err != nil || first != byHand || elements[0].Node != first || elements[1].Node == first {
		t.Fatal(elements, err)
	}
	if first.Elem != nil || elements[0].Settings[0] != (graph.Setting{Name: "periods", Value: int64(2)}) {
		t.Error(first.Elem, elements[0].Settings)
	}
	if !p.Stores(first) || p.Stores(elements[1].Node) {
		t.Error("store: true of an equal node is lost")
	}
	nodes, err := p.FromDB([]*graph.Node{one(t, p, "a", nil)})
	if err != nil || len(nodes) != 1 || nodes[0] != first {
		t.Error("the name of an equal node does not cut:", nodes, err)
	}
}

func TestFromDB(t *testing.T) {
	const dag = prelude + `
  grid: {kind: interpolate, input: prices, method: previous}
  more: {kind: rolling, function: sum, input: grid, foreach: {in_window: [1, 2]}}
  a: {kind: long_short_portfolio, returns: other, long: more, short: prices}
`
	_, p := load(t, "testdata/kinds.yaml")
	id := one(t, p, "prices", nil).ID()
	for from, want := range map[string]string{
		"":                                      "volumes prices",
		"nodes_to_get_from_db: prices, volumes": "volumes prices",
		"nodes_to_get_from_db: [prices, volumes, members, grid]": "volumes grid prices",
		"nodes_to_get_from_db: other, more, prices":              "other more more prices",
		"nodes_to_get_from_db: a":                                "a",
		"nodes_to_get_from_db: volumes, " + id:                   "volumes prices",
		"nodes_to_get_from_db: volumes":                          "error: x.yaml:22:23: nodes_to_get_from_db does not name the table prices, which is needed",
		"nodes_to_get_from_db: []":                               "error: x.yaml:22:23: nodes_to_get_from_db does not name the table volumes, which is needed",
	} {
		c, err := config.Parse("x.yaml", []byte(dag+"\n\n\n\n\n"+from+"\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := graph.New(c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		nodes, err := p.FromDB([]*graph.Node{one(t, p, "a", nil)})
		for _, n := range nodes {
			got = append(got, n.Name)
		}
		if problems, ok := err.(config.Problems); ok {
			got = []string{"error: " + problems[0].Error()}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", from, got, want)
		}
	}
}

func TestTables(t *testing.T) {
	_, p := load(t, "testdata/kinds.yaml")
	for name, want := range map[string]graph.Table{
		"prices": {Name: "prices", Key: []string{"time_index", "unique_identifier"}},
		"prices_all": {Name: "Public.Prices-2", Rename: map[string]string{"date": "time_index", "ticker": "unique_identifier"},
			Identifiers: []string{"JPM", "XLF"}, Key: []string{"time_index", "unique_identifier"}, Columns: []string{"close", "volume"}},
		"prices_query": {Query: "select * from prices", Key: []string{"time_index", "unique_identifier"}, Columns: []string{"close"}},
		"holdings":     {Name: "holdings", Key: []string{"time_index", "etf", "unique_identifier"}, Columns: []string{"weight_pct"}},
		"portfolio":    {Name: one(t, p, "portfolio", nil).TableID(), Key: []string{"time_index"}, Process: one(t, p, "portfolio", nil).ID()},
		"sql_ignored":  {Name: one(t, p, "sql_ignored", nil).TableID(), Key: []string{"time_index"}, Process: one(t, p, "sql_ignored", nil).ID()},
	} {
		if got := one(t, p, name, nil).Source(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestParams(t *testing.T) {
	_, p := load(t, "testdata/kinds.yaml")
	n := one(t, p, "zscore", nil)
	if q := n.Params; q.Int("in_window") != 20 || q.Int("min_periods") != 10 || q.Int("ddof") != 0 || q.String("function") != "zscore" || q.Has("halflife") {
		t.Errorf("%+v", q)
	}
	if q := one(t, p, "mean", nil).Params; q.Int("min_periods") != 20 || q.Int("ddof") != 1 {
		t.Errorf("%+v", q)
	}
	q := one(t, p, "lasso", nil).Params
	if q.Float("lasso_alpha") != 1 || q.Float("l1_ratio") != 1 || !q.Bool("positive") || q.Bool("fit_intercept") || !slices.Equal(q.Strings("universe"), []string{"BAC", "JPM"}) || q.Has("universe_where") {
		t.Errorf("%+v", q)
	}
	if q := one(t, p, "grid_daily", nil).Params; q.Duration("every") != (graph.Duration{Days: 1}) || q.Duration("max_gap").Elapsed() != 5*86400e6 || q.String("timezone") != "America/New_York" {
		t.Errorf("%+v", q)
	}
	if q.Has("no such parameter") || (graph.Params{}).Has("x") {
		t.Error("a parameter that isn't there")
	}
}

// TestConcurrent resolves from several goroutines; the race detector watches.
func TestConcurrent(t *testing.T) {
	c, p := load(t, "testdata/long_short.yaml")
	_, want := targets(t, c, p)
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			i := 0
			var failed error
			points(c, func(b graph.Binding) {
				nodes, err := p.Nodes(c.Target.Name, b)
				if err != nil || nodes[0] != want[i] {
					failed = fmt.Errorf("point %d is another node: %v", i, err)
				}
				if _, err := p.FromDB(nodes); err != nil {
					failed = err
				}
				i++
			})
			return failed
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestWalk(t *testing.T) {
	_, p := load(t, "testdata/long_short.yaml")
	portfolio, returns := one(t, p, "portfolio", nil), one(t, p, "returns", nil)
	names := func(cut map[graph.Hash]bool) (names []string) {
		graph.Walk([]*graph.Node{portfolio, returns}, cut, func(n *graph.Node) { names = append(names, n.Name) })
		return names
	}
	if got := strings.Join(names(nil), " "); got != "prices interpolated_prices returns holdings long_lasso short_lasso short_lasso portfolio" {
		t.Error(got)
	}
	if got := strings.Join(names(map[graph.Hash]bool{returns.Hash: true}), " "); got != "returns holdings long_lasso short_lasso short_lasso portfolio" {
		t.Error(got)
	}
	if got := strings.Join(names(map[graph.Hash]bool{portfolio.Hash: true}), " "); got != "portfolio prices interpolated_prices returns" {
		t.Error(got)
	}
}

// TestSweepHash: values, names of nodes and the metrics are no part of it; everything else is.
func TestSweepHash(t *testing.T) {
	text, err := os.ReadFile("testdata/long_short.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hash := func(from, to string, vary ...string) graph.Hash {
		if !strings.Contains(string(text), from) {
			t.Fatal("no", from)
		}
		return graph.SweepHash(pipeline(t, strings.ReplaceAll(string(text), from, to)), vary)
	}
	want := hash("", "", "long_rolling_windows", "lasso_alpha")
	for from, to := range map[string]string{
		"[60, 720, 20]": "[60, 300, 10]", "lasso_alpha: 1e-5": "lasso_alpha: 1e-3", "sharpe:": "calmar:", "long_lasso": "longs", "interpolated_prices": "grid",
		"method: simple": "periods: 1", "long_rolling_windows: [60]": "long_rolling_windows: [100]", "where: \"lasso_alpha < 10\"": "",
		"ticker_long": "etf_long", "kind: lasso\n": "kind: lasso\n    store: true\n", "    ticker_to_replicate: ${ticker_short}\n": "    ticker_to_replicate: XLE\n",
	} {
		if hash(from, to, "lasso_alpha", "long_rolling_windows", "lasso_alpha") != want {
			t.Errorf("%q -> %q is another sweep", from, to)
		}
	}
	for from, to := range map[string]string{
		"ticker_long: XLF": "ticker_long: XLK", "[100, 200]": "[100]", "column: adj_close": "column: close", "lasso_alpha: ${lasso_alpha}": "lasso_alpha: 1e-4",
		"table: prices": "table: price", "short: short_lasso": "short: long_lasso", "kind: lasso\n": "kind: lasso\n    positive: false\n",
	} {
		if hash(from, to, "lasso_alpha", "long_rolling_windows") == want {
			t.Errorf("%q -> %q is the same sweep", from, to)
		}
	}
	if hash("", "", "lasso_alpha") == want || hash("", "", "lasso_alpha", "ticker_long", "long_rolling_windows") == want {
		t.Error("other open parameters are the same sweep")
	}
}
