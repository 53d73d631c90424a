package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
)

// ladder is stages of nodes on top of prices, the last one called target.
func ladder(t *testing.T, stages int, stage string) *graph.Node {
	t.Helper()
	var b strings.Builder
	b.WriteString(prelude + "  s0: {kind: sql, inputs: {a: prices}, lookback: 1, query: select * from a}\n")
	for i := 1; i <= stages; i++ {
		b.WriteString(strings.NewReplacer("NOW", fmt.Sprint("s", i), "BEFORE", fmt.Sprint("s", i-1)).Replace(stage))
	}
	b.WriteString(fmt.Sprintf("  a: {kind: sql, inputs: {a: s%d}, lookback: 0, query: select * from a}\n", stages))
	return one(t, pipeline(t, b.String()), "a", nil)
}

// TestPlanningIsLinear: ten thousand queries in a row are planned in less than a second, and none is computed for that, since each keeps its rows.
func TestPlanningIsLinear(t *testing.T) {
	target := ladder(t, 10_000, "  NOW: {kind: sql, inputs: {a: BEFORE}, lookback: 1, query: select * from a}\n")
	m, begun := &mondays{}, time.Now()
	ranges, err := graph.Ranges(context.Background(), []*graph.Node{target}, nil, day("2022-08-17T00"), day("2022-12-01T00"), m)
	if took := time.Since(begun); err != nil || took > 5*time.Second || len(m.counted) > 0 || len(ranges) != 10_003 { // a busy machine has its time
		t.Errorf("%d nodes, %d counted, %s: %v", len(ranges), len(m.counted), took, err)
	}
}
