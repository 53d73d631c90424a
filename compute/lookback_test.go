package compute

import (
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// aloneAndBeside evaluates a node alone and beside another, which reads the same inputs from further back.
func aloneAndBeside(t *testing.T, w world, n, other *graph.Node) (alone, beside *frame.Frame) {
	t.Helper()
	start, end := micros("2022-08-01"), micros("2022-09-01")
	return outputs(t, w, start, end, Options{}, n)[0], outputs(t, w, start, end, Options{}, n, other)[0]
}

// TestQueriesSeeTheirLookback: what a query computes over all it is given is the same whatever other nodes need.
func TestQueriesSeeTheirLookback(t *testing.T) {
	w := newWorld(3)
	p := pipeline(t, `since: {kind: sql, inputs: {x: interpolated}, lookback: 2, query: "select time_index, unique_identifier, close / first(close) over (partition by unique_identifier order by time_index) as gain from x"}`,
		"long: {kind: rolling, input: interpolated, column: close, function: mean, in_window: 70}")
	alone, beside := aloneAndBeside(t, w, node(t, p, "since", nil), node(t, p, "long", nil))
	sameFrame(t, "beside a window of seventy", alone, beside)
}

// TestAHeldPriceIsEnough: a price from before the range is carried into it, whether or not there is another one later.
func TestAHeldPriceIsEnough(t *testing.T) {
	p := pipeline(t, "daily: {kind: interpolate, input: prices, method: previous, every: 1d}")
	rows := func(days ...string) int {
		b := frame.NewBuilder(frame.Long("close"))
		for _, day := range days {
			b.Time(0, micros(day))
			b.String(1, "A")
			b.Float(2, 7)
		}
		return outputs(t, world{"prices": b.Frame()}, micros("2022-08-10"), micros("2022-08-14"), Options{}, node(t, p, "daily", nil))[0].Rows()
	}
	if alone, followed := rows("2022-08-05"), rows("2022-08-05", "2022-08-12"); alone != 4 || followed != 4 {
		t.Errorf("%d rows of four days, %d where another price follows", alone, followed)
	}
}
