package sweeps

import (
	"errors"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// StoredSources is the usual Request.Sources: see SourcesOf, of the nodes that targets read from the database.
func StoredSources(p *graph.Pipeline, d *lake.DateRange) func(targets []*graph.Node) ([]lake.Digest, error) {
	return func(targets []*graph.Node) ([]lake.Digest, error) {
		nodes, err := p.FromDB(targets)
		if err != nil {
			return nil, err
		}
		return SourcesOf(d, nodes)
	}
}

// SourcesOf returns every stored part, and every file of rows before the first part, of nodes. A node that isn't stored has none.
func SourcesOf(d *lake.DateRange, nodes []*graph.Node) ([]lake.Digest, error) {
	var digests []lake.Digest
	for _, n := range nodes {
		m, err := d.Manifest(n.ID())
		if errors.Is(err, lake.ErrNotStored) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, part := range m.Parts {
			digests = append(digests, lake.Digest{Node: m.ID, Path: part.Path, SHA256: part.SHA256})
		}
		for _, b := range m.Before {
			digests = append(digests, lake.Digest{Node: m.ID, Path: "_before/" + b.Name, SHA256: b.SHA256})
		}
	}
	return digests, nil
}
