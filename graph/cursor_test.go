package graph_test

import (
	"reflect"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// variedBy returns the sweep of a config as a pipeline sees it.
func variedBy(t testing.TB, c *config.Config, p *graph.Pipeline) (*graph.Targets, []int) {
	t.Helper()
	var names []string
	var sizes []int
	for _, v := range c.Sweep.Vary {
		names, sizes = append(names, v.Name), append(sizes, len(v.Values))
	}
	targets, err := p.Targets(c.Target.Name, names, func(k int) []any { return c.Sweep.Vary[k].Values })
	if err != nil {
		t.Fatal(err)
	}
	return targets, sizes
}

// product calls f with every choice of one of each size, the last one fastest.
func product(sizes []int, f func(index []int)) {
	index := make([]int, len(sizes))
	for {
		f(index)
		k := len(sizes) - 1
		for ; k >= 0; k-- {
			if index[k]++; index[k] < sizes[k] {
				break
			}
			index[k] = 0
		}
		if k < 0 {
			return
		}
	}
}

// TestCursorsMakeTheSameNodes compares nodes made on demand with those that are remembered, two cursors side by side.
func TestCursorsMakeTheSameNodes(t *testing.T) {
	const file = "testdata/four_dimensions.yaml"
	c, p := load(t, file)
	_, other := load(t, file)
	targets, sizes := variedBy(t, c, p)
	remembered, _ := variedBy(t, c, other)
	var g sync.WaitGroup
	for range 2 {
		g.Go(func() {
			cursor, made := targets.Cursor(), graph.Node{}
			product(sizes, func(index []int) {
				_, nodes, err := cursor.Move(index)
				if err != nil || nodes != 1 {
					t.Errorf("at %v: %d nodes, %v", index, nodes, err)
					return
				}
				cursor.Fill(&made, cursor.Hash())
				want, err := remembered.Node(index)
				if err != nil || made.ID() != want.ID() || made.Hash != want.Hash || made.Table != want.Table {
					t.Errorf("at %v: %s, not %s (%v)", index, made.ID(), want.ID(), err)
				}
			})
		})
	}
	g.Wait()
}

const ignoring = `
datalake_name: x
datalake_start: 2022-01-01
datalake_end: 2023-01-01
database: files:data
parameters: {ids: [A], column: p, fee: 0.0, window: 20}
nodes:
  prices: {kind: table, table: prices, identifiers: "${ids}", columns: [p, q], ignore_local_kwargs: identifiers}
  returns: {kind: returns, input: prices, column: "${column}"}
  long: {kind: lasso, input: returns, ticker_to_replicate: A, universe: [B], lasso_alpha: 0.1, in_window: "${window}"}
  both: {kind: long_short_portfolio, returns: returns, long: long, short: long, fee: "${fee}", ignore_local_kwargs: fee}
target: both
sweep: {vary: {ids: [[A, B], [A, B, C]], column: [p, q], fee: [0, 0.5], window: [20, 30]}}
`

// parsed returns the pipeline of a config, and its sweep as the pipeline sees it.
func parsed(t testing.TB, text string) (*graph.Pipeline, *graph.Targets, []int) {
	t.Helper()
	c, err := config.Parse("x.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.New(c)
	if err != nil {
		t.Fatal(err)
	}
	targets, sizes := variedBy(t, c, p)
	return p, targets, sizes
}

// TestCursorsFillWholeNodes compares all of a node, where tables are shared and every part varies; and says what is fresh.
func TestCursorsFillWholeNodes(t *testing.T) {
	p, targets, sizes := parsed(t, ignoring)
	if !targets.Alike() {
		t.Error("portfolios are not alike")
	}
	cursor, freshPoints := targets.Cursor(), 0
	product(sizes, func(index []int) {
		fresh, _, err := cursor.Move(index)
		if err != nil {
			t.Fatal(err)
		}
		if fresh {
			freshPoints++
		}
		var made graph.Node
		cursor.Fill(&made, cursor.Hash())
		if want, err := targets.Node(index); err != nil || !reflect.DeepEqual(&made, want) || made.Hash == made.Table {
			t.Errorf("at %v: %+v, not %+v (%v)", index, made, want, err)
		}
	})
	if want := 2 * 2 * 2; freshPoints != want { // whatever the fee
		t.Errorf("%d points have an input that was not met before, not %d", freshPoints, want)
	}
	if _, err := p.Targets("nobody", nil, nil); err == nil {
		t.Error("a name that no node has")
	}
}

// TestCursorsGoAnywhere moves a cursor at random, asking now and then who is there: it shall not matter where it was before, nor where it
// was last asked.
func TestCursorsGoAnywhere(t *testing.T) {
	_, targets, sizes := parsed(t, ignoring)
	rapid.Check(t, func(t *rapid.T) {
		cursor, index := targets.Cursor(), make([]int, len(sizes))
		for range rapid.IntRange(1, 20).Draw(t, "moves") {
			for k, n := range sizes {
				index[k] = rapid.IntRange(0, n-1).Draw(t, "index")
			}
			if _, _, err := cursor.Move(index); err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 2).Draw(t, "asked") {
				if want, err := targets.Node(index); err != nil || cursor.Hash() != want.Hash {
					t.Fatalf("at %v: not %s (%v)", index, want.ID(), err)
				}
			}
		}
	})
}

// TestTargetsThatMayBeReadAreNotAlike: each must be seen by itself.
func TestTargetsThatMayBeReadAreNotAlike(t *testing.T) {
	for _, from := range []string{"both, prices", "prices, long_short_portfolio_00000000000000000000000000000000"} {
		if _, targets, _ := parsed(t, "nodes_to_get_from_db: "+from+ignoring); targets.Alike() {
			t.Errorf("alike, with %s from the database", from)
		}
	}
}
