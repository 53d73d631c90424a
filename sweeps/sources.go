package sweeps

import (
	"errors"
	"slices"
	"strings"

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
		digests = append(digests, digestsOf(m)...)
	}
	return digests, nil
}

func digestsOf(m *lake.Manifest) []lake.Digest {
	var digests []lake.Digest
	for _, part := range m.Parts {
		digests = append(digests, lake.Digest{Node: m.ID, Path: part.Path, SHA256: part.SHA256})
	}
	for _, b := range m.Before {
		digests = append(digests, lake.Digest{Node: m.ID, Path: "_before/" + b.Name, SHA256: b.SHA256})
	}
	return digests
}

// asSources writes digests as they are recorded with results, as a sorted set.
func asSources(digests []lake.Digest) []string {
	sources := make([]string, 0, len(digests))
	for _, d := range digests {
		sources = append(sources, d.Node+"/"+d.Path+" "+d.SHA256)
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

// findSources asks for the parts that the present points read.
func (p *Plan) findSources(q Request) error {
	if q.Sources == nil {
		return nil
	}
	digests, err := q.Sources(p.Representatives())
	p.sources = asSources(digests)
	return err
}

// current reports whether the lake has all the parts that results were computed from as they were. Parts that no present point reads count as
// well: a sweep that is narrowed in a parameter of a table keeps what it has of the other values.
func (p *Plan) current(sources []string) (bool, error) {
	if p.sources == nil {
		return true, nil
	}
	for _, source := range sources {
		if contains(p.sources, source) {
			continue
		}
		id, _, _ := strings.Cut(source, "/")
		stored, err := p.storedSources(id)
		if err != nil || !contains(stored, source) {
			return false, err
		}
	}
	return true, nil
}

// storedSources returns the parts that the lake has of a node by its local_hash_id, none where it has no such node.
func (p *Plan) storedSources(id string) ([]string, error) {
	if stored, ok := p.others[id]; ok || p.lake == nil {
		return stored, nil
	}
	m, err := p.lake.Manifest(id)
	switch {
	case errors.Is(err, lake.ErrNotStored):
		p.others[id] = nil
	case err != nil:
		return nil, err
	default:
		p.others[id] = asSources(digestsOf(m))
	}
	return p.others[id], nil
}

// ownSources leaves out the parts that no present point reads: what is recorded with points depends on no others.
func (p *Plan) ownSources(sources []string) []string {
	if p.sources == nil {
		return sources
	}
	return slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return !contains(p.sources, s) })
}
