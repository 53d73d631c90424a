package sweeps

import (
	"context"
	"encoding/hex"
	"maps"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// identities says who the target of each point is. That is all that a plan keeps of targets: nodes are made when they are
// evaluated, so that a million points weigh 32 bytes each and give the garbage collector nothing to follow.
type identities struct {
	hashes []graph.Hash
	prefix string         // of the local_hash_ids
	others map[int]string // likewise, of points that have another one
	fresh  []int          // points that between them have every input that any has, ascending
}

// identify finds out who all points' targets are, on all processors.
func identify(ctx context.Context, c *config.Config, space *Space, targets *graph.Targets) (*identities, error) {
	const most = 100_000_000
	if space.Len() > most {
		return nil, config.Problems{c.Problem(c.Sweep.Pos, "vary fewer values, or add a where", "the sweep has %d points; %d are the most", space.Len(), most)}
	}
	hashes := make([]graph.Hash, space.Len())
	shares := split(space.Len())
	found := make([]identities, len(shares))
	prefix := "" // of the first point
	if first := newTracker(space, targets); space.Len() > 0 {
		if _, nodes, err := first.to(0); err == nil && nodes > 0 {
			prefix = first.cursor.Prefix()
		}
	}
	err := inShares(shares, func(k int, s share) error {
		found[k] = identities{hashes: hashes, prefix: prefix, others: map[int]string{}}
		return found[k].find(ctx, c, newTracker(space, targets), s)
	})
	ids := &found[0]
	for _, f := range found[1:] {
		ids.fresh = append(ids.fresh, f.fresh...)
		maps.Copy(ids.others, f.others)
	}
	return ids, err
}

// find fills in one share of the points.
func (ids *identities) find(ctx context.Context, c *config.Config, t *tracker, s share) error {
	const checkEvery = 4096
	for point := s.from; point < s.to; point++ {
		if point%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		fresh, nodes, err := t.to(point)
		if err != nil {
			return err
		}
		if nodes != 1 {
			return notOne(c, t.space, point, nodes)
		}
		ids.hashes[point] = t.cursor.Hash()
		if fresh {
			ids.fresh = append(ids.fresh, point)
		}
		if prefix := t.cursor.Prefix(); prefix != ids.prefix {
			ids.others[point] = prefix
		}
	}
	return nil
}

func notOne(c *config.Config, space *Space, point, nodes int) error {
	hint := "a sweep needs one node a point: make the target a node without foreach that reads these"
	return config.Problems{c.Problem(c.Target.Pos, hint, "the target %s is %d nodes at %s", c.Target.Name, nodes, space.Text(point))}
}

// appendID writes the local_hash_id of a point's target.
func (ids *identities) appendID(b []byte, point int) []byte {
	prefix, ok := ids.others[point]
	if !ok {
		prefix = ids.prefix
	}
	b = append(append(b, prefix...), '_')
	return hex.AppendEncode(b, ids.hashes[point][:16])
}

// id returns the local_hash_id of a point's target.
func (ids *identities) id(point int) string { return string(ids.appendID(nil, point)) }

// distinct returns how many targets there are; equal ones count once.
func (ids *identities) distinct() int {
	seen := make(map[graph.Hash]struct{}, len(ids.hashes))
	for _, h := range ids.hashes {
		seen[h] = struct{}{}
	}
	return len(seen)
}
