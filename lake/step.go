package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tdlake/tdlake/graph"
)

// step is what has to be done for one node.
type step struct {
	node   *graph.Node
	need   graph.Range
	stored *Manifest // what the lake has of it; nil where it has nothing of use
	broken string    // why what the lake has of it is of no use
	want   Span      // from the first row needed to the end of the date range

	kept  []Part   // stored parts that are good
	lost  []Part   // stored parts whose files are gone or cut short
	keep  []Before // stored as-of rows that are good
	cover Spans    // covered by what is kept and what is taken

	own     Spans        // covered by what is kept
	takes   []taking     // what is taken from siblings
	adopt   []adoption   // parts to take from siblings
	like    *Manifest    // whose columns the node has; nil where the database is to say
	by      Partitioning // of like; "" where the first rows are to say
	gaps    Spans        // to fetch
	befores []int64      // times whose as-of rows are to be fetched

	fetched int64 // rows that came from the database
	taken   int   // parts that were shared with a sibling
}

// step works out what a node lacks of a range, siblings aside.
func (p *SnapshotPlan) step(n *graph.Node, need graph.Range) (*step, error) {
	if p.ends[n.Hash] {
		// More was asked for than there is. Everything is fetched, and covered since ever, so that nobody has to ask again.
		need = graph.Range{From: graph.Beginning}
	}
	s := &step{node: n, need: need, want: Span{need.From, p.d.span.End}}
	if !p.refresh {
		if err := p.load(s); err != nil {
			return nil, err
		}
	}
	s.own, s.gaps = s.cover, s.cover.Missing(s.want)
	return s, nil
}

// load finds what is stored of a step's node, and whether the files are there. Their checksums are verify's affair.
func (p *SnapshotPlan) load(s *step) error {
	m, err := p.d.Manifest(s.node.ID())
	var damage *DamageError
	switch {
	case errors.Is(err, ErrNotStored):
		return nil
	case errors.As(err, &damage):
		s.broken = "its manifest is damaged"
		return nil
	case err != nil:
		return err
	case m.Origin != FromDatabase:
		s.broken = "it was computed so far"
		return nil
	}
	s.stored, s.like, s.by, s.cover = m, m, m.Partitioning, m.Covered
	for _, part := range m.Parts {
		whole, err := isWhole(p.d.partPath(m, part), part.Bytes)
		switch {
		case err != nil:
			return err
		case whole:
			s.kept = append(s.kept, part)
		default:
			s.lost = append(s.lost, part)
			s.cover = s.cover.remove(part.Span)
		}
	}
	for _, b := range m.Before {
		whole, err := isWhole(filepath.Join(p.d.beforeDir(m.ID), b.Name), b.Bytes)
		if err != nil {
			return err
		}
		if whole {
			s.keep = append(s.keep, b)
		} else {
			s.befores = append(s.befores, b.At)
		}
	}
	return nil
}

// isWhole reports whether a file is there and has its size.
func isWhole(path string, size int64) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, &ReadError{path, err}
	}
	return info.Mode().IsRegular() && info.Size() == size, nil
}

// planBefore decides whether as-of rows have to be fetched, and before what time: the boundary from which on everything will
// be covered.
func (s *step) planBefore() {
	if !s.need.AsOf {
		return
	}
	after := Manifest{Covered: s.covered(), Before: slices.Clone(s.keep)}
	for _, at := range s.befores {
		after.Before = append(after.Before, Before{At: at})
	}
	if _, _, ok := after.asOf(s.need.From); ok {
		return
	}
	at := s.need.From
	if span, ok := after.Covered.At(at); ok {
		at = span.Start
	}
	s.befores = append(s.befores, at)
}

// covered returns what will be covered once the step is done.
func (s *step) covered() Spans {
	all := s.cover
	for _, g := range s.gaps {
		all = all.Add(g)
	}
	return all
}

// idle reports whether there is nothing to do.
func (s *step) idle() bool {
	return s.stored != nil && len(s.gaps) == 0 && len(s.adopt) == 0 && len(s.lost) == 0 && len(s.befores) == 0
}

// reads reports whether the database is needed.
func (s *step) reads() bool { return len(s.gaps) > 0 || len(s.befores) > 0 || s.like == nil }

// actions says what is done, a phrase each.
func (s *step) actions() []string {
	var out []string
	if s.broken != "" {
		out = append(out, s.broken)
	}
	if n := len(s.lost); n > 0 {
		out = append(out, plural(n, "part is", "parts are")+" gone or cut short")
	}
	for i := 0; i < len(s.adopt); {
		from, n := s.adopt[i].from, 0
		for ; i < len(s.adopt) && s.adopt[i].from == from; i++ {
			n++
		}
		out = append(out, fmt.Sprintf("take %s from %s", plural(n, "part", "parts"), from.Name()))
	}
	for _, g := range s.gaps {
		out = append(out, fmt.Sprintf("fetch %s", g))
	}
	for _, at := range s.befores {
		out = append(out, "fetch the last rows before "+showTime(at))
	}
	if len(out) == 0 {
		out = append(out, "there are no rows")
	}
	return out
}
