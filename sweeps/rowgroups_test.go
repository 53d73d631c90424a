package sweeps

import (
	"testing"

	"github.com/tdlake/tdlake/graph"
)

// TestEqualPointsEndOneRowGroup: points that a varied parameter does not tell apart share a hash, and with it the end of a row group.
func TestEqualPointsEndOneRowGroup(t *testing.T) {
	const n = 20_000
	ends, other := graph.Hash{}, graph.Hash{1}
	for name, hashOf := range map[string]func(i int) graph.Hash{
		"one after the other": func(int) graph.Hash { return ends },
		"in turns":            func(i int) graph.Hash { return []graph.Hash{ends, other}[i%2] },
	} {
		ids := &identities{hashes: make([]graph.Hash, n)}
		for i := range ids.hashes {
			ids.hashes[i] = hashOf(i)
		}
		if got := len(ids.rowGroups(everyPoint(n))); got > 2 {
			t.Errorf("%s: %d row groups", name, got)
		}
	}
}
