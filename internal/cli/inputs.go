package cli

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// lakeInputs lets an engine load what the lake has: it meets graph.Rows. What is stored after it was made counts as not stored: the
// engine that computed it has it.
type lakeInputs struct {
	lake   *lake.DateRange
	hashes map[shortHash]bool // of nodes with a manifest: a sweep asks of very many that have none
}

func newLakeInputs(d *lake.DateRange) (lakeInputs, error) {
	ids, err := d.Stored()
	in := lakeInputs{d, map[shortHash]bool{}}
	for id := range ids {
		if h, err := hex.DecodeString(id[strings.LastIndexByte(id, '_')+1:]); err == nil && len(h) == len(shortHash{}) {
			in.hashes[shortHash(h)] = true
		}
	}
	return in, err
}

// shortHash is what a local_hash_id has of a node's hash.
type shortHash [16]byte

// maybe reports whether the lake has something of a node's hash.
func (in lakeInputs) maybe(h graph.Hash) bool { return in.hashes[shortHash(h[:])] }

// Stored reports whether the lake has a node's rows over the range, and they are not stale.
func (in lakeInputs) Stored(n *graph.Node, r graph.Range, end int64) bool {
	return in.maybe(n.Hash) && isStored(in.lake, n, lake.Span{Start: r.From, End: end})
}

// isStored reports whether a lake has a node's rows over a range, and they are not stale. Where a manifest cannot be read the answer is
// no: what can be computed is computed again, and what cannot is missed by name.
func isStored(d *lake.DateRange, n *graph.Node, s lake.Span) bool {
	m, err := d.Manifest(n.ID())
	if is[*lake.ReadError](err) {
		return true // it may well be there: whoever reads it is told, and nothing is put in its place
	}
	if err != nil || !m.Covered.Covers(s) {
		return false
	}
	reasons, err := d.Stale(m)
	return (err == nil || is[*lake.ReadError](err)) && len(reasons) == 0
}

// Warnings returns what was said of a node's rows when they were computed.
func (in lakeInputs) Warnings(n *graph.Node) []string {
	m, err := in.lake.Manifest(n.ID())
	if err != nil {
		return nil // Load says why
	}
	return m.Warnings
}

// Load reads the rows, and the as-of rows before them where the range asks for these.
func (in lakeInputs) Load(ctx context.Context, n *graph.Node, r graph.Range, end int64) (rows, before *frame.Frame, err error) {
	rows, err = in.lake.Rows(ctx, n.ID(), r.From, end)
	if err != nil || !r.AsOf || r.From == graph.Beginning {
		return rows, nil, err
	}
	before, err = in.lake.Before(ctx, n.ID(), r.From)
	return rows, before, err
}
